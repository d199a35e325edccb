/**
 * Finds the entries of a tag. A tag is known only while an entry has it, so nothing here outlives the cache's entries. Its
 * bytes are counted at the most that V8's tables can need for so many keys (see {@link MapTable}: four times their count).
 */
export declare class TagIndex {
    #private;
    get bytes(): number;
    /** The most that these tags will add. */
    static bytesOf(tags: readonly string[]): number;
    set(slot: number, tags: readonly string[]): void;
    remove(slot: number): void;
    slotsOf(tag: string): readonly number[];
    relocate(from: number, to: number): void;
    clear(): void;
}
