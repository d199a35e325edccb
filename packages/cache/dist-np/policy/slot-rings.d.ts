/** Neither a slot nor an end: nothing. */
export declare const NONE = -1;
/**
 * Doubly linked lists over slots; every slot stands in at most one of them. A list is a ring through its end, so that no act
 * asks whether a neighbour is there, and a slot is taken out without knowing its list. Both links of a slot lie side by side:
 * one cache line, not two. Every act is O(1). Costs 8 bytes a slot and 8 a list.
 */
export declare class SlotRings {
    private readonly endCount;
    /** For each end and then for each slot: what stands after it, and before. */
    private links;
    constructor(endCount: number);
    static bytesAt(capacity: number, endCount: number): number;
    resize(capacity: number): void;
    /** Below 0: nobody. */
    first(end: number): number;
    /** Below 0: nobody. */
    last(end: number): number;
    /** Who stands before the slot, one nearer to the first; below 0: nobody. */
    before(slot: number): number;
    /** Who stands after the slot, one nearer to the last; below 0: nobody. */
    after(slot: number): number;
    addFirst(end: number, slot: number): void;
    remove(slot: number): void;
    moveToFirst(end: number, slot: number): void;
    /** The slot `to`, which stands nowhere, takes the place of `from`. */
    relocate(from: number, to: number): void;
    /** Empties every list. */
    clear(): void;
}
/** A copy of a typed array with another length; what does not fit any more is cut off. */
export declare function resized<T extends Int32Array | Uint32Array | Uint8Array | Float32Array | Float64Array>(array: T, length: number): T;
