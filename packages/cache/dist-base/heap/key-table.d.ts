/**
 * Finds the slot of a key by its hash: chains in typed arrays, one head for each slot and more, and each slot's next. Beside a Map,
 * which V8 makes anew whenever its holes have filled it, a key that comes as another leaves costs a third, and 8 to 12 bytes
 * instead of 28 to 56.
 *
 *   word   T T T … S S S   tag: the hash's bits above those that name the head · slot + 1; 0: the chain's end
 *
 * A chain has no more than {@link MOST_STEPS}. Keys that were chosen to meet there find no room at last and have to stand
 * elsewhere, so no look-up is ever long. Where keys leave as often as they come, open addressing has to close a gap for each,
 * reading the hashes of all who stand behind it: which costs a `set` that evicts a sixth more.
 * @see Knuth. “The Art of Computer Programming 3: Sorting and Searching.” 6.4, algorithm C
 */
export declare class KeyTable {
    #private;
    static bytesAt(capacity: number): number;
    /** How often a look-up met another key of the same hash. */
    strangerCount: number;
    /** `items` holds the key of each slot at twice its number, `hashes` what it was added by. */
    find(key: unknown, hash: number, items: readonly unknown[], hashes: Int32Array): number;
    /** Answers whether the chain was short enough. Newcomers stand at its end: who stays longest was asked for most, and is found first. */
    add(hash: number, slot: number): boolean;
    remove(hash: number, slot: number): void;
    /** There are so many slots now; answers whether the table is another, and empty. */
    resize(capacity: number): boolean;
    clear(): void;
}
