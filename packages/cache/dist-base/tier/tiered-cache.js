import { createCache } from "../cache.js";
import { SingleFlight } from "../load/single-flight.js";
import { EntryTooLargeError, UnweighableValueError } from "../errors.js";
import { checkTags, checkTtlMs } from "../options.js";
import { encodeTags, Envelope } from "./envelope.js";
import { Guards } from "./guards.js";
import { HotKeys } from "./hot-keys.js";
/** Reads of a new process under way at once while it warms up. */
const WARM_LANES = 32;
/**
 * A cache with a second tier: `fetch` looks here, then in Redis, then loads, once for all processes. Changes reach every process:
 * no `fetch` or `get` answers a value for longer than `staleBoundMs` after its invalidation was delivered.
 */
export class TieredCache {
    name;
    #tier;
    /** This process's copies. */
    #copies;
    #load;
    #ttlMs;
    #clock;
    #envelope;
    /** Loads while Redis does not answer, when nothing stale may be served. */
    #flights;
    #flyingSinceMs = new Map();
    #guards = new Guards();
    /** Loads under way. */
    #loading = new Set();
    #hotKeys;
    #tierHitCount = 0;
    #tierMissCount = 0;
    #sourceLoadCount = 0;
    #unreadableCount = 0;
    #unsharedCount = 0;
    /** Use {@link RedisTier.createCache}. */
    constructor(tier, { codec = 'v8', load, ...options }) {
        const { clock, random, compressFromBytes, maxHotKeys } = tier.options;
        this.name = options.name;
        this.#tier = tier;
        this.#load = load;
        this.#copies = createCache({ ...options, clock, random });
        this.#ttlMs = options.ttlMs ?? Infinity;
        this.#clock = clock;
        this.#envelope = new Envelope(codec, compressFromBytes);
        this.#flights = new SingleFlight({ clock, timeoutMs: options.loadTimeoutMs ?? 60_000 });
        this.#hotKeys = maxHotKeys > 0 ? new HotKeys(maxHotKeys) : null;
    }
    /** Copies in this process. */
    get size() {
        return this.#copies.size;
    }
    /** This process's fresh copy, or undefined. Asks nobody. */
    get(key) {
        this.#hotKeys?.note(key);
        this.#isFollowed(key);
        return this.#copies.get(key);
    }
    /** As {@link Cache.fetch}; a miss asks Redis before it loads. Redis adds no more than `timeoutMs`, whatever its state. */
    fetch(key, options = {}) {
        this.#hotKeys?.note(key);
        const load = options.load ?? this.#load;
        const read = this.#readThrough(load);
        if (this.#isFollowed(key))
            return this.#copies.fetch(key, { ...options, load: read });
        // Nobody tells us of changes now: what is not fresh must not be served while a refresh runs.
        const copy = this.#copies.get(key);
        if (copy !== undefined)
            return Promise.resolve(copy);
        // Nor may anybody join a load that began longer ago than the bound.
        const flyingMs = this.#clock.monotonicMs() - (this.#flyingSinceMs.get(key) ?? Infinity);
        if (flyingMs > this.#tier.options.staleBoundMs)
            this.#flights.overtake(key);
        return this.#flights.join(key, (controls) => this.#fly(key, read, options, controls), options.abortSignal);
    }
    /**
     * Stores a value here and in Redis; other processes drop theirs. Call it after the truth has changed. Never throws for Redis.
     * A value that is too large for this process, or cannot be weighed, is kept in Redis alone.
     * @throws EncodingError when the codec cannot write the value, which is gone everywhere then
     */
    async set(key, value, options = {}) {
        if (value === undefined)
            return this.delete(key);
        if (options.ttlMs !== undefined)
            checkTtlMs(options.ttlMs);
        if (options.tags !== undefined)
            checkTags(options.tags);
        this.#drop(key);
        const change = this.#change('key', key);
        const guard = this.#guards.begin(key);
        const wasFollowed = this.#isFollowed(key);
        try {
            const ttlMs = options.ttlMs ?? this.#ttlMs;
            const folded = await this.#envelope.fold(value);
            const isShared = folded.byteLength <= this.#tier.options.maxEntryBytes;
            const write = { ttlMs: this.#tier.ttlMs(ttlMs), tags: encodeTags(options.tags ?? []), folded };
            const delivery = await this.#tier.log.tell(change, isShared ? write : undefined);
            const isNewest = guard.mayKeep(options.tags);
            // What was read from Redis before it heard of this.
            this.#drop(key);
            const isKnown = wasFollowed && delivery === 'delivered';
            if (isNewest)
                this.#store(key, value, { ...options, ttlMs: isKnown ? ttlMs : this.#shortened(ttlMs) });
            return delivery;
        }
        catch (error) {
            await this.#tier.log.tell(change);
            throw error;
        }
        finally {
            guard.end();
        }
    }
    /** Removes an entry everywhere. Call it after the truth has changed. Takes no longer than `timeoutMs`, and never throws. */
    async delete(key) {
        this.#drop(key);
        const delivery = await this.#tier.log.tell(this.#change('key', key));
        // What was read from Redis before it heard of this.
        this.#drop(key);
        return delivery;
    }
    /** Removes every entry with this tag, everywhere. As {@link delete}. */
    async invalidateTag(tag) {
        this.heed(this.#change('tag', tag));
        const delivery = await this.#tier.log.tell(this.#change('tag', tag));
        this.heed(this.#change('tag', tag));
        return delivery;
    }
    /** Removes all entries of this cache, everywhere. As {@link delete}. */
    async clear() {
        this.dropAll();
        const delivery = await this.#tier.log.tell(this.#change('all', ''));
        this.dropAll();
        return delivery;
    }
    /**
     * Fetches what the processes before this one were asked for most, hottest first, from Redis alone: no loader is called. For a
     * worker that takes another's place, before it says that it is ready.
     * @param options.withinMs when to stop, done or not. Default 2 s.
     */
    async warm({ withinMs = 2000 } = {}) {
        const startMs = this.#clock.monotonicMs();
        const leftMs = () => withinMs - (this.#clock.monotonicMs() - startMs);
        const keys = await this.#tier.hotKeys(this.name, withinMs);
        let next = 0;
        let warmedCount = 0;
        const lane = async () => {
            while (next < keys.length && leftMs() > 0)
                if (await this.#warmOne(keys[next++]))
                    warmedCount++;
        };
        await Promise.all(Array.from({ length: WARM_LANES }, lane));
        return { listedCount: keys.length, warmedCount, tookMs: Math.round(this.#clock.monotonicMs() - startMs) };
    }
    stats() {
        return {
            ...this.#copies.stats(),
            tierHitCount: this.#tierHitCount,
            tierMissCount: this.#tierMissCount,
            sourceLoadCount: this.#sourceLoadCount,
            unreadableCount: this.#unreadableCount,
            unsharedCount: this.#unsharedCount,
        };
    }
    /** Evicts copies until no more than so many bytes are held here. */
    shrink(toBytes) {
        this.#copies.shrink(toBytes);
    }
    /** Forgets this process's copies and keeps none from now on. What is in Redis stays. */
    close() {
        this.#tier.forget(this.name);
        this.dropAll();
        this.#copies.close();
    }
    heed({ kind, name }) {
        if (kind === 'all')
            return this.dropAll();
        this.#guards.heed({ kind, name });
        if (kind === 'key')
            return this.#drop(name);
        this.#copies.invalidateTag(name);
        // What is being loaded may turn out to have the tag: whoever asks from now on must not wait for it.
        for (const { key } of this.#loading)
            this.#drop(key);
    }
    dropAll() {
        this.#guards.heed({ kind: 'all', name: '' });
        this.#flights.overtakeAll();
        this.#copies.clear();
    }
    /** The hottest keys, if there were so many lookups since the last time. */
    takeHotKeys(leastLookups) {
        if (this.#hotKeys === null || this.#hotKeys.noteCount < leastLookups)
            return [];
        return this.#hotKeys.top(this.#tier.options.maxHotKeys);
    }
    #drop(key) {
        this.#guards.heed({ kind: 'key', name: key });
        this.#flights.overtake(key);
        this.#copies.delete(key);
    }
    #change(kind, name) {
        return { kind, cache: this.name, name, origin: this.#tier.log.origin };
    }
    #isFollowed(key) {
        const { log } = this.#tier;
        return log.isFollowed(log.partitionOf(this.name, key));
    }
    /** Nobody would tell us of a change: what is kept now goes by itself within the bound. */
    #shortened(ttlMs) {
        return Math.min(ttlMs, this.#tier.options.staleBoundMs);
    }
    /** Redis, then the loader; Redis keeps what was loaded behind the caller's back. */
    #readThrough(load) {
        return async (key, context) => {
            const loading = { key };
            this.#loading.add(loading);
            try {
                return await this.#read(key, load, context);
            }
            finally {
                this.#loading.delete(loading);
            }
        };
    }
    async #read(key, load, context) {
        const { abortSignal, entry } = context;
        const startedMs = this.#clock.monotonicMs();
        const isFollowed = this.#isFollowed(key);
        const taken = await this.#tier.take(this.name, key, { isReadOnly: load === undefined, abortSignal });
        const found = await this.#unfold(taken);
        let value = found;
        if (found !== undefined && taken.kind === 'hit') {
            entry.ttlMs = Math.min(taken.ttlMs, entry.ttlMs ?? Infinity);
            entry.tags = taken.entry.tags;
        }
        else if (load !== undefined) {
            value = await this.#loadWith(taken.kind === 'load' ? taken.lease : null, load, key, context);
        }
        if (!isFollowed) {
            // Counted from the start, which is how old the value may be; what is too old already is gone as soon as it is here.
            const leftMs = this.#shortened(entry.ttlMs ?? this.#ttlMs) - (this.#clock.monotonicMs() - startedMs);
            entry.ttlMs = Math.max(0.001, leftMs);
        }
        return value;
    }
    async #unfold(taken) {
        if (taken.kind !== 'hit') {
            this.#tierMissCount++;
            return undefined;
        }
        const value = await this.#envelope.unfold(taken.entry.folded);
        if (value === undefined)
            this.#unreadableCount++;
        else
            this.#tierHitCount++;
        return value;
    }
    async #loadWith(lease, load, key, { abortSignal, entry }) {
        this.#sourceLoadCount++;
        const renewal = lease && this.#tier.renewing(this.name, lease);
        const letGo = () => {
            renewal?.cancel();
            if (lease)
                void this.#tier.release(this.name, lease);
        };
        // Fires when the load is given up: a loader that never ends must not hold its lease for ever.
        abortSignal.addEventListener('abort', letGo, { once: true });
        let value;
        try {
            value = await load(key, { abortSignal, entry });
        }
        catch (error) {
            letGo();
            throw error;
        }
        finally {
            abortSignal.removeEventListener('abort', letGo);
            renewal?.cancel();
        }
        if (lease)
            void this.#share(lease, value, entry.ttlMs ?? this.#ttlMs, entry.tags);
        else if (value !== undefined)
            this.#unsharedCount++;
        return value;
    }
    /** Never throws: who asked has their answer already. */
    async #share(lease, value, ttlMs, tags = []) {
        if (value === undefined)
            return void (await this.#tier.release(this.name, lease));
        try {
            const folded = await this.#envelope.fold(value);
            if (!(await this.#tier.fill(this.name, lease, folded, ttlMs, tags)))
                this.#unsharedCount++;
        }
        catch {
            this.#unsharedCount++;
            await this.#tier.release(this.name, lease);
        }
    }
    async #fly(key, read, { ttlMs, tags, bytes }, { abortSignal, mayKeep }) {
        const entry = { ttlMs, tags, bytes };
        const startedMs = this.#clock.monotonicMs();
        this.#flyingSinceMs.set(key, startedMs);
        let value;
        try {
            value = await read(key, { abortSignal, entry });
        }
        finally {
            if (this.#flyingSinceMs.get(key) === startedMs)
                this.#flyingSinceMs.delete(key);
        }
        if (value !== undefined && mayKeep(entry.tags))
            this.#store(key, value, entry);
        return value;
    }
    async #warmOne(key) {
        if (this.#copies.has(key) || !this.#isFollowed(key))
            return false;
        const guard = this.#guards.begin(key);
        try {
            const taken = await this.#tier.take(this.name, key, { isReadOnly: true });
            const value = await this.#unfold(taken);
            if (value === undefined || taken.kind !== 'hit' || this.#copies.has(key))
                return false;
            const { tags } = taken.entry;
            return guard.mayKeep(tags) && this.#store(key, value, { ttlMs: taken.ttlMs, tags });
        }
        finally {
            guard.end();
        }
    }
    /** What does not fit here is answered, or shared, all the same. */
    #store(key, value, options) {
        try {
            this.#copies.set(key, value, options);
            return true;
        }
        catch (error) {
            if (error instanceof EntryTooLargeError || error instanceof UnweighableValueError)
                return false;
            throw error;
        }
    }
}
//# sourceMappingURL=tiered-cache.js.map