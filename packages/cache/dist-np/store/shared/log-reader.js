import { BORN, FLAGS, FRESH_UNTIL, HASH, HEAD_WORDS, IS_DELETED, KIND_MASK, NONE, OLDER, PLACE_SHIFT, TAGS_SHIFT, VALUE_BYTES, isBefore, } from "./record.js";
import { floatsOf, marksOf } from "./shared-memory.js";
/** A bucket has a handful; more would be somebody's doing. */
const MOST_STEPS = 256;
/** Times that a read is begun anew because what it read was just overwritten. */
const MOST_READS = 4;
const MOST_MARK = 3;
/** One thread's view of the records of a {@link SharedLog}: finds a key's newest, without a lock, and tells whether it may be trusted. */
export class LogReader {
    // Of what was found.
    place = NONE;
    stripe = 0;
    valueAt = 0;
    valueBytes = 0;
    valueKind = 0;
    freshUntilMs = 0;
    tagCount = 0;
    isDeleted = false;
    tagsAt = 0;
    born = 0;
    bytes;
    #words;
    #floats;
    #marks;
    #layout;
    #slot;
    #tags;
    constructor(memory, layout, slot, tags) {
        this.bytes = Buffer.from(memory);
        this.#words = new Int32Array(memory);
        this.#floats = floatsOf(memory);
        this.#marks = marksOf(memory, layout);
        this.#layout = layout;
        this.#slot = slot;
        this.#tags = tags;
    }
    stripeOf(hash) {
        return Math.floor(((hash >>> 0) / 2 ** 32) * this.#layout.stripeCount);
    }
    /** Where a stripe's ring goes on: what is newer lies behind. */
    frontOf(stripe) {
        return Atomics.load(this.#words, this.#layout.wordAt(stripe)) >>> PLACE_SHIFT;
    }
    /** Finds the newest record of a key, a deletion's too; what was found is to be trusted when `isIntact` has said so after it was read. */
    find(hash, key) {
        return this.findWords(hash, key.words, key.count);
    }
    /** The same for a key's words, of which there are `count`. */
    findWords(hash, key, count) {
        const words = this.#words;
        const stripe = (this.stripe = this.stripeOf(hash));
        const first = Atomics.load(words, this.#layout.bucketAt(stripe, hash & (this.#layout.bucketCount - 1)));
        const end = this.#layout.ringEnd(stripe);
        for (let attempt = 0; attempt < MOST_READS; attempt++) {
            const reclaimed = Atomics.load(words, this.#layout.reclaimedAt(stripe));
            let place = first;
            for (let step = 0; step < MOST_STEPS && place !== NONE && !isBefore(place, reclaimed); step++) {
                const at = this.#layout.recordAt(stripe, place);
                if (words[at + HASH] === hash && this.#readHead(place, at, end, key, count))
                    return true;
                place = words[at + OLDER];
            }
            if (Atomics.load(words, this.#layout.reclaimedAt(stripe)) === reclaimed)
                return false;
        }
        return false;
    }
    /** Whether what was found is still there, and so what was read of it is what was written. */
    isIntact() {
        this.#slot.fence();
        return !isBefore(this.place, Atomics.load(this.#words, this.#layout.reclaimedAt(this.stripe)));
    }
    /** Remembers that it was asked for. */
    mark() {
        const at = this.#layout.markAt(this.stripe, this.place);
        const mark = this.#marks[at];
        // Two who count at once may count once.
        if (mark < MOST_MARK)
            this.#marks[at] = mark + 1;
    }
    /** Whether a tag of what was found was invalidated since it was born. */
    isInvalidated() {
        for (let at = 0; at < this.tagCount; at++) {
            if (this.#tags.isNewer(this.#words[this.tagsAt + at], this.born))
                return true;
        }
        return false;
    }
    /** Reads a head, if the key is this one and all lies within the ring: what is being overwritten may say anything. */
    #readHead(place, at, end, key, count) {
        const words = this.#words;
        const flags = words[at + FLAGS];
        const tagCount = flags >>> TAGS_SHIFT;
        const keyAt = at + HEAD_WORDS + tagCount;
        if (keyAt + count > end || keyAt < at)
            return false;
        const head = words[keyAt];
        if (((head ^ key[0]) & KIND_MASK) !== 0)
            return false;
        for (let word = 1; word < count; word++)
            if (words[keyAt + word] !== key[word])
                return false;
        const valueAt = 4 * (keyAt + count);
        const valueBytes = words[at + VALUE_BYTES];
        if (valueBytes < 0 || valueAt + valueBytes > 4 * end)
            return false;
        this.place = place;
        this.valueAt = valueAt;
        this.valueBytes = valueBytes;
        this.valueKind = head & ~KIND_MASK;
        this.freshUntilMs = this.#floats[(at + FRESH_UNTIL) >> 1];
        this.isDeleted = (flags & IS_DELETED) !== 0;
        this.tagCount = tagCount;
        this.tagsAt = at + HEAD_WORDS;
        this.born = words[at + BORN];
        return true;
    }
}
//# sourceMappingURL=log-reader.js.map