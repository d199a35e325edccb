import { InvalidOptionError } from '@plimsoll/core';
import { announceClosed, announceOpened } from "../../channels.js";
import { ReadThrough } from "../../load/read-through.js";
import { checkTags, checkTtlMs } from "../../options.js";
import { createPolicy } from "../../policy/create-policy.js";
import { NONE } from "../../policy/slot-rings.js";
import { Removals } from "../../removal.js";
import { OffHeapEntries } from "./off-heap-entries.js";
import { OffHeapStore } from "./off-heap-store.js";
import { TagTable } from "./tag-table.js";
import { UnstorableValueError } from "./value-bytes.js";
/**
 * The cache whose entries live outside V8's heap: keys and values as bytes in an arena, everything that is known of them in
 * typed arrays. Nothing that the garbage collector visits grows with the number of entries. It keeps to the same table of
 * what each call does as {@link BoundedCache}, but answers with a value of its own each time. What it holds to stands with {@link OffHeapEntries}.
 */
export class OffHeapCache {
    name;
    #options;
    #store;
    #policy;
    #entries;
    #loads;
    #removals;
    #handle;
    /** Set by whoever measures it. */
    curve = () => [];
    #grantBytes;
    #hitCount = 0;
    #missCount = 0;
    #isClosed = false;
    constructor(options, createdAt) {
        this.name = options.name ?? createdAt ?? 'cache';
        this.#options = options;
        this.#grantBytes = options.maxBytes;
        const seed = () => (options.random.next() * 2 ** 32) | 0;
        this.#store = new OffHeapStore({ maxBytes: options.maxBytes, codec: options.codec, seed0: seed(), seed1: seed() });
        const tags = new TagTable(seed(), seed());
        this.#policy = createPolicy(options.policy, {
            slots: this.#store,
            isByDensity: options.optimize === 'objects',
            hashSeed: seed(),
        });
        this.#loads = new ReadThrough(options, {
            put: (key, value, entry) => this.#put(key, value, entry),
            drop: (key) => this.#entries.removeKey(key, 'replacement'),
            finish: () => this.#entries.finish(),
            isUnkept: (error) => error instanceof UnstorableValueError,
        });
        this.#removals = new Removals(this.name, options.onRemoval);
        const { maxBytes, maxEntries, staleMs, clock } = options;
        const parts = { store: this.#store, policy: this.#policy, removals: this.#removals, tags };
        this.#entries = new OffHeapEntries({ maxBytes, maxEntries, staleMs, clock, ...parts });
        this.#handle = this.#createHandle(createdAt);
        announceOpened(this.#handle);
    }
    get size() {
        return this.#store.count;
    }
    get bytes() {
        return this.#entries.bytes;
    }
    get(key) {
        const slot = this.#entries.freshSlotOf(key);
        if (slot === NONE) {
            this.#missCount++;
            return undefined;
        }
        this.#hitCount++;
        this.#policy.hit(slot);
        return this.#store.valueOf(slot);
    }
    peek(key) {
        const slot = this.#entries.freshSlotOf(key);
        return slot === NONE ? undefined : this.#store.valueOf(slot);
    }
    has(key) {
        return this.#entries.freshSlotOf(key) !== NONE;
    }
    set(key, value, options = noOptions) {
        this.#loads.flights.overtake(key);
        if (value === undefined)
            this.#entries.removeKey(key, 'deletion');
        else {
            try {
                this.#put(key, value, options);
            }
            catch (error) {
                // What stands here is not the truth any more, and the truth cannot be kept.
                this.#entries.removeKey(key, 'replacement');
                this.#entries.finish();
                throw error;
            }
        }
        this.#entries.finish();
        return this;
    }
    fetch(key, options = noOptions) {
        try {
            return this.#fetch(key, options);
        }
        catch (error) {
            return Promise.reject(error);
        }
    }
    delete(key) {
        this.#loads.flights.overtake(key);
        const wasHere = this.#entries.removeKey(key, 'deletion');
        this.#entries.finish();
        return wasHere;
    }
    clear() {
        this.#loads.flights.overtakeAll();
        this.#entries.clear();
        this.#entries.finish();
    }
    invalidateTag(tag) {
        this.#loads.flights.overtakeTag(tag);
        const slots = this.#entries.slotsOfTag(tag);
        for (const slot of slots)
            this.#entries.remove(slot, 'invalidation');
        this.#entries.finish();
        return slots.length;
    }
    *keys() {
        for (const slot of this.#entries.usedSlots())
            if (this.#entries.isFresh(slot))
                yield this.#store.keyOf(slot);
    }
    *entries() {
        for (const slot of this.#entries.usedSlots()) {
            if (this.#entries.isFresh(slot))
                yield [this.#store.keyOf(slot), this.#store.valueOf(slot)];
        }
    }
    stats() {
        const lookupCount = this.#hitCount + this.#missCount;
        return {
            entryCount: this.size,
            bytes: this.bytes,
            maxBytes: this.#options.maxBytes,
            maxEntries: this.#options.maxEntries,
            hitCount: this.#hitCount,
            missCount: this.#missCount,
            hitRatio: lookupCount === 0 ? 0 : this.#hitCount / lookupCount,
            loadCount: this.#loads.loadCount,
            loadFailureCount: this.#loads.loadFailureCount,
            staleCount: this.#loads.staleCount,
            uncachedCount: this.#loads.uncachedCount,
            removals: { ...this.#removals.counts },
            listenerFailureCount: this.#removals.listenerFailureCount,
        };
    }
    shrink(toBytes) {
        if (toBytes <= 0)
            return this.clear();
        this.#entries.evictDownTo(toBytes);
        this.#entries.finish();
    }
    grant(bytes) {
        this.#grantBytes = Math.min(bytes, this.#options.maxBytes);
        this.#entries.grant(this.#grantBytes);
        this.#entries.finish();
    }
    inspect(key) {
        const slot = this.#entries.freshSlotOf(key);
        if (slot === NONE)
            return null;
        return { weight: this.#store.weights[slot], freshUntilMs: this.#entries.freshUntilMs(slot) };
    }
    get entryIndexBytes() {
        return this.size === 0 ? null : this.#entries.slotBytes / this.size;
    }
    close() {
        if (this.#isClosed)
            return;
        this.clear();
        this.#isClosed = true;
        announceClosed(this.#handle);
    }
    [Symbol.dispose]() {
        this.close();
    }
    #put(key, value, options) {
        if (this.#isClosed)
            return;
        const ttlMs = options.ttlMs === undefined ? this.#options.ttlMs : checkTtlMs(options.ttlMs);
        const tags = options.tags === undefined ? noTags : checkTags(options.tags);
        if (options.bytes !== undefined)
            throw new InvalidOptionError('entry', [{ where: 'bytes', what: bytesAreKnown }]);
        this.#entries.put(key, value, ttlMs, tags);
    }
    #fetch(key, options) {
        const slot = this.#store.find(key);
        if (slot !== NONE && this.#entries.isFresh(slot)) {
            this.#hitCount++;
            this.#policy.hit(slot);
            return Promise.resolve(this.#store.valueOf(slot));
        }
        this.#missCount++;
        if (slot === NONE || !this.#entries.isServedStale(slot))
            return this.#loads.fetch(key, options, undefined);
        this.#policy.hit(slot);
        return this.#loads.fetch(key, options, this.#store.valueOf(slot));
    }
    #createHandle(createdAt) {
        return {
            name: this.name,
            createdAt,
            report: () => {
                const { bytes, entryCount, hitCount, missCount, loadCount, removals } = this.stats();
                const counts = { entryCount, hitCount, missCount, loadCount, removals };
                const memory = { bytes, offHeapBytes: bytes ?? 0, budgetBytes: this.#grantBytes };
                return { name: this.name, createdAt, ...memory, ...counts, curve: this.curve() };
            },
            clear: () => this.clear(),
            keeper: this,
            shrink: (toBytes) => this.shrink(toBytes),
        };
    }
}
const noOptions = Object.freeze({});
const noTags = Object.freeze([]);
const bytesAreKnown = 'is for values on the heap; an off-heap store knows to the byte what an entry takes, so leave it out';
//# sourceMappingURL=off-heap-cache.js.map