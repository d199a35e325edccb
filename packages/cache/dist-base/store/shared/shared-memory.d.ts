import { type Random } from '@plimsoll/core';
/** Places in a ring are counted in units of so many bytes. */
export declare const UNIT_BYTES = 16;
export declare const UNIT_WORDS: number;
/** Threads that can have the memory open at once, those that were terminated and not released yet among them. */
export declare const MOST_THREADS = 64;
/** One cache line and its neighbour, which the processor fetches with it: counters of two threads never meet. */
export declare const THREAD_WORDS = 32;
/** Counters that tags are spread over. Two tags that share one leave together; nothing else comes of it. */
export declare const TAG_COUNTERS = 16384;
export declare const STRIPE_WORDS = 16;
/** Counts invalidations of tags: an entry is older than those that came after it. */
export declare const INVALIDATION_AT = 8;
/** Never notified: whoever waits, waits for the time to pass. */
export declare const SLEEP_AT = 9;
/** Hits, misses and sets of threads that have left. */
export declare const RETIRED_AT = 12;
export interface SharedMemoryOptions {
    /** Bytes of the one copy, index included: 2 MiB to 4 GiB. They are reserved at once; the machine gives them as they are used. */
    maxBytes: number;
    /** The largest entry, key and head included, in bytes. Default: some 256th of `maxBytes`, 16 KiB to 256 KiB. */
    maxEntryBytes?: number;
    /** Seeds the hash of keys, so that nobody outside can aim at it. Default: the machine's. */
    random?: Random;
}
/**
 * Makes the memory that threads share: hand it to workers by `workerData` or a message, and open it in each with `openSharedCache`.
 * @throws InvalidOptionError with every fault at once
 */
export declare function createSharedMemory(options: SharedMemoryOptions): SharedArrayBuffer;
/**
 * Where everything lies:
 *
 *   head │ threads │ counters of tags │ stripes │ buckets of all stripes │ marks of all stripes │ rings of all stripes
 */
export declare class SharedLayout {
    #private;
    readonly stripeCount: number;
    readonly ringBytes: number;
    readonly ringUnits: number;
    readonly bucketCount: number;
    readonly mostUnits: number;
    readonly seeds: readonly [number, number, number, number];
    readonly marksPerStripe: number;
    /** In bytes. */
    readonly marksAt: number;
    readonly ringsAt: number;
    constructor(words: Int32Array);
    threadAt(slot: number): number;
    tagAt(counter: number): number;
    /** The word that is a stripe's lock and the place where its ring goes on. */
    wordAt(stripe: number): number;
    /** Up to here the ring's records are gone. */
    reclaimedAt(stripe: number): number;
    bucketAt(stripe: number, bucket: number): number;
    /** The word at which the record at a place of a stripe's ring begins. */
    recordAt(stripe: number, place: number): number;
    /** The word behind a stripe's ring. */
    ringEnd(stripe: number): number;
    /** A record's mark of use, among the marks. */
    markAt(stripe: number, place: number): number;
}
export declare function floatsOf(memory: SharedArrayBuffer): Float64Array;
export declare function marksOf(memory: SharedArrayBuffer, layout: SharedLayout): Uint8Array;
/** @throws InvalidOptionError unless {@link createSharedMemory} made it */
export declare function checkSharedMemory(memory: unknown): SharedArrayBuffer;
