import type { Cache, FetchOptions } from '../cache.ts';
import type { EntryOptions, ResolvedCacheOptions, Storable } from '../options.ts';
import type { CacheStats } from '../stats.ts';
import type { Governable } from './governable.ts';
import type { Governor } from './governor.ts';
/** A cache that tells a governor what it is asked, and holds what that grants it. */
export declare class GovernedCache<K, V extends Storable> implements Cache<K, V> {
    #private;
    constructor(options: ResolvedCacheOptions<K, V>, governor: Governor, create: (options: ResolvedCacheOptions<K, V>) => Governable<K, V>);
    get name(): string;
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
    close(): void;
    [Symbol.dispose](): void;
}
