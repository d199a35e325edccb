import { NONE, resized } from "./slot-rings.js";
/**
 * Who stays where entries differ much in weight and most requests are to be hits: GreedyDual-Size-Frequency. An entry is worth
 * what it was asked for per byte, on top of what the last one that left was worth; who is worth least leaves. The floor rises
 * with each who leaves, so that old fame fades.
 *
 * Exactly, that takes a heap. Here worth per byte is rounded down to half octaves, and each of them has a list: those in one
 * list entered it in the order of their worth, so the least worth in all is the last of some list, and only as many are looked
 * at as there are lists. Costs 4 bytes a slot; a hit is O(1), a victim O(lists in use).
 * @see Cherkasova. “Improving WWW Proxies Performance with Greedy-Dual-Size-Frequency Caching Policy.” HP Labs 1998
 */
export class GreedyDual {
    /** Lists that it needs: fifteen counts and weights up to 2³² bytes. */
    static listCount = 2 * (4 + 32) + 1;
    static bytesAt(capacity) {
        return 4 * capacity;
    }
    #rings;
    /** Where its lists begin among the rings. */
    #firstEnd;
    /** What each entry is worth, floor included. */
    #worths = new Float32Array(0);
    #floor = 0;
    constructor(rings, firstEnd, capacity) {
        this.#rings = rings;
        this.#firstEnd = firstEnd;
        this.resize(capacity);
    }
    resize(capacity) {
        this.#worths = resized(this.#worths, capacity);
    }
    /** An entry that stands in no list was asked for so often. */
    enter(slot, count, weight) {
        const list = listOf(count, weight);
        this.#worths[slot] = this.#floor + worthOf(list);
        this.#rings.addFirst(this.#firstEnd + list, slot);
    }
    victim() {
        let victim = NONE;
        let least = Infinity;
        for (let list = 0; list < GreedyDual.listCount; list++) {
            const slot = this.#rings.last(this.#firstEnd + list);
            if (slot < 0 || this.#worths[slot] >= least)
                continue;
            victim = slot;
            least = this.#worths[slot];
        }
        if (victim !== NONE)
            this.#floor = least;
        return victim;
    }
    relocate(from, to) {
        this.#worths[to] = this.#worths[from];
    }
    /** Takes the floor off everybody, from time to time: small differences on top of a large number would be lost. */
    rebase() {
        const worths = this.#worths;
        for (let slot = 0; slot < worths.length; slot++)
            worths[slot] -= this.#floor;
        this.#floor = 0;
    }
}
const HEAVIEST_LOG = 32;
function listOf(count, weight) {
    return Math.floor(2 * (HEAVIEST_LOG + Math.log2(Math.max(1, count) / weight)));
}
function worthOf(list) {
    return 2 ** (list / 2 - HEAVIEST_LOG);
}
//# sourceMappingURL=greedy-dual.js.map