import { type Asker } from './asker.ts';
import { type Change } from './follower.ts';
import type { ResolvedTierOptions } from './options.ts';
import { type Partition } from './partition.ts';
/** Bytes that take the place of what was changed. */
export interface Write {
    readonly ttlMs: number;
    readonly tags: string;
    readonly folded: Buffer;
}
/** Brings changes to Redis, which tells everybody. */
export declare class ChangeSender {
    #private;
    /** @param lifeOf the life under which the entries of a partition are named, asked for where it is not known */
    constructor(options: ResolvedTierOptions, asker: Asker, partitions: readonly Partition[], channel: string, lifeOf: (partition: Partition, spanMs: number) => Promise<string>);
    /** Takes no longer than the time-out. @throws {@link TierUnavailableError} when it was not delivered, as far as is known */
    send(change: Change, write?: Write): Promise<void>;
}
