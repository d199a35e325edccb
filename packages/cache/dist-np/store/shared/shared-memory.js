import { InvalidOptionError, KiB, MiB, systemRandom } from '@plimsoll/core';
/** Places in a ring are counted in units of so many bytes. */
export const UNIT_BYTES = 16;
export const UNIT_WORDS = UNIT_BYTES / 4;
/** Threads that can have the memory open at once, those that were terminated and not released yet among them. */
export const MOST_THREADS = 64;
/** One cache line and its neighbour, which the processor fetches with it: counters of two threads never meet. */
export const THREAD_WORDS = 32;
/** Counters that tags are spread over. Two tags that share one leave together; nothing else comes of it. */
export const TAG_COUNTERS = 16_384;
export const STRIPE_WORDS = 16;
/** One bucket of the index for so many bytes of records, and one mark of use. */
const BYTES_PER_BUCKET = 256;
/** From units to marks. */
const MARK_SHIFT = 2;
const BYTES_PER_MARK = UNIT_BYTES << MARK_SHIFT;
const MAGIC = 0x504c_5301;
const HEAD_WORDS = 32;
const LEAST_BYTES = 2 * MiB;
const MOST_BYTES = 4096 * MiB - 1;
const LEAST_RING_BYTES = 64 * KiB;
const USUAL_RING_BYTES = MiB;
const USUAL_STRIPES = 64;
const LEAST_STRIPES = 4;
/** An entry takes a quarter of its ring at most. */
const ENTRIES_PER_RING = 4;
// Words of the head.
const MAGIC_AT = 0;
const STRIPES_AT = 1;
const RING_AT = 2;
const SEED_AT = 3;
/** Counts invalidations of tags: an entry is older than those that came after it. */
export const INVALIDATION_AT = 8;
/** Never notified: whoever waits, waits for the time to pass. */
export const SLEEP_AT = 9;
/** Hits, misses and sets of threads that have left. */
export const RETIRED_AT = 12;
/**
 * Makes the memory that threads share: hand it to workers by `workerData` or a message, and open it in each with `openSharedCache`.
 * @throws InvalidOptionError with every fault at once
 */
export function createSharedMemory(options) {
    const { maxBytes, ringBytes, random } = resolve(options);
    const stripeCount = stripesWithin(maxBytes, ringBytes);
    const memory = new SharedArrayBuffer(bytesOf(stripeCount, ringBytes));
    const words = new Int32Array(memory);
    words[STRIPES_AT] = stripeCount;
    words[RING_AT] = ringBytes;
    for (let at = 0; at < 4; at++)
        words[SEED_AT + at] = (random.next() * 2 ** 32) | 0;
    const layout = new SharedLayout(words);
    // Buckets begin at 0, a place that a ring which begins at its second turn has long left.
    const firstUnit = ringBytes / UNIT_BYTES;
    for (let stripe = 0; stripe < stripeCount; stripe++) {
        words[layout.wordAt(stripe)] = firstUnit << 2;
        words[layout.reclaimedAt(stripe)] = firstUnit;
    }
    Atomics.store(words, MAGIC_AT, MAGIC);
    return memory;
}
/**
 * Where everything lies:
 *
 *   head │ threads │ counters of tags │ stripes │ buckets of all stripes │ marks of all stripes │ rings of all stripes
 */
