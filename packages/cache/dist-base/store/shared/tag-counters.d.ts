import { type SharedLayout } from './shared-memory.ts';
/** When each tag was last invalidated, by a count of all invalidations: an entry is older than those that came after it. */
export declare class TagCounters {
    #private;
    constructor(words: Int32Array, layout: SharedLayout);
    /** Invalidations so far: what an entry that begins now is born with. */
    get count(): number;
    /** Whether a tag was invalidated later than that. */
    isNewer(counter: number, born: number): boolean;
    invalidate(counter: number): void;
}
