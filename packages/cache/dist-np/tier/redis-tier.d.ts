import type { Storable } from '../options.ts';
import { ChangeLog } from './change-log.ts';
import type { BreakerState } from './circuit-breaker.ts';
import { type StoredEntry } from './envelope.ts';
import { type RedisTierOptions, type ResolvedTierOptions, type TieredCacheOptions } from './options.ts';
import { type Partition } from './partition.ts';
import type { OpenLink } from './redis-link.ts';
import { TieredCache } from './tiered-cache.ts';
/** What the tier has done since it was started, and how it is. A plain object. */
export interface RedisTierStats {
    /** False where requests do not even try. */
    readonly isConnected: boolean;
    /** The worst of its partitions. */
    readonly breaker: BreakerState;
    readonly breakerOpenCount: number;
    /** Commands sent. */
    readonly askCount: number;
    readonly failureCount: number;
    readonly timeoutCount: number;
    /** Connections lost. */
    readonly lossCount: number;
    readonly pollCount: number;
    /** Changes heard of, our own among them. */
    readonly changeCount: number;
    /** Changes that others do not know of yet. */
    readonly queuedCount: number;
    /** Times that all copies went, as changes may have been missed: Redis was restarted, or we were away too long. */
    readonly freshStartCount: number;
    /** Times that all copies went, as Redis did not answer for longer than the bound on staleness. */
    readonly suspendCount: number;
    readonly lastFailure: string | null;
}
/** A second tier in Redis or Valkey, shared by all processes of a namespace. */
export interface RedisTier extends AsyncDisposable {
    /** A cache whose misses ask Redis before they load, and whose changes every process hears of. */
    createCache<V extends Storable>(options: TieredCacheOptions<V>): TieredCache<V>;
    stats(): RedisTierStats;
    /** Delivers what is queued if that works at once, saves what is hot, and closes its connections. Its caches stay as this process's own. */
    stop(): Promise<void>;
}
/**
 * Starts a second tier: two connections to Redis, and a poll four times within the bound on staleness.
 * @example
 * const tier = startRedisTier({ redis: new Redis(process.env.REDIS_URL), namespace: 'shop' })
 * const pages = tier.createCache<string>({ name: 'pages', maxBytes: 64 * 1024 * 1024, ttlMs: 300_000, load: render })
 * @throws InvalidOptionError with every fault at once
 */
export declare function startRedisTier(options: RedisTierOptions): RedisTier;
export interface TakeOptions {
    /** Asks for no lease. */
    isReadOnly?: boolean;
    /** Ends the waiting for another's load. */
    abortSignal?: AbortSignal;
}
/** What came of asking for an entry. */
export type Taken = {
    readonly kind: 'hit';
    readonly entry: StoredEntry;
    readonly ttlMs: number;
}
/** Load it; with a lease the outcome may be kept for all. */
 | {
    readonly kind: 'load';
    readonly lease: Lease | null;
};
/** The right to load an entry for everybody. It is lost when a newer truth comes, or when it is not renewed in time. */
export interface Lease {
    readonly key: string;
    readonly token: string;
    readonly life: string;
    /** Number of the last change when the lease was given. */
    readonly seq: number;
    readonly partition: Partition;
}
export declare class LinkedRedisTier implements RedisTier {
    #private;
    readonly options: ResolvedTierOptions;
    readonly log: ChangeLog;
    constructor(options: ResolvedTierOptions, open: OpenLink);
    createCache<V extends Storable>(options: TieredCacheOptions<V>): TieredCache<V>;
    forget(name: string): void;
    stats(): RedisTierStats;
    stop(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
    /**
     * The entry as Redis has it, or the word to load it: with a lease, or without one where Redis cannot be used. Waits while somebody
     * else loads it. Asking takes no longer than the time-out, however often it looks.
     */
    take(cache: string, key: string, { isReadOnly, abortSignal }?: TakeOptions): Promise<Taken>;
    /** Keeps what was loaded for everybody, if the lease still holds. Takes no longer than the time-out, and never throws. */
    fill(cache: string, lease: Lease, folded: Buffer, ttlMs: number, tags: readonly string[]): Promise<boolean>;
    /** Lets the next one load. */
    release(cache: string, lease: Lease): Promise<false>;
    /** Keeps the lease while its holder is alive and loading. */
    renewing(cache: string, lease: Lease): {
        cancel(): void;
    };
    /** How long an entry lives in Redis. */
    ttlMs(ttlMs: number): number;
    /** The list of hot keys that processes before us have left. Waits until Redis is reached, but no longer than so. */
    hotKeys(cache: string, spanMs: number): Promise<string[]>;
}
