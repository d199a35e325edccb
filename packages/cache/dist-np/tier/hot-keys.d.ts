/**
 * Which keys are asked for most, lately: counts for a bounded number of keys, of which the rare ones make room for new ones.
 * When the counters are full all counts are halved and those that reach 0 go, so old fame fades. O(1) a note, amortised.
 * @see Manku, Motwani. “Approximate Frequency Counts over Data Streams.” VLDB 2002
 */
export declare class HotKeys {
    #private;
    /** Notes since the last {@link top}. */
    noteCount: number;
    constructor(maxKeys: number);
    note(key: string): void;
    /** The keys that were asked for most, the hottest first. */
    top(maxKeys: number): string[];
}
