import { type Clock, type Random } from '@plimsoll/core';
import type { CacheOptions, Loader, Storable } from '../options.ts';
import { type Codec, type CodecName } from './envelope.ts';
import { type RedisClient } from './redis-client.ts';
export interface RedisTierOptions {
    /** A `Redis` or `Cluster` of ioredis or iovalkey, or a client or cluster of node-redis 5 or 6. The tier opens two connections of its own like it, and leaves it alone. */
    redis: RedisClient;
    /** What all keys in Redis begin with; processes of one namespace share what they cache. At most 100 characters, no braces. */
    namespace: string;
    /** The most that Redis may add to a request, in ms. Default 100. */
    timeoutMs?: number;
    /**
     * The bound on staleness, in ms: nobody serves a value for longer than this after its invalidation was delivered. Default 5 s.
     * Redis is asked every quarter of it what has changed; when it has not answered for so long, copies live no longer than this.
     */
    staleBoundMs?: number;
    /** Hash slots that the keys are spread over. Default 1; 16 on a cluster, so that each node gets its share. All processes need the same. */
    partitions?: number;
    /** Time in ms in which a process that died while it was loading stops the others. Default 2 s; who is alive renews its lease. */
    leaseMs?: number;
    /** The longest that an entry may live in Redis, in ms, whatever its `ttlMs`. Default a day. */
    maxTtlMs?: number;
    /** Entries that take more bytes in Redis are not sent there. Default 1 MiB. */
    maxEntryBytes?: number;
    /** Values of this many bytes and more are compressed, if that helps. Default 1 KiB; `Infinity` for never. */
    compressFromBytes?: number;
    /** Commands under way at once; what comes beyond is not asked. Default 1,000. */
    maxInFlight?: number;
    /** Invalidations that wait for a Redis that is away; when more come, the cache is cleared everywhere instead. Default 10,000. */
    maxQueued?: number;
    /** Keys that a cache's hot list holds, from which a new process warms up. Default 1,000; 0 keeps none. */
    maxHotKeys?: number;
    /** Default: the machine's. */
    clock?: Clock;
    random?: Random;
}
export type ResolvedTierOptions = Readonly<Required<RedisTierOptions>>;
/** How one cache behind the tier is made: as {@link CacheOptions}, but for keys, which are strings. */
export interface TieredCacheOptions<V extends Storable> extends Omit<CacheOptions<string, V>, 'name' | 'clock' | 'random' | 'codec'> {
    /** Names its entries in Redis: the same in every process that shares them. At most 100 characters. */
    name: string;
    /** How values become bytes. Default `v8`. */
    codec?: CodecName | Codec<V>;
    load?: Loader<string, V>;
}
/** @throws {@link InvalidOptionError} with every fault at once */
export declare function resolveTierOptions(options: RedisTierOptions): ResolvedTierOptions;
/** @throws {@link InvalidOptionError} for what the tier needs; the rest is checked where the cache is created */
export declare function checkTieredOptions(options: {
    name: unknown;
    codec?: unknown;
}): void;
