import { INVALIDATION_AT } from "./shared-memory.js";
/** When each tag was last invalidated, by a count of all invalidations: an entry is older than those that came after it. */
export class TagCounters {
    #words;
    #layout;
    constructor(words, layout) {
        this.#words = words;
        this.#layout = layout;
    }
    /** Invalidations so far: what an entry that begins now is born with. */
    get count() {
        return Atomics.load(this.#words, INVALIDATION_AT);
    }
    /** Whether a tag was invalidated later than that. */
    isNewer(counter, born) {
        return ((Atomics.load(this.#words, this.#layout.tagAt(counter)) - born) | 0) > 0;
    }
    invalidate(counter) {
        const at = this.#layout.tagAt(counter);
        for (;;) {
            const count = Atomics.add(this.#words, INVALIDATION_AT, 1) + 1;
            const before = Atomics.load(this.#words, at);
            // Somebody who counted later may be here first: the latest stays.
            if (((before - count) | 0) >= 0)
                return;
            if (Atomics.compareExchange(this.#words, at, before, count) === before)
                return;
        }
    }
}
//# sourceMappingURL=tag-counters.js.map