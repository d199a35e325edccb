import { type Clock, type Random } from '@plimsoll/core';
import type { Governor } from './governor/governor.ts';
import type { RemovalCause } from './removal.ts';
import { type CodecName } from './store/off-heap/value-bytes.ts';
/** What a value may be: `undefined` is the word for “not here”, so it is never stored; `null` remembers an absence. */
export type Storable = NonNullable<unknown> | null;
/** How one entry is kept. */
export interface EntryOptions {
    /** Age in ms at which this entry is no longer fresh. Default: the cache's `ttlMs`. */
    ttlMs?: number;
    /** Names under which {@link Cache.invalidateTag} finds it; at most 100 an entry. */
    tags?: readonly string[];
    /**
     * Charges exactly so many bytes, key and index included: the caller knows better, and the promise of `maxBytes` is then
     * the caller's. A positive finite number; without `maxBytes` nothing is charged.
     */
    bytes?: number;
}
/** What a loader is told beside the key. */
export interface LoadContext {
    /** Fires when the load has timed out, the cache was closed, or everybody who waited has left. */
    readonly abortSignal: AbortSignal;
    /** How the loaded value will be kept; the loader may write to it: `entry.tags = ['seller:7']`. */
    readonly entry: EntryOptions;
}
/** Gets a value from where it really lives. Answers `undefined` for what is not there (nothing is stored then). */
export type Loader<K, V extends Storable> = (key: K, context: LoadContext) => Promise<V | undefined> | V | undefined;
export declare const policyNames: readonly ["w-tinylfu", "lru"];
export type PolicyName = (typeof policyNames)[number];
export declare const storeNames: readonly ["heap", "off-heap"];
export type StoreName = (typeof storeNames)[number];
export interface CacheOptions<K, V extends Storable> {
    /** What people see in reports. Default: the file and line that created it. */
    name?: string;
    /**
     * Ceiling for everything the cache keeps alive, in bytes: values, keys and its own index, which takes some 15 KiB. Required unless
     * `maxEntries` is given: a cache without a bound is a leak with a hit ratio.
     */
    maxBytes?: number;
    /** Ceiling for the number of entries, at most 8,388,608. Alone it promises nothing about bytes, and nothing is weighed. */
    maxEntries?: number;
    /** Bytes a value keeps alive, a positive finite number; key and index are added. Default: read from V8's object layouts. */
    weigh?: (value: V, key: K) => number;
    /** Age in ms at which an entry is no longer fresh. Default `Infinity`: entries leave only for room. */
    ttlMs?: number;
    /** Time in ms after `ttlMs` during which `fetch` still serves the old value while one refresh runs. Default 0. */
    staleMs?: number;
    /** Used by `fetch` for a key that is not here. */
    load?: Loader<K, V>;
    /** Time in ms after which a load is given up and all who wait get a {@link LoadTimeoutError}. Default 60 s; `Infinity` waits for ever. */
    loadTimeoutMs?: number;
    /**
     * Where entries live. `heap` (default): values are kept as they are. `off-heap`: as bytes outside V8's heap, so that gigabytes
     * cost no garbage collection; needs `maxBytes` of 256 KiB to 32 GiB, takes strings, numbers and bigints as keys, and answers
     * with a copy of the value each time.
     */
    store?: StoreName;
    /**
     * How an off-heap store writes values. `v8` (default): whatever structured clone takes; `json`: what JSON makes of it;
     * `string`: strings only; `raw`: Uint8Arrays only, answered as Buffers.
     */
    codec?: CodecName;
    /** Who stays when room is needed. Default `w-tinylfu`. */
    policy?: PolicyName;
    /**
     * What to hit more of when entries differ in weight: `objects` (default) prefers many small ones, and so most requests are
     * hits; `bytes` does not look at weight, and so most bytes are served from here.
     */
    optimize?: 'objects' | 'bytes';
    /**
     * Gives this cache a part of one budget for many caches, `maxBytes` of it at most: see {@link startGovernor}. Not with
     * `maxEntries` alone.
     */
    governor?: Governor;
    /** What the governor never takes away, in bytes. Default: a hundredth of `maxBytes`, 64 KiB at least; off the heap 256 KiB. */
    floorBytes?: number;
    /** Called after an entry has left, with why. What it throws is counted and told once, never thrown at the cache's user. */
    onRemoval?: (key: K, value: V, cause: RemovalCause) => void;
    /** Default: the machine's. */
    clock?: Clock;
    /** Seeds the sketch, so that nobody outside can aim at it. Default: the machine's. */
    random?: Random;
}
type Missable = 'name' | 'weigh' | 'load' | 'onRemoval' | 'governor';
export type ResolvedCacheOptions<K, V extends Storable> = Readonly<Required<Omit<CacheOptions<K, V>, Missable>> & Pick<CacheOptions<K, V>, Missable>>;
/** @throws {@link InvalidOptionError} with every fault at once */
export declare function resolveOptions<K, V extends Storable>(options: CacheOptions<K, V>): ResolvedCacheOptions<K, V>;
/** @throws {@link InvalidOptionError} unless it is a span above 0 */
export declare function checkTtlMs(ttlMs: unknown): number;
/** @throws {@link InvalidOptionError} unless it is a list of strings, and not too long */
export declare function checkTags(tags: unknown): readonly string[];
export {};
