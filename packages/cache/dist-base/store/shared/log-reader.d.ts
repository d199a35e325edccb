import type { KeyBytes } from '../off-heap/key-bytes.ts';
import { type SharedLayout } from './shared-memory.ts';
import type { TagCounters } from './tag-counters.ts';
import type { ThreadSlot } from './thread-slot.ts';
/** One thread's view of the records of a {@link SharedLog}: finds a key's newest, without a lock, and tells whether it may be trusted. */
export declare class LogReader {
    #private;
    place: number;
    stripe: number;
    valueAt: number;
    valueBytes: number;
    valueKind: number;
    freshUntilMs: number;
    tagCount: number;
    isDeleted: boolean;
    tagsAt: number;
    born: number;
    readonly bytes: Buffer;
    constructor(memory: SharedArrayBuffer, layout: SharedLayout, slot: ThreadSlot, tags: TagCounters);
    stripeOf(hash: number): number;
    /** Where a stripe's ring goes on: what is newer lies behind. */
    frontOf(stripe: number): number;
    /** Finds the newest record of a key, a deletion's too; what was found is to be trusted when `isIntact` has said so after it was read. */
    find(hash: number, key: KeyBytes): boolean;
    /** The same for a key's words, of which there are `count`. */
    findWords(hash: number, key: Int32Array, count: number): boolean;
    /** Whether what was found is still there, and so what was read of it is what was written. */
    isIntact(): boolean;
    /** Remembers that it was asked for. */
    mark(): void;
    /** Whether a tag of what was found was invalidated since it was born. */
    isInvalidated(): boolean;
}
