import { type KeyBytes } from '../off-heap/key-bytes.ts';
/** A place in a ring: units since it was made, going round after 2³⁰ of them. Two bits are left beside it in a word. */
export declare const PLACE_SHIFT = 2;
export declare const PLACE_MASK: number;
/** No record. */
export declare const NONE = -1;
export declare function isBefore(place: number, other: number): boolean;
export declare const UNITS = 0;
export declare const OLDER = 1;
export declare const HASH = 2;
export declare const VALUE_BYTES = 3;
export declare const FLAGS = 4;
export declare const BORN = 5;
/** A 64-bit number. */
export declare const FRESH_UNTIL = 6;
export declare const HEAD_WORDS = 8;
/** Flags: whether the key was deleted; the rest is the number of tags. */
export declare const IS_DELETED = 1;
export declare const TAGS_SHIFT = 1;
/** Of the word a key begins with: all but the kind of value. */
export declare const KIND_MASK: number;
/** What is to be written. */
export interface Draft {
    readonly hash: number;
    readonly key: KeyBytes;
    /** A whole record, its first three words excepted. */
    readonly words: Int32Array;
    readonly byteLength: number;
}
export declare function unitsOf(byteLength: number): number;
/** Writes what stands in front of a record's key. */
export declare function writeHead(words: Int32Array, head: {
    hash: number;
    valueBytes: number;
    isDeleted: boolean;
    born: number;
    freshUntilMs: number;
    tags: readonly number[];
}): void;
