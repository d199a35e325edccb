import { PlimsollError } from '@plimsoll/core';
import { halfSipHash } from "./sip-hash.js";
/** A key that has no bytes: only strings, numbers and bigints can be kept outside the heap. */
export class UnstorableKeyError extends PlimsollError {
    key;
    constructor({ key }) {
        const what = key === null ? 'null' : typeof key;
        super('PLIMSOLL_CACHE_UNSTORABLE_KEY', `A key of an off-heap cache is a string, a number or a bigint of less than 32 MiB, and this one is of type ${what}. Name the entry by one of those, or use store: 'heap'.`);
        this.key = key;
    }
}
/** Bits of a payload's first word that tell what the value is; then two for the key's kind, and the length of the key in bytes. */
export const VALUE_KIND_BITS = 4;
const LENGTH_SHIFT = VALUE_KIND_BITS + 2;
const LATIN1 = 0;
const UTF16 = 1;
const NUMBER = 2;
const BIGINT = 3;
/** Lengths are 26 bits, and a letter may take two bytes. */
const LONGEST_KEY = 2 ** 25 - 1;
const FIRST_WORDS = 256;
/** A key as bytes, behind a word that tells their kind and length: equal keys, as a Map takes them, are equal words. */
export class KeyBytes {
    words = new Int32Array(FIRST_WORDS);
    /** Words in use, the first among them. */
    count = 0;
    #bytes = Buffer.from(this.words.buffer);
    #seed0;
    #seed1;
    constructor(seed0, seed1) {
        this.#seed0 = seed0;
        this.#seed1 = seed1;
    }
    /** @throws {@link UnstorableKeyError} */
    put(key) {
        if (typeof key === 'string')
            this.#putText(key, LATIN1);
        else if (typeof key === 'number') {
            this.#begin(8);
            number[0] = Number.isNaN(key) ? NaN : key + 0;
            this.words[1] = numberWords[0];
            this.words[2] = numberWords[1];
            this.#end(8, NUMBER);
        }
        else if (typeof key === 'bigint')
            this.#putText(key.toString(36), BIGINT);
        else
            throw new UnstorableKeyError({ key });
    }
    /** 32 bits that only this cache can foresee. */
    hash(turn = 0) {
        return halfSipHash(this.words, this.count, this.#seed0 ^ turn, this.#seed1);
    }
    /** Writes them to the start of a payload, and what the value is with them. */
    writeTo(target, at, valueKind) {
        this.words[0] |= valueKind;
        this.#bytes.copy(target, at, 0, 4 * this.count);
        this.words[0] &= -(1 << VALUE_KIND_BITS);
    }
    #putText(text, kind) {
        const { length } = text;
        if (length > LONGEST_KEY)
            throw new UnstorableKeyError({ key: text.slice(0, 80) });
        this.#begin(2 * length);
        const bytes = this.#bytes;
        for (let at = 0; at < length; at++) {
            const code = text.charCodeAt(at);
            if (code > 0xff)
                return this.#putWide(text);
            bytes[4 + at] = code;
        }
        this.#end(length, kind);
    }
    #putWide(text) {
        this.#begin(2 * text.length);
        this.#bytes.write(text, 4, 2 * text.length, 'ucs2');
        this.#end(2 * text.length, UTF16);
    }
    #begin(byteLength) {
        const count = 2 + (byteLength >> 2);
        // A long key is rare, and its room is not kept.
        if (this.words.length < count || (this.words.length > FIRST_WORDS && count <= FIRST_WORDS)) {
            this.words = new Int32Array(Math.max(FIRST_WORDS, count));
            this.#bytes = Buffer.from(this.words.buffer);
        }
    }
    #end(byteLength, kind) {
        this.words[0] = (byteLength << LENGTH_SHIFT) | (kind << VALUE_KIND_BITS);
        this.count = 1 + ((byteLength + 3) >> 2);
        // What is left of the last word may be of another key.
        for (let at = byteLength; (at & 3) !== 0; at++)
            this.#bytes[4 + at] = 0;
    }
}
const number = new Float64Array(1);
const numberWords = new Int32Array(number.buffer);
/** Bytes from the start of a payload to its value. */
export function keyEnd(head) {
    return 4 + (((head >>> LENGTH_SHIFT) + 3) & ~3);
}
/** Reads the key of a payload that begins at `at`. */
export function readKey(bytes, at) {
    const head = bytes.readInt32LE(at);
    const from = at + 4;
    const end = from + (head >>> LENGTH_SHIFT);
    switch ((head >>> VALUE_KIND_BITS) & 3) {
        case LATIN1:
            return bytes.toString('latin1', from, end);
        case UTF16:
            return bytes.toString('ucs2', from, end);
        case NUMBER:
            return bytes.readDoubleLE(from);
        default:
            return readBigint(bytes.toString('latin1', from, end));
    }
}
function readBigint(text) {
    const isNegative = text.startsWith('-');
    let value = 0n;
    for (let at = isNegative ? 1 : 0; at < text.length; at += 10) {
        const digits = text.slice(at, at + 10);
        value = value * 36n ** BigInt(digits.length) + BigInt(parseInt(digits, 36));
    }
    return isNegative ? -value : value;
}
//# sourceMappingURL=key-bytes.js.map