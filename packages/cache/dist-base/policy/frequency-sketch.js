import { resized } from "./slot-rings.js";
/** Beyond this the policy only asks “popular or not”, and a fifth bit no longer packs eight to a word. */
export const MOST_FREQUENT = 15;
/**
 * Estimates how often a key that has left was asked for lately: a count-min sketch of 4-bit counters, three for a key, all in
 * one word, so that a key touches one place in memory (three places hit 0.3 % more often, and cost a set 50 ns). Counters are
 * raised rather than added to: a key leaves with its count, and comes back with it. The owner halves them all from time to
 * time, so old fame fades.
 *
 * The keys that have left may be ten times as many as those that stay, so a table of up to 64 KiB has 32 counters a slot
 * (16 bytes), one of up to 1 MiB half of that (a miss of the processor's cache costs a set more than what the rest would hit);
 * above, 1.5 to 3 bytes a slot, as its length is a power of two. Every act is O(1) but `halve`, which is
 * O(capacity) and amortised.
 * @see Cormode, Muthukrishnan. “An improved data stream summary: the count-min sketch and its applications.” J. Algorithms 55(1), 2005
 */
export class FrequencySketch {
    #words = new Uint32Array(LEAST_WORDS);
    static bytesAt(capacity) {
        return 4 * wordsAt(capacity);
    }
    resize(capacity) {
        const old = this.#words;
        const length = wordsAt(capacity);
        if (length === old.length)
            return;
        // A counter is addressed by the low bits of a hash: a longer table holds the old one again and again, a shorter one keeps
        // a part of what was known.
        this.#words = resized(old, length);
        for (let at = old.length; at < length; at += old.length)
            this.#words.copyWithin(at, 0, old.length);
    }
    estimate(hash) {
        const word = this.#words[hash & (this.#words.length - 1)];
        const mixed = Math.imul(hash, 0x9e3779b1);
        const least = lesser((word >>> shiftA(mixed)) & 15, (word >>> shiftB(mixed)) & 15);
        return lesser(least, (word >>> shiftC(mixed)) & 15);
    }
    /** The key was asked for at least `count` times, 15 at most. */
    raise(hash, count) {
        const words = this.#words;
        const at = hash & (words.length - 1);
        const mixed = Math.imul(hash, 0x9e3779b1);
        words[at] = raised(raised(raised(words[at], shiftA(mixed), count), shiftB(mixed), count), shiftC(mixed), count);
    }
    halve() {
        const words = this.#words;
        for (let at = 0; at < words.length; at++)
            words[at] = (words[at] >>> 1) & 0x77777777;
    }
    clear() {
        this.#words = new Uint32Array(LEAST_WORDS);
    }
}
const LEAST_WORDS = 32;
const GENEROUS_WORDS = 2 ** 14;
const SPARE_WORDS = 2 ** 18;
function wordsAt(capacity) {
    if (4 * capacity <= GENEROUS_WORDS)
        return Math.max(LEAST_WORDS, 2 ** Math.ceil(Math.log2(4 * capacity)));
    if (2 * capacity <= SPARE_WORDS)
        return Math.max(GENEROUS_WORDS, 2 ** Math.ceil(Math.log2(2 * capacity)));
    return Math.max(SPARE_WORDS, 2 ** Math.floor(Math.log2(0.75 * capacity)));
}
/** Where a counter begins, by bits that do not name the word. */
function shiftA(mixed) {
    return (mixed >>> 27) & 28;
}
/** In the same word, and never the same counter as A. */
function shiftB(mixed) {
    return (shiftA(mixed) + 4 + (((mixed >>> 24) & 3) << 3)) & 28;
}
/** Never A either, and B one time in four. */
function shiftC(mixed) {
    return (shiftA(mixed) + 4 + (((mixed >>> 22) & 3) << 3)) & 28;
}
// Without branches, both: no processor foresees how often a key was asked for.
function raised(word, shift, count) {
    const missing = count - ((word >>> shift) & 15);
    return (word + ((missing & ~(missing >> 31)) << shift)) | 0;
}
function lesser(a, b) {
    return b + ((a - b) & ((a - b) >> 31));
}
//# sourceMappingURL=frequency-sketch.js.map