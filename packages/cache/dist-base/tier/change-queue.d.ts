import type { Change } from './follower.ts';
/** Changes that could not be delivered, by what they change: the latest of each. */
export declare class ChangeQueue {
    #private;
    constructor(maxQueued: number);
    get size(): number;
    /** Whether Redis still has what we know to be changed. A tag may be anybody's. */
    covers(cache: string, key: string): boolean;
    /** Where there are too many, its cache is to be cleared instead of all that is queued of it. */
    add(change: Change): void;
    /** Delivers one after the other until that fails. */
    flush(deliver: (change: Change) => Promise<void>): Promise<void>;
}
