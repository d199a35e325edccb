import { type Asker } from './asker.ts';
import { type Write } from './change-sender.ts';
import { type Change } from './follower.ts';
import type { ResolvedTierOptions } from './options.ts';
import { type Partition } from './partition.ts';
import type { RedisLink } from './redis-link.ts';
/**
 * What became of a change: `delivered`, and the bound on staleness counts from now; or `queued`, as Redis cannot be reached: this
 * process heeds it, the others hear of it when Redis answers again.
 */
export type Delivery = 'delivered' | 'queued';
/** Who holds copies and has to hear of changes. */
export interface CopyHolder {
    /** The truth has changed; what is being loaded or written just now is older than that. */
    heed(change: Change): void;
    /** Nothing here can be trusted any more. */
    dropAll(): void;
}
/**
 * Tells everybody what has changed, and follows what others tell. Each partition has a log in Redis; messages bring news at once,
 * polls make up for messages that were lost, and prove up to which instant nothing was missed.
 */
export declare class ChangeLog {
    #private;
    /** Who we are, so that we need not heed ourselves. */
    readonly origin: string;
    readonly partitions: readonly Partition[];
    /** Settles when Redis has been reached for the first time. */
    readonly firstPoll: Promise<void>;
    pollCount: number;
    changeCount: number;
    freshStartCount: number;
    suspendCount: number;
    constructor(options: ResolvedTierOptions, link: RedisLink, asker: Asker, channel: string);
    follow(cache: string, holder: CopyHolder): void;
    unfollow(cache: string): void;
    get queuedCount(): number;
    /** Whether copies of this partition are confirmed within the bound. Where they are not any more, they go, now. */
    isFollowed(partition: Partition): boolean;
    /** Whether Redis still has what we know to be changed. */
    isQueued(cache: string, key: string): boolean;
    /** The life under which the entries of a partition are named; asks for it where it is not known for certain. */
    lifeOf(partition: Partition, spanMs: number): Promise<string>;
    /** Delivers a change to Redis and to everybody, or queues it. Takes no longer than the time-out. */
    tell(change: Change, write?: Write): Promise<Delivery>;
    /** A message from the channel: life, number, partition, change. */
    hear(text: string): void;
    lost(): void;
    ready(): void;
    /** Asks for news; one poll a partition at a time. */
    poll(partition: Partition): Promise<void>;
    /** Delivers what is queued if that works at once. */
    stop(): Promise<void>;
    partitionOf(cache: string, key: string): Partition;
}
