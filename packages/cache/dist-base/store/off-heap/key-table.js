import { NONE, resized } from "../../policy/slot-rings.js";
/**
 * Finds slots by the hash of their key: chains over typed arrays, as many buckets as slots or up to twice as many. Free slots
 * are one chain more. Costs 8 bytes a slot and 4 a bucket.
 */
export class KeyTable {
    static bytesAt(capacity) {
        return 8 * capacity + 4 * bucketCount(capacity);
    }
    /** By slot, of those in use. */
    hashes = new Int32Array(0);
    count = 0;
    #next = new Int32Array(0);
    #first = new Int32Array(0);
    #free = NONE;
    /** Slots from here on were never used. */
    #used = 0;
    get capacity() {
        return this.hashes.length;
    }
    /** The first slot of the chain in which an entry of this hash would stand; `after` the next one. `NONE` ends it. */
    first(hash) {
        return this.#first.length === 0 ? NONE : this.#first[hash & (this.#first.length - 1)];
    }
    after(slot) {
        return this.#next[slot];
    }
    add(hash) {
        let slot = this.#free;
        if (slot === NONE)
            slot = this.#used++;
        else
            this.#free = this.#next[slot];
        this.#link(slot, hash);
        this.count++;
        return slot;
    }
    remove(slot) {
        this.#unlink(slot);
        this.#next[slot] = this.#free;
        this.#free = slot;
        this.count--;
    }
    /** Slots above `capacity` must be free, and `compact` must have been called when there were more. */
    resize(capacity) {
        this.hashes = resized(this.hashes, capacity);
        this.#next = resized(this.#next, capacity);
        if (bucketCount(capacity) !== this.#first.length)
            this.#rehash(bucketCount(capacity));
    }
    /** Moves entries down until the first `count` slots are in use and no other. O(slots). `isUsed` tells entries from free slots. */
    compact(isUsed, onMove) {
        let to = 0;
        for (let from = this.count; from < this.#used; from++) {
            if (!isUsed(from))
                continue;
            while (isUsed(to))
                to++;
            this.#unlink(from);
            this.#link(to, this.hashes[from]);
            onMove(from, to);
        }
        this.#free = NONE;
        this.#used = this.count;
    }
    clear() {
        this.hashes = this.#next = this.#first = new Int32Array(0);
        this.#free = NONE;
        this.#used = this.count = 0;
    }
    #link(slot, hash) {
        const bucket = hash & (this.#first.length - 1);
        this.hashes[slot] = hash;
        this.#next[slot] = this.#first[bucket];
        this.#first[bucket] = slot;
    }
    #unlink(slot) {
        const bucket = this.hashes[slot] & (this.#first.length - 1);
        const after = this.#next[slot];
        let at = this.#first[bucket];
        if (at === slot) {
            this.#first[bucket] = after;
            return;
        }
        while (this.#next[at] !== slot)
            at = this.#next[at];
        this.#next[at] = after;
    }
    #rehash(length) {
        const old = this.#first;
        const next = this.#next;
        const mask = length - 1;
        const first = (this.#first = new Int32Array(length).fill(NONE));
        for (let bucket = 0; bucket < old.length; bucket++) {
            for (let slot = old[bucket]; slot !== NONE;) {
                const after = next[slot];
                const to = this.hashes[slot] & mask;
                next[slot] = first[to];
                first[to] = slot;
                slot = after;
            }
        }
    }
}
function bucketCount(capacity) {
    return Math.max(16, 2 ** Math.ceil(Math.log2(capacity)));
}
//# sourceMappingURL=key-table.js.map