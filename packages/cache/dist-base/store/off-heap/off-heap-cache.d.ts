import type { CacheReport } from '@plimsoll/core/wire';
import type { FetchOptions } from '../../cache.ts';
import type { EntryFacts, Governable } from '../../governor/governable.ts';
import { type EntryOptions, type ResolvedCacheOptions, type Storable } from '../../options.ts';
import type { CacheStats } from '../../stats.ts';
/**
 * The cache whose entries live outside V8's heap: keys and values as bytes in an arena, everything that is known of them in
 * typed arrays. Nothing that the garbage collector visits grows with the number of entries. It keeps to the same table of
 * what each call does as {@link BoundedCache}, but answers with a value of its own each time. What it holds to stands with {@link OffHeapEntries}.
 */
export declare class OffHeapCache<K, V extends Storable> implements Governable<K, V> {
    #private;
    readonly name: string;
    /** Set by whoever measures it. */
    curve: () => CacheReport['curve'];
    constructor(options: ResolvedCacheOptions<K, V>, createdAt: string | null);
    get size(): number;
    get bytes(): number;
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
    get entryIndexBytes(): number | null;
    close(): void;
    [Symbol.dispose](): void;
}
