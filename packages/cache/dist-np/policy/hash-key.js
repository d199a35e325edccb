/** Characters that have a word of their own each; longer keys are read in blocks of so many. */
const BLOCK_LENGTH = 32;
const UNROLLED_LENGTH = 5;
/** Reads at most so many characters from each end: a megabyte of key is not worth a millisecond of hashing. */
const END_LENGTH = 128;
/**
 * Names keys by 32 bits, so that they can be recognised after they have left. Only an estimate hangs on it, never the identity
 * of an entry. Each character is multiplied by a word that comes from the seed (multilinear hashing): who does not know the seed
 * cannot choose keys that have the same name, nor bits of them that cancel each other.
 *
 * Objects and symbols have no bits to read: they are named after the slot in which they stand, and so their past is forgotten.
 * @see Lemire, Kaser. “Strongly universal string hashing is fast.” The Computer Journal 57(11), 2014
 */
export class KeyHasher {
    seed;
    words;
    tailLength;
    /** `tailLength`: of a key that has a word for each character, only so many are read, from its end, until {@link readMore}. */
    constructor(seed, tailLength = BLOCK_LENGTH) {
        this.seed = seed;
        this.tailLength = tailLength;
        this.words = Int32Array.from({ length: BLOCK_LENGTH }, (_, at) => finish(seed + Math.imul(at + 1, 0x9e3779b1)) | 1);
    }
    hash(key, slot) {
        // Asked one by one: for a switch V8 makes a string of the type, and compares strings.
        if (typeof key === 'string')
            return this.hashString(key, this.seed);
        if (typeof key === 'number')
            return hashNumber(key, this.seed);
        return this.hashOther(key, slot);
    }
    /** Reads twice as much from now on, and names all keys anew; answers false where it reads all of them anyway. */
    readMore() {
        if (this.tailLength >= BLOCK_LENGTH)
            return false;
        this.tailLength *= 2;
        return true;
    }
    hashOther(key, slot) {
        const seed = this.seed;
        if (typeof key === 'bigint')
            return this.hashString(BigInt.asIntN(256, key).toString(36), seed ^ 0x5bd1e995);
        if (key === undefined)
            return finish(seed ^ 0x27d4eb2f);
        if (typeof key === 'boolean')
            return finish(seed ^ (key ? 0x165667b1 : 0x9e3779b1));
        return key === null ? finish(seed ^ 0x2545f491) : finish(seed ^ Math.imul(slot + 1, 0x3c6ef372));
    }
    hashString(text, seed) {
        const { length } = text;
        const begun = seed ^ Math.imul(length, 0x9e3779b1);
        if (this.tailLength === UNROLLED_LENGTH && length >= UNROLLED_LENGTH && length <= BLOCK_LENGTH)
            return finish(this.hashFive(text, length - UNROLLED_LENGTH, begun));
        if (length <= BLOCK_LENGTH)
            return finish(this.hashBlock(text, Math.max(0, length - this.tailLength), length, begun));
        if (length <= 2 * END_LENGTH)
            return this.hashPart(text, 0, length, begun);
        return this.hashPart(text, length - END_LENGTH, length, this.hashPart(text, 0, END_LENGTH, begun));
    }
    hashPart(text, from, to, begun) {
        let hash = begun;
        for (let at = from; at < to; at += BLOCK_LENGTH)
            hash = finish(this.hashBlock(text, at, Math.min(to, at + BLOCK_LENGTH), hash));
        return hash;
    }
    /** As below, without a loop: the tails of short keys are on the path of every look-up. */
    hashFive(text, from, begun) {
        const words = this.words;
        const first = Math.imul(text.charCodeAt(from), words[0]) + Math.imul(text.charCodeAt(from + 1), words[1]);
        const second = Math.imul(text.charCodeAt(from + 2), words[2]) + Math.imul(text.charCodeAt(from + 3), words[3]);
        return (begun + first + second + Math.imul(text.charCodeAt(from + 4), words[4])) | 0;
    }
    /** Two characters a step: their products do not wait for each other. */
    hashBlock(text, from, to, begun) {
        const words = this.words;
        let hash = begun;
        let at = from;
        let word = 0;
        for (; at + 1 < to; at += 2, word += 2) {
            const second = Math.imul(text.charCodeAt(at + 1), words[word + 1]);
            hash = (hash + Math.imul(text.charCodeAt(at), words[word]) + second) | 0;
        }
        return at < to ? (hash + Math.imul(text.charCodeAt(at), words[word])) | 0 : hash;
    }
}
/** Another 32 bits for the same key, of which who knows the first cannot tell anything without the seed. */
export function mixHash(hash, seed) {
    return finish(seed ^ hash);
}
const double = new Float64Array(1);
const words = new Int32Array(double.buffer);
function hashNumber(value, seed) {
    if ((value | 0) === value)
        return finish(seed ^ value);
    double[0] = value;
    return finish(Math.imul(seed ^ words[0], 0x85ebca6b) ^ words[1]);
}
/** Spreads every bit over all (the finalizer of MurmurHash3, Appleby 2011). */
function finish(hash) {
    let mixed = hash ^ (hash >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    return mixed ^ (mixed >>> 16);
}
//# sourceMappingURL=hash-key.js.map