/**
 * HalfSipHash-1-3: a keyed hash of whole words, 32 bits of it. Who does not know the key cannot choose inputs that meet, which
 * plain multiplicative hashes do not promise.
 * @see Aumasson, Bernstein. “SipHash: a fast short-input PRF.” INDOCRYPT 2012
 */
export function halfSipHash(words, count, key0, key1) {
    let v0 = key0;
    let v1 = key1;
    let v2 = key0 ^ 0x6c796765;
    let v3 = key1 ^ 0x74656462;
    for (let at = 0; at < count + 4; at++) {
        // One round a word, one for the length, and three to end with.
        const word = at < count ? words[at] : at === count ? count << 26 : 0;
        if (at === count + 1)
            v2 ^= 0xff;
        v3 ^= word;
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
        v0 ^= word;
    }
    return v1 ^ v3;
}
//# sourceMappingURL=sip-hash.js.map