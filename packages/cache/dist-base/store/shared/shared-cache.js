import { InvalidOptionError, MINUTE_MS, systemClock } from '@plimsoll/core';
import { announceClosed, announceOpened, callSiteOf } from "../../channels.js";
import { EntryTooLargeError } from "../../errors.js";
import { SingleFlight } from "../../load/single-flight.js";
import { checkTags, checkTtlMs } from "../../options.js";
import { KeyBytes } from "../off-heap/key-bytes.js";
import { UnstorableValueError, ValueBytes, codecNames, finishPlain, isPlain, readPlain, readValue, } from "../off-heap/value-bytes.js";
import { LogReader } from "./log-reader.js";
import { HEAD_WORDS, unitsOf, writeHead } from "./record.js";
import { SharedLog, napOn } from "./shared-log.js";
import { SharedLayout, TAG_COUNTERS, UNIT_BYTES, checkSharedMemory } from "./shared-memory.js";
import { TagCounters } from "./tag-counters.js";
import { ThreadSlot, sumCounts } from "./thread-slot.js";
import { watchThreads } from "./watch-threads.js";
/**
 * Opens memory that threads share, once in each of them. Open it before you start workers, so that they are seen to end.
 * @example
 * const memory = createSharedMemory({ maxBytes: 256 * 1024 * 1024 })
 * const pages = openSharedCache<string, string>({ memory, load: render }) // here, and in each worker
 * new Worker(new URL('./worker.js', import.meta.url), { workerData: { memory } })
 * @throws InvalidOptionError with every fault at once
 */
