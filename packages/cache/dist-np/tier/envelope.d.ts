import { PlimsollError } from '@plimsoll/core';
/** How values become bytes. */
export interface Codec<V> {
    encode(value: V): Uint8Array;
    /** May throw: what cannot be read counts as not there. */
    decode(bytes: Buffer): V;
}
/**
 * - `v8` (default): what `structuredClone` can copy: Map, Set, Date, BigInt, cycles, typed arrays. A newer Node.js may write what an
 *   older one cannot read; that counts as not there.
 * - `json`: smaller and readable by others; what JSON does not have is lost, as with any JSON.
 * - `string`, `bytes`: values that are a string, or a Buffer, already.
 */
export type CodecName = 'v8' | 'json' | 'string' | 'bytes';
export declare const codecNames: readonly CodecName[];
/** A value cannot be written as the codec wants it. */
export declare class EncodingError extends PlimsollError {
    constructor(message: string, options?: {
        cause: unknown;
    });
}
/** Folds values into bytes for the way to another process, compressed when that saves an eighth or more. */
export declare class Envelope<V> {
    #private;
    constructor(codec: CodecName | Codec<V>, compressFromBytes: number, maxUnfoldedBytes?: number);
    /** @throws {@link EncodingError} when the codec cannot write the value */
    fold(value: V): Promise<Buffer>;
    /** Undefined when these bytes cannot be read. */
    unfold(bytes: Buffer): Promise<V | undefined>;
}
/** An entry as it lies in Redis: the number of the last change when it was written, its tags, the envelope. */
export interface StoredEntry {
    readonly tags: readonly string[];
    readonly folded: Buffer;
}
/** Null for what we did not write. */
export declare function parseStoredEntry(stored: Buffer): StoredEntry | null;
export declare function encodeTags(tags: readonly string[]): string;