export class SharedLayout {
    stripeCount;
    ringBytes;
    ringUnits;
    bucketCount;
    mostUnits;
    seeds;
    marksPerStripe;
    /** In bytes. */
    marksAt;
    ringsAt;
    #stripesAt;
    #bucketsAt;
    constructor(words) {
        this.stripeCount = words[STRIPES_AT];
        this.ringBytes = words[RING_AT];
        this.ringUnits = this.ringBytes / UNIT_BYTES;
        this.bucketCount = this.ringBytes / BYTES_PER_BUCKET;
        this.mostUnits = this.ringUnits / ENTRIES_PER_RING;
        this.seeds = [words[SEED_AT], words[SEED_AT + 1], words[SEED_AT + 2], words[SEED_AT + 3]];
        this.marksPerStripe = this.ringBytes / BYTES_PER_MARK;
        this.#stripesAt = stripesAt;
        this.#bucketsAt = this.#stripesAt + this.stripeCount * STRIPE_WORDS;
        this.marksAt = 4 * (this.#bucketsAt + this.stripeCount * this.bucketCount);
        this.ringsAt = this.marksAt + this.stripeCount * this.marksPerStripe;
    }
    threadAt(slot) {
        return threadsAt + slot * THREAD_WORDS;
    }
    tagAt(counter) {
        return tagsAt + counter;
    }
    /** The word that is a stripe's lock and the place where its ring goes on. */
    wordAt(stripe) {
        return this.#stripesAt + stripe * STRIPE_WORDS;
    }
    /** Up to here the ring's records are gone. */
    reclaimedAt(stripe) {
        return this.#stripesAt + stripe * STRIPE_WORDS + 1;
    }
    bucketAt(stripe, bucket) {
        return this.#bucketsAt + stripe * this.bucketCount + bucket;
    }
    /** The word at which the record at a place of a stripe's ring begins. */
    recordAt(stripe, place) {
        return this.#ringAt(stripe) + (place & (this.ringUnits - 1)) * UNIT_WORDS;
    }
    /** The word behind a stripe's ring. */
    ringEnd(stripe) {
        return this.#ringAt(stripe + 1);
    }
    /** A record's mark of use, among the marks. */
    markAt(stripe, place) {
        return stripe * this.marksPerStripe + ((place & (this.ringUnits - 1)) >>> MARK_SHIFT);
    }
    // Not by shifts, which are of 32 bits: the memory may have more bytes than that.
    #ringAt(stripe) {
        return (this.ringsAt + stripe * this.ringBytes) / 4;
    }
}
export function floatsOf(memory) {
    return new Float64Array(memory, 0, Math.floor(memory.byteLength / 8));
}
export function marksOf(memory, layout) {
    return new Uint8Array(memory, layout.marksAt, layout.stripeCount * layout.marksPerStripe);
}
const threadsAt = HEAD_WORDS;
const tagsAt = threadsAt + MOST_THREADS * THREAD_WORDS;
const stripesAt = tagsAt + TAG_COUNTERS;
/** @throws InvalidOptionError unless {@link createSharedMemory} made it */
export function checkSharedMemory(memory) {
    if (memory instanceof SharedArrayBuffer && memory.byteLength >= LEAST_BYTES / 2) {
        const words = new Int32Array(memory, 0, HEAD_WORDS);
        if (words[MAGIC_AT] === MAGIC && bytesOf(words[STRIPES_AT], words[RING_AT]) === memory.byteLength)
            return memory;
    }
    const what = 'must be what createSharedMemory of the same version answered, handed over by workerData or postMessage';
    throw new InvalidOptionError('openSharedCache', [{ where: 'memory', what }]);
}
function bytesOf(stripeCount, ringBytes) {
    const perRing = 4 * STRIPE_WORDS + (4 * ringBytes) / BYTES_PER_BUCKET + ringBytes / BYTES_PER_MARK + ringBytes;
    return 4 * stripesAt + stripeCount * perRing;
}
function stripesWithin(maxBytes, ringBytes) {
    return Math.floor((maxBytes - bytesOf(0, ringBytes)) / (bytesOf(1, ringBytes) - bytesOf(0, ringBytes)));
}
function resolve(options) {
    const { maxBytes, maxEntryBytes, random = systemRandom, ...rest } = options ?? {};
    const faults = Object.keys(rest).map((where) => ({ where, what: 'is unknown' }));
    const isWhole = Number.isInteger(maxBytes);
    if (!isWhole || maxBytes < LEAST_BYTES || maxBytes > MOST_BYTES) {
        faults.push({ where: 'maxBytes', what: `must be a whole number of 2 MiB to 4 GiB, and is ${String(maxBytes)}` });
    }
    let ringBytes = powerOfTwo(maxBytes / USUAL_STRIPES);
    ringBytes = Math.max(LEAST_RING_BYTES, Math.min(USUAL_RING_BYTES, ringBytes));
    if (maxEntryBytes !== undefined) {
        if (!Number.isInteger(maxEntryBytes) || maxEntryBytes < 1) {
            faults.push({ where: 'maxEntryBytes', what: `must be a whole number above 0, and is ${String(maxEntryBytes)}` });
        }
        else
            ringBytes = Math.max(LEAST_RING_BYTES, 2 * powerOfTwo(ENTRIES_PER_RING * maxEntryBytes - 1));
        const most = Math.floor(maxBytes / LEAST_STRIPES / ENTRIES_PER_RING / 2);
        if (faults.length === 0 && stripesWithin(maxBytes, ringBytes) < LEAST_STRIPES) {
            faults.push({ where: 'maxEntryBytes', what: `may be ${most} at most with these maxBytes` });
        }
    }
    if (faults.length > 0)
        throw new InvalidOptionError('createSharedMemory', faults);
    return { maxBytes, ringBytes, random };
}
/** The largest that is no larger. */
function powerOfTwo(number) {
    return 2 ** Math.floor(Math.log2(number));
}
//# sourceMappingURL=shared-memory.js.map