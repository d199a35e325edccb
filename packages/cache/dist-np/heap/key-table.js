import { NONE, resized } from "../policy/slot-rings.js";
/**
 * Finds the slot of a key by its hash: chains in typed arrays, one head for each slot and more, and each slot's next. Beside a Map,
 * which V8 makes anew whenever its holes have filled it, a key that comes as another leaves costs a third, and 8 to 12 bytes
 * instead of 28 to 56.
 *
 *   word   T T T … S S S   tag: the hash's bits above those that name the head · slot + 1; 0: the chain's end
 *
 * A chain has no more than {@link MOST_STEPS}. Keys that were chosen to meet there find no room at last and have to stand
 * elsewhere, so no look-up is ever long. Where keys leave as often as they come, open addressing has to close a gap for each,
 * reading the hashes of all who stand behind it: which costs a `set` that evicts a sixth more.
 * @see Knuth. “The Art of Computer Programming 3: Sorting and Searching.” 6.4, algorithm C
 */
export class KeyTable {
    static bytesAt(capacity) {
        return 4 * (lengthAt(capacity) + capacity);
    }
    heads = new Int32Array(LEAST_LENGTH);
    /** By slot: the word of the next in its chain. */
    nexts = new Int32Array(0);
    mask = LEAST_LENGTH - 1;
    /** How often a look-up met another key of the same hash. */
    strangerCount = 0;
    /** `items` holds the key of each slot at twice its number, `hashes` what it was added by. */
    find(key, hash, items, hashes) {
        const mask = this.mask;
        const nexts = this.nexts;
        for (let word = this.heads[hash & mask]; word !== 0;) {
            const slot = (word & mask) - 1;
            if (((word ^ hash) & ~mask) === 0) {
                if (items[2 * slot] === key)
                    return slot;
                if (hashes[slot] === hash)
                    this.strangerCount++;
            }
            word = nexts[slot];
        }
        return NONE;
    }
    /** Answers whether the chain was short enough. Newcomers stand at its end: who stays longest was asked for most, and is found first. */
    add(hash, slot) {
        const mask = this.mask;
        const nexts = this.nexts;
        const word = (hash & ~mask) | (slot + 1);
        let last = this.heads[hash & mask];
        if (last === 0)
            this.heads[hash & mask] = word;
        else {
            for (let steps = 1;; steps++) {
                const next = nexts[(last & mask) - 1];
                if (steps === MOST_STEPS)
                    return false;
                if (next === 0)
                    break;
                last = next;
            }
            nexts[(last & mask) - 1] = word;
        }
        nexts[slot] = 0;
        return true;
    }
    remove(hash, slot) {
        const mask = this.mask;
        const nexts = this.nexts;
        const gone = (hash & ~mask) | (slot + 1);
        let word = this.heads[hash & mask];
        if (word === gone) {
            this.heads[hash & mask] = nexts[slot];
            return;
        }
        for (;;) {
            const before = (word & mask) - 1;
            word = nexts[before];
            if (word !== gone)
                continue;
            nexts[before] = nexts[slot];
            return;
        }
    }
    /** There are so many slots now; answers whether the table is another, and empty. */
    resize(capacity) {
        const length = lengthAt(capacity);
        if (capacity !== this.nexts.length)
            this.nexts = resized(this.nexts, capacity);
        if (length === this.heads.length)
            return false;
        this.heads = new Int32Array(length);
        this.mask = length - 1;
        return true;
    }
    clear() {
        this.heads.fill(0);
    }
}
const LEAST_LENGTH = 32;
/** In a table that is full, one chain in 10³⁰⁰ is half as long. */
const MOST_STEPS = 256;
/** More than there are slots, as a word has to name any of them. */
function lengthAt(capacity) {
    return Math.max(LEAST_LENGTH, 2 ** Math.ceil(Math.log2(capacity + 1)));
}
//# sourceMappingURL=key-table.js.map