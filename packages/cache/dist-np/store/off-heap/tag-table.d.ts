/**
 * Finds the entries of a tag without an object an entry or a tag: tags are known by 64 bits of a keyed hash. That two tags meet
 * in them happens once in some 10¹⁹ pairs, and would only make entries leave that might have stayed.
 *
 * Costs 24 bytes for each tag of each entry and 4 to 8 for its bucket, and 4 a slot once any entry had a tag.
 */
export declare class TagTable {
    #private;
    constructor(seed0: number, seed1: number);
    /** What so many tags of one entry weigh, alone. */
    static leastBytes(tagCount: number, slotCapacity: number): number;
    get bytes(): number;
    /** What it will weigh with so many tags more, and so many slots. */
    bytesAfter(tagCount: number, slotCapacity: number): number;
    resize(slotCapacity: number): void;
    set(slot: number, tags: readonly string[]): void;
    remove(slot: number): void;
    slotsOf(tag: string): number[];
    /** The slot `to` has no tags. */
    relocate(from: number, to: number): void;
    /** Gives room back that is no longer in use. */
    trim(): void;
    clear(): void;
}
