import type { PolicyName } from '../options.ts';
/** Keys that one miniature knows at most. Sampled less when there are more: 512 tell a hit ratio to a point or two. */
export declare const MOST_KEYS = 512;
export interface MiniatureOptions {
    /** The budget that it stands for. */
    bytes: number;
    policy: PolicyName;
    isByDensity: boolean;
    hashSeed: number;
}
/**
 * A cache of another budget in miniature: the policy itself, over a sample of the keys, without keys and values. A cache of a
 * gigabyte that sees every key behaves like one of a megabyte that sees one key in a thousand; a key takes part if its hash
 * lies below a threshold, which is halved whenever the miniature knows too many. Costs some 60 KiB.
 *
 * What it estimates is misses, not hits: whether the hottest key of all is in the sample decides over a good part of the hits,
 * and over hardly any miss.
 * @see Waldspurger, Saemundsson, Ahmad, Park. “Cache Modeling and Optimization using Miniature Simulations.” USENIX ATC 2017
 * @see Waldspurger, Park, Garthwaite, Ahmad. “Efficient MRC Construction with SHARDS.” USENIX FAST 2015
 */
export declare class Miniature {
    #private;
    readonly bytes: number;
    /** Keys whose hash, a signed 32-bit number, is at most this take part. */
    threshold: number;
    /** Acts since it was last set to 0. */
    workCount: number;
    /** Misses of the cache that it stands for since they were last taken, if the sample had its share of the keys. */
    missCount: number;
    /** The share of the keys that is really in the sample, by the rate. */
    bias: number;
    constructor({ bytes, policy, isByDensity, hashSeed }: MiniatureOptions);
    get keyCount(): number;
    /** A key that takes part was asked for; `weight` is that of the entry in the real cache, 0 where it was missed too. */
    ask(hash: number, weight: number, deadlineMs: number, nowMs: number): void;
    /** A key that takes part was stored. */
    put(hash: number, weight: number, deadlineMs: number): void;
    forget(hash: number): void;
    get rate(): number;
    /** The sample has so many times as many of the keys as it ought to: it stands for as much less of the cache. And so much the index adds to an entry. */
    correct(bias: number, entryIndexBytes: number): void;
    /** Half as many keys take part from now on. */
    halveRate(): void;
    /** Twice as many do; until they are known it misses more than the cache that it stands for. */
    doubleRate(): void;
    forgetAll(): void;
}
