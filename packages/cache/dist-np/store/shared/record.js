import { VALUE_KIND_BITS } from "../off-heap/key-bytes.js";
import { UNIT_BYTES } from "./shared-memory.js";
/** A place in a ring: units since it was made, going round after 2³⁰ of them. Two bits are left beside it in a word. */
export const PLACE_SHIFT = 2;
export const PLACE_MASK = 2 ** 30 - 1;
/** No record. */
export const NONE = -1;
export function isBefore(place, other) {
    return (place - other) << PLACE_SHIFT < 0;
}
// Words of a record, in front of its tags, its key and its value.
export const UNITS = 0;
export const OLDER = 1;
export const HASH = 2;
export const VALUE_BYTES = 3;
export const FLAGS = 4;
export const BORN = 5;
/** A 64-bit number. */
export const FRESH_UNTIL = 6;
export const HEAD_WORDS = 8;
/** Flags: whether the key was deleted; the rest is the number of tags. */
export const IS_DELETED = 1;
export const TAGS_SHIFT = 1;
/** Of the word a key begins with: all but the kind of value. */
export const KIND_MASK = -(1 << VALUE_KIND_BITS);
export function unitsOf(byteLength) {
    return Math.ceil(byteLength / UNIT_BYTES);
}
/** Writes what stands in front of a record's key. */
export function writeHead(words, head) {
    words[UNITS] = 0;
    words[HASH] = head.hash;
    words[VALUE_BYTES] = head.valueBytes;
    words[FLAGS] = (head.isDeleted ? IS_DELETED : 0) | (head.tags.length << TAGS_SHIFT);
    words[BORN] = head.born;
    float[0] = head.freshUntilMs;
    words[FRESH_UNTIL] = floatWords[0];
    words[FRESH_UNTIL + 1] = floatWords[1];
    words.set(head.tags, HEAD_WORDS);
}
const float = new Float64Array(1);
const floatWords = new Int32Array(float.buffer);
//# sourceMappingURL=record.js.map