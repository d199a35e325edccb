/** Counters kept for each key that is wanted: as many as let a key that is asked for often be counted rightly among those that are not. */
const COUNTERS_PER_KEY = 8;
/**
 * Which keys are asked for most, lately: counts for a bounded number of keys, of which the rare ones make room for new ones.
 * When the counters are full all counts are halved and those that reach 0 go, so old fame fades. O(1) a note, amortised.
 * @see Manku, Motwani. “Approximate Frequency Counts over Data Streams.” VLDB 2002
 */
export class HotKeys {
    #counts = new Map();
    #maxCounters;
    /** Notes since the last {@link top}. */
    noteCount = 0;
    constructor(maxKeys) {
        this.#maxCounters = COUNTERS_PER_KEY * maxKeys;
    }
    note(key) {
        this.noteCount++;
        this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
        if (this.#counts.size > this.#maxCounters)
            this.#fade();
    }
    /** The keys that were asked for most, the hottest first. */
    top(maxKeys) {
        this.noteCount = 0;
        const byCount = [...this.#counts].sort(([, left], [, right]) => right - left);
        return byCount.slice(0, maxKeys).map(([key]) => key);
    }
    #fade() {
        for (const [key, count] of this.#counts) {
            if (count === 1)
                this.#counts.delete(key);
            else
                this.#counts.set(key, count >> 1);
        }
        // All of them were hot: the oldest make room, lest each new key halved everything again.
        for (const key of this.#counts.keys()) {
            if (this.#counts.size <= this.#maxCounters / 2)
                break;
            this.#counts.delete(key);
        }
    }
}
//# sourceMappingURL=hot-keys.js.map