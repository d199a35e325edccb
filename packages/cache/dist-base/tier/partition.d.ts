import { CircuitBreaker } from './circuit-breaker.ts';
import { Follower } from './follower.ts';
/** A hash slot of its own in Redis: a part of the keys, and the log of what was changed in it. */
export declare class Partition {
    readonly follower: Follower;
    readonly breaker: CircuitBreaker;
    /** Copies have not been confirmed for so long that they live no longer than the bound. */
    isSuspended: boolean;
    poll: Promise<void> | null;
    /** The server's clock minus ours, never too large: taken when an answer was here, which it left before. */
    serverAheadMs: number;
    readonly index: number;
    /** What its keys begin with. */
    readonly stateKey: string;
    constructor(index: number, stateKey: string);
    get logKey(): string;
}
export declare function createPartitions(namespace: string, count: number): Partition[];
/** Where an entry of this life lies, and the lease of who loads it. */
export declare function entryKeys(partition: Partition, life: string, cache: string, key: string): {
    valueKey: string;
    leaseKey: string;
};
/** Where a key of a cache lies. */
export declare function partitionOf(partitions: readonly Partition[], cache: string, key: string): Partition;
