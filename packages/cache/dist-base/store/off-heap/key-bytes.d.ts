import { PlimsollError } from '@plimsoll/core';
/** A key that has no bytes: only strings, numbers and bigints can be kept outside the heap. */
export declare class UnstorableKeyError extends PlimsollError {
    readonly key: unknown;
    constructor({ key }: {
        key: unknown;
    });
}
/** Bits of a payload's first word that tell what the value is; then two for the key's kind, and the length of the key in bytes. */
export declare const VALUE_KIND_BITS = 4;
/** A key as bytes, behind a word that tells their kind and length: equal keys, as a Map takes them, are equal words. */
export declare class KeyBytes {
    #private;
    words: Int32Array;
    /** Words in use, the first among them. */
    count: number;
    constructor(seed0: number, seed1: number);
    /** @throws {@link UnstorableKeyError} */
    put(key: unknown): void;
    /** 32 bits that only this cache can foresee. */
    hash(turn?: number): number;
    /** Writes them to the start of a payload, and what the value is with them. */
    writeTo(target: Buffer, at: number, valueKind: number): void;
}
/** Bytes from the start of a payload to its value. */
export declare function keyEnd(head: number): number;
/** Reads the key of a payload that begins at `at`. */
export declare function readKey(bytes: Buffer, at: number): unknown;
