/** Neither a slot nor an end: nothing. */
export const NONE = -1;
/**
 * Doubly linked lists over slots; every slot stands in at most one of them. A list is a ring through its end, so that no act
 * asks whether a neighbour is there, and a slot is taken out without knowing its list. Both links of a slot lie side by side:
 * one cache line, not two. Every act is O(1). Costs 8 bytes a slot and 8 a list.
 */
export class SlotRings {
    #endCount;
    /** For each end and then for each slot: what stands after it, and before. */
    #links;
    constructor(endCount) {
        this.#endCount = endCount;
        this.#links = new Int32Array(2 * endCount);
        this.clear();
    }
    static bytesAt(capacity, endCount) {
        return 8 * (endCount + capacity);
    }
    resize(capacity) {
        this.#links = resized(this.#links, 2 * (this.#endCount + capacity));
    }
    /** Below 0: nobody. */
    first(end) {
        return this.#links[2 * end] - this.#endCount;
    }
    /** Below 0: nobody. */
    last(end) {
        return this.#links[2 * end + 1] - this.#endCount;
    }
    /** Who stands before the slot, one nearer to the first; below 0: nobody. */
    before(slot) {
        return this.#links[2 * (slot + this.#endCount) + 1] - this.#endCount;
    }
    /** Who stands after the slot, one nearer to the last; below 0: nobody. */
    after(slot) {
        return this.#links[2 * (slot + this.#endCount)] - this.#endCount;
    }
    addFirst(end, slot) {
        const links = this.#links;
        const at = slot + this.#endCount;
        const first = links[2 * end];
        links[2 * at] = first;
        links[2 * at + 1] = end;
        links[2 * first + 1] = at;
        links[2 * end] = at;
    }
    remove(slot) {
        const links = this.#links;
        const at = slot + this.#endCount;
        const after = links[2 * at];
        const before = links[2 * at + 1];
        links[2 * before] = after;
        links[2 * after + 1] = before;
    }
    moveToFirst(end, slot) {
        if (this.#links[2 * end] === slot + this.#endCount)
            return;
        this.remove(slot);
        this.addFirst(end, slot);
    }
    /** The slot `to`, which stands nowhere, takes the place of `from`. */
    relocate(from, to) {
        const links = this.#links;
        const at = to + this.#endCount;
        const after = (links[2 * at] = links[2 * (from + this.#endCount)]);
        const before = (links[2 * at + 1] = links[2 * (from + this.#endCount) + 1]);
        links[2 * before] = at;
        links[2 * after + 1] = at;
    }
    /** Empties every list. */
    clear() {
        for (let end = 0; end < this.#endCount; end++)
            this.#links[2 * end] = this.#links[2 * end + 1] = end;
    }
}
/** A copy of a typed array with another length; what does not fit any more is cut off. */
export function resized(array, length) {
    const larger = new array.constructor(length);
    larger.set(array.length > length ? array.subarray(0, length) : array);
    return larger;
}
//# sourceMappingURL=slot-rings.js.map