import { type FetchOptions } from '../cache.ts';
import { type EntryOptions, type Storable } from '../options.ts';
import type { CacheStats } from '../stats.ts';
import type { CopyHolder, Delivery } from './change-log.ts';
import type { Change } from './follower.ts';
import type { TieredCacheOptions } from './options.ts';
import type { LinkedRedisTier } from './redis-tier.ts';
/** What a cache behind the tier has done: this process's copies, and what Redis had. */
export interface TieredCacheStats extends CacheStats {
    /** Misses here that Redis answered, and those that it did not. */
    readonly tierHitCount: number;
    readonly tierMissCount: number;
    /** Calls of the loader that was given. `loadCount` counts what went to Redis too. */
    readonly sourceLoadCount: number;
    /** Entries from Redis that could not be read, as another version or codec wrote them. */
    readonly unreadableCount: number;
    /** Loaded values that Redis did not keep: a newer truth had come, they were too large, or Redis was full or away. */
    readonly unsharedCount: number;
}
/** What {@link TieredCache.warm} has done. */
export interface WarmReport {
    /** Keys on the list that a process before us has left. */
    readonly listedCount: number;
    readonly warmedCount: number;
    readonly tookMs: number;
}
/**
 * A cache with a second tier: `fetch` looks here, then in Redis, then loads, once for all processes. Changes reach every process:
 * no `fetch` or `get` answers a value for longer than `staleBoundMs` after its invalidation was delivered.
 */
export declare class TieredCache<V extends Storable> implements CopyHolder {
    #private;
    readonly name: string;
    /** Use {@link RedisTier.createCache}. */
    constructor(tier: LinkedRedisTier, { codec, load, ...options }: TieredCacheOptions<V>);
    /** Copies in this process. */
    get size(): number;
    /** This process's fresh copy, or undefined. Asks nobody. */
    get(key: string): V | undefined;
    /** As {@link Cache.fetch}; a miss asks Redis before it loads. Redis adds no more than `timeoutMs`, whatever its state. */
    fetch(key: string, options?: FetchOptions<string, V>): Promise<V | undefined>;
    /**
     * Stores a value here and in Redis; other processes drop theirs. Call it after the truth has changed. Never throws for Redis.
     * A value that is too large for this process, or cannot be weighed, is kept in Redis alone.
     * @throws EncodingError when the codec cannot write the value, which is gone everywhere then
     */
    set(key: string, value: V | undefined, options?: EntryOptions): Promise<Delivery>;
    /** Removes an entry everywhere. Call it after the truth has changed. Takes no longer than `timeoutMs`, and never throws. */
    delete(key: string): Promise<Delivery>;
    /** Removes every entry with this tag, everywhere. As {@link delete}. */
    invalidateTag(tag: string): Promise<Delivery>;
    /** Removes all entries of this cache, everywhere. As {@link delete}. */
    clear(): Promise<Delivery>;
    /**
     * Fetches what the processes before this one were asked for most, hottest first, from Redis alone: no loader is called. For a
     * worker that takes another's place, before it says that it is ready.
     * @param options.withinMs when to stop, done or not. Default 2 s.
     */
    warm({ withinMs }?: {
        withinMs?: number;
    }): Promise<WarmReport>;
    stats(): TieredCacheStats;
    /** Evicts copies until no more than so many bytes are held here. */
    shrink(toBytes: number): void;
    /** Forgets this process's copies and keeps none from now on. What is in Redis stays. */
    close(): void;
    heed({ kind, name }: Change): void;
    dropAll(): void;
    /** The hottest keys, if there were so many lookups since the last time. */
    takeHotKeys(leastLookups: number): string[];
}
