/**
 * Names keys by 32 bits, so that they can be recognised after they have left. Only an estimate hangs on it, never the identity
 * of an entry. Each character is multiplied by a word that comes from the seed (multilinear hashing): who does not know the seed
 * cannot choose keys that have the same name, nor bits of them that cancel each other.
 *
 * Objects and symbols have no bits to read: they are named after the slot in which they stand, and so their past is forgotten.
 * @see Lemire, Kaser. “Strongly universal string hashing is fast.” The Computer Journal 57(11), 2014
 */
export declare class KeyHasher {
    #private;
    /** `tailLength`: of a key that has a word for each character, only so many are read, from its end, until {@link readMore}. */
    constructor(seed: number, tailLength?: number);
    hash(key: unknown, slot: number): number;
    /** Reads twice as much from now on, and names all keys anew; answers false where it reads all of them anyway. */
    readMore(): boolean;
}
/** Another 32 bits for the same key, of which who knows the first cannot tell anything without the seed. */
export declare function mixHash(hash: number, seed: number): number;
