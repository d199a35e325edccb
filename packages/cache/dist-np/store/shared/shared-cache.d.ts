import { type Clock } from '@plimsoll/core';
import type { FetchOptions } from '../../cache.ts';
import { type EntryOptions, type Loader, type Storable } from '../../options.ts';
import { type CodecName } from '../off-heap/value-bytes.ts';
export interface SharedCacheOptions<K, V extends Storable> {
    /** What `createSharedMemory` answered, the same in every thread. */
    memory: SharedArrayBuffer;
    /** What people see in reports. Default: the file and line that opened it. */
    name?: string;
    /** How values become bytes; the same in every thread. Default `v8`. */
    codec?: CodecName;
    /** Age in ms at which an entry is no longer fresh, by the clock on the wall, as each thread's own begins when it does. Default `Infinity`. */
    ttlMs?: number;
    /** Used by `fetch` for a key that is not here. */
    load?: Loader<K, V>;
    /** Time in ms after which a load is given up. Default 60 s. */
    loadTimeoutMs?: number;
    /** Default: the machine's. */
    clock?: Clock;
}
/** Counts of all threads, those that have ended too, modulo 2³². */
export interface SharedCacheStats {
    readonly maxBytes: number;
    /** Threads that have the memory open. */
    readonly threadCount: number;
    readonly hitCount: number;
    readonly missCount: number;
    readonly setCount: number;
    /** 0..1; 0 before the first lookup. */
    readonly hitRatio: number;
    /** Of this thread: loads, and turns taken over from threads that did not go on. */
    readonly loadCount: number;
    readonly takeOverCount: number;
}
/** One thread's door to entries that all threads share. Each call means what it means for other caches; `get` answers an equal value of its own. */
export interface SharedCache<K, V extends Storable> extends Disposable {
    readonly name: string;
    get(key: K): V | undefined;
    has(key: K): boolean;
    /**
     * Stores a value for all threads; `undefined` deletes.
     * @throws {@link EntryTooLargeError} when it is larger than the memory's `maxEntryBytes`; what stood under the key is gone then
     */
    set(key: K, value: V | undefined, options?: Omit<EntryOptions, 'bytes'>): this;
    /** The fresh value, else the loaded one: one load a thread serves all who ask there meanwhile. */
    fetch(key: K, options?: FetchOptions<K, V>): Promise<V | undefined>;
    delete(key: K): void;
    clear(): void;
    /** Removes every entry with this tag, in every thread at once. A rare other tag may lose its entries with it. */
    invalidateTag(tag: string): void;
    stats(): SharedCacheStats;
    /** Leaves; the entries stay for the others. */
    close(): void;
}
/**
 * Opens memory that threads share, once in each of them. Open it before you start workers, so that they are seen to end.
 * @example
 * const memory = createSharedMemory({ maxBytes: 256 * 1024 * 1024 })
 * const pages = openSharedCache<string, string>({ memory, load: render }) // here, and in each worker
 * new Worker(new URL('./worker.js', import.meta.url), { workerData: { memory } })
 * @throws InvalidOptionError with every fault at once
 */
export declare function openSharedCache<K, V extends Storable>(options: SharedCacheOptions<K, V>): SharedCache<K, V>;
