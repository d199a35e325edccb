/**
 * HalfSipHash-1-3: a keyed hash of whole words, 32 bits of it. Who does not know the key cannot choose inputs that meet, which
 * plain multiplicative hashes do not promise.
 * @see Aumasson, Bernstein. “SipHash: a fast short-input PRF.” INDOCRYPT 2012
 */
export declare function halfSipHash(words: Int32Array, count: number, key0: number, key1: number): number;