export function openSharedCache(options) {
    return new ThreadsCache(options, callSiteOf(openSharedCache));
}
/** Room for what is written; one that needed more gives it back. */
const DRAFT_WORDS = 4096;
class ThreadsCache {
    name;
    #memory;
    #layout;
    #slot;
    #tags;
    #reader;
    #log;
    #key;
    #tagKey;
    #value;
    #flights;
    #clock;
    #ttlMs;
    #ownLoad;
    #handle;
    #unwatch;
    #shortDraft = new Int32Array(DRAFT_WORDS);
    #copy = Buffer.alloc(0);
    #loadCount = 0;
    #isClosed = false;
    constructor(options, createdAt) {
        const { memory, name, codec, ttlMs, load, loadTimeoutMs, clock } = resolve(options);
        this.name = name ?? createdAt ?? 'shared cache';
        this.#memory = memory;
        const words = new Int32Array(memory);
        const layout = (this.#layout = new SharedLayout(words));
        this.#slot = new ThreadSlot(words, layout);
        this.#tags = new TagCounters(words, layout);
        this.#reader = new LogReader(memory, layout, this.#slot, this.#tags);
        this.#log = new SharedLog(memory, layout, this.#slot, this.#reader, paceOf(clock));
        this.#key = new KeyBytes(layout.seeds[0], layout.seeds[1]);
        this.#tagKey = new KeyBytes(layout.seeds[2], layout.seeds[3]);
        this.#value = new ValueBytes(codec);
        this.#flights = new SingleFlight({ clock, timeoutMs: loadTimeoutMs });
        this.#clock = clock;
        this.#ttlMs = ttlMs;
        this.#ownLoad = load;
        this.#unwatch = watchThreads(words, layout);
        this.#handle = {
            name: this.name,
            createdAt,
            report: () => {
                const { maxBytes, hitCount, missCount, loadCount } = this.stats();
                const counts = { entryCount: null, hitCount, missCount, loadCount, removals: {} };
                const memory = { bytes: maxBytes, offHeapBytes: maxBytes, budgetBytes: maxBytes };
                return { name: this.name, createdAt, ...memory, ...counts, curve: [] };
            },
            clear: () => this.clear(),
        };
        announceOpened(this.#handle);
    }
    get(key) {
        this.#key.put(key);
        const value = this.#read();
        if (value === undefined)
            this.#slot.countMiss();
        else
            this.#slot.countHit();
        return value;
    }
    has(key) {
        this.#key.put(key);
        return this.#findFresh() && this.#reader.isIntact();
    }
    set(key, value, options = noOptions) {
        this.#flights.overtake(key);
        if (value === undefined) {
            this.delete(key);
            return this;
        }
        try {
            this.#put(key, value, options, this.#tags.count, null);
        }
        catch (error) {
            // What stands here is not the truth any more, and the truth cannot be kept.
            this.delete(key);
            throw error;
        }
        this.#slot.countSet();
        return this;
    }
    fetch(key, options = noOptions) {
        try {
            const value = this.get(key);
            if (value !== undefined)
                return Promise.resolve(value);
            const load = options.load ?? this.#ownLoad;
            if (!load)
                throw new InvalidOptionError('fetch', [{ where: 'load', what: noLoader }]);
            const start = (controls) => this.#load(key, load, options, controls);
            return this.#flights.join(key, start, options.abortSignal);
        }
        catch (error) {
            return Promise.reject(error);
        }
    }
    delete(key) {
        this.#flights.overtake(key);
        if (this.#isClosed)
            return;
        this.#key.put(key);
        const hash = this.#key.hash();
        if (!this.#fits(0, 0))
            return;
        // Where nothing is known of the key too: another thread may be loading it just now.
        this.#append({ hash, valueBytes: 0, isDeleted: true, born: 0, freshUntilMs: Infinity, tags: noTags }, null);
    }
    clear() {
        this.#flights.overtakeAll();
        if (!this.#isClosed)
            this.#log.clear();
    }
    invalidateTag(tag) {
        this.#flights.overtakeTag(tag);
        if (!this.#isClosed)
            this.#tags.invalidate(this.#tagCounter(tag));
    }
    stats() {
        const counts = sumCounts(new Int32Array(this.#memory), this.#layout);
        const lookupCount = counts.hitCount + counts.missCount;
        return {
            maxBytes: this.#memory.byteLength,
            ...counts,
            hitRatio: lookupCount === 0 ? 0 : counts.hitCount / lookupCount,
            loadCount: this.#loadCount,
            takeOverCount: this.#log.takeOverCount,
        };
    }
    close() {
        if (this.#isClosed)
            return;
        this.#flights.overtakeAll();
        this.#isClosed = true;
        this.#unwatch();
        this.#slot.leave();
        announceClosed(this.#handle);
    }
    [Symbol.dispose]() {
        this.close();
    }
    // Reading.
    #findFresh() {
        const reader = this.#reader;
        if (this.#isClosed || !reader.find(this.#key.hash(), this.#key) || reader.isDeleted)
            return false;
        return (reader.freshUntilMs === Infinity || this.#clock.nowMs() < reader.freshUntilMs) && !reader.isInvalidated();
    }
    /** The value of the key that was put. What was overwritten while it was read is not here any more. */
    #read() {
        if (!this.#findFresh())
            return undefined;
        const reader = this.#reader;
        const { valueAt, valueBytes, valueKind } = reader;
        // One letter a byte, or bytes: what is made of them cannot be harmed by a change on the way. The rest is copied first.
        if (isPlain(valueKind)) {
            const plain = readPlain(valueKind, reader.bytes, valueAt, valueAt + valueBytes);
            if (!reader.isIntact())
                return undefined;
            reader.mark();
            return finishPlain(valueKind, plain);
        }
        if (this.#copy.length < valueBytes)
            this.#copy = Buffer.alloc(2 * valueBytes);
        reader.bytes.copy(this.#copy, 0, valueAt, valueAt + valueBytes);
        if (!reader.isIntact())
            return undefined;
        reader.mark();
        return readValue(valueKind, this.#copy, 0, valueBytes);
    }
    // Writing.
    #put(key, value, options, born, since) {
        if (this.#isClosed)
            return;
        const ttlMs = options.ttlMs === undefined ? this.#ttlMs : checkTtlMs(options.ttlMs);
        const tags = options.tags === undefined ? noTags : checkTags(options.tags).map((tag) => this.#tagCounter(tag));
        // A value's own code may run, and use this cache: the key comes after it.
        this.#value.prepare(value);
        try {
            this.#key.put(key);
            const hash = this.#key.hash();
            const { byteLength } = this.#value;
            const freshUntilMs = ttlMs === Infinity ? Infinity : this.#clock.nowMs() + ttlMs;
            if (!this.#fits(tags.length, byteLength)) {
                const entryBytes = byteLength + this.#bytesBefore(tags.length);
                throw new EntryTooLargeError({ key, entryBytes, maxBytes: this.#layout.mostUnits * UNIT_BYTES });
            }
            this.#append({ hash, valueBytes: byteLength, isDeleted: false, born, freshUntilMs, tags }, since);
        }
        finally {
            this.#value.release();
        }
    }
    #append(head, since) {
        const keyAt = HEAD_WORDS + head.tags.length;
        const valueAt = this.#bytesBefore(head.tags.length);
        const byteLength = valueAt + head.valueBytes;
        const words = 4 * DRAFT_WORDS < byteLength ? new Int32Array((byteLength + 3) >> 2) : this.#shortDraft;
        const bytes = Buffer.from(words.buffer);
        writeHead(words, head);
        this.#key.writeTo(bytes, 4 * keyAt, head.isDeleted ? 0 : this.#value.kind);
        if (!head.isDeleted)
            this.#value.writeTo(bytes, valueAt);
        const draft = { hash: head.hash, key: this.#key, words, byteLength };
        this.#log.append(draft, since);
    }
    /** Bytes of a record up to its value. */
    #bytesBefore(tagCount) {
        return 4 * (HEAD_WORDS + tagCount + this.#key.count);
    }
    #fits(tagCount, valueBytes) {
        return unitsOf(this.#bytesBefore(tagCount) + valueBytes) <= this.#layout.mostUnits;
    }
    #tagCounter(tag) {
        this.#tagKey.put(tag);
        return this.#tagKey.hash() & (TAG_COUNTERS - 1);
    }
    // Loading.
    async #load(key, load, options, controls) {
        this.#loadCount++;
        const entry = { ttlMs: options.ttlMs, tags: options.tags };
        this.#key.put(key);
        const since = this.#reader.frontOf(this.#reader.stripeOf(this.#key.hash()));
        const born = this.#tags.count;
        const value = await load(key, { abortSignal: controls.abortSignal, entry });
        if (value !== undefined && controls.mayKeep(entry.tags))
            this.#keepLoaded(key, value, entry, born, since);
        return value;
    }
    #keepLoaded(key, value, entry, born, since) {
        try {
            this.#put(key, value, entry, born, since);
        }
        catch (error) {
            if (!(error instanceof EntryTooLargeError || error instanceof UnstorableValueError))
                throw error;
        }
    }
}
function paceOf(clock) {
    return {
        nowMs: () => clock.nowMs(),
        monotonicMs: () => clock.monotonicMs(),
        sleep: (ms, words) => napOn(words, ms),
    };
}
function resolve(options) {
    const given = options ?? {};
    const memory = checkSharedMemory(given.memory);
    const faults = [];
    for (const where of Object.keys(given))
        if (!known.includes(where))
            faults.push({ where, what: 'is unknown' });
    const span = (where, value) => {
        if (typeof value !== 'number' || !(value > 0))
            faults.push({ where, what: 'must be a number above 0' });
    };
    const { name, codec = 'v8', ttlMs = Infinity, load, loadTimeoutMs = MINUTE_MS, clock = systemClock } = given;
    span('ttlMs', ttlMs);
    span('loadTimeoutMs', loadTimeoutMs);
    if (!codecNames.includes(codec))
        faults.push({ where: 'codec', what: `must be one of ${codecNames.join(', ')}` });
    if (load !== undefined && typeof load !== 'function')
        faults.push({ where: 'load', what: 'must be a function' });
    if (name !== undefined && (typeof name !== 'string' || name.length > 200)) {
        faults.push({ where: 'name', what: 'must be a string of at most 200 characters' });
    }
    if (faults.length > 0)
        throw new InvalidOptionError('openSharedCache', faults);
    return { memory, name, codec, ttlMs, load, loadTimeoutMs, clock };
}
const known = ['memory', 'name', 'codec', 'ttlMs', 'load', 'loadTimeoutMs', 'clock'];
const noOptions = Object.freeze({});
const noTags = Object.freeze([]);
const noLoader = 'is needed: give openSharedCache or this fetch a load function';
//# sourceMappingURL=shared-cache.js.map