import type { CacheReport } from '@plimsoll/core/wire';
import type { FetchOptions } from './cache.ts';
import type { EntryFacts, Governable } from './governor/governable.ts';
import { type EntryOptions, type ResolvedCacheOptions, type Storable } from './options.ts';
import type { CacheStats } from './stats.ts';
/**
 * The cache, put together: the entries and their bound, the weigher that says what one costs, the flights that say who waits
 * for what, and the counts. What it holds to stands with {@link BoundedEntries}.
 */
export declare class BoundedCache<K, V extends Storable> implements Governable<K, V> {
    #private;
    readonly name: string;
    /** Set by whoever measures it. */
    curve: () => CacheReport['curve'];
    constructor(options: ResolvedCacheOptions<K, V>, createdAt: string | null);
    get size(): number;
    get bytes(): number | null;
    get(key: K): V | undefined;
    peek(key: K): V | undefined;
    has(key: K): boolean;
    set(key: K, value: V | undefined, options?: EntryOptions): this;
    fetch(key: K, options?: FetchOptions<K, V>): Promise<V | undefined>;
    delete(key: K): boolean;
    clear(): void;
    invalidateTag(tag: string): number;
    keys(): IterableIterator<K>;
    entries(): IterableIterator<[K, V]>;
    stats(): CacheStats;
    shrink(toBytes: number): void;
    grant(bytes: number): void;
    inspect(key: K): EntryFacts | null;
    /** What the caller said that the fresh entry weighs, if it did. */
    exactBytesOf(key: K): number | undefined;
    get entryIndexBytes(): number | null;
    close(): void;
    [Symbol.dispose](): void;
}
