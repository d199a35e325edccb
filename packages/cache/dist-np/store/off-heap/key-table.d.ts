/**
 * Finds slots by the hash of their key: chains over typed arrays, as many buckets as slots or up to twice as many. Free slots
 * are one chain more. Costs 8 bytes a slot and 4 a bucket.
 */
export declare class KeyTable {
    #private;
    static bytesAt(capacity: number): number;
    /** By slot, of those in use. */
    hashes: Int32Array;
    count: number;
    get capacity(): number;
    /** The first slot of the chain in which an entry of this hash would stand; `after` the next one. `NONE` ends it. */
    first(hash: number): number;
    after(slot: number): number;
    add(hash: number): number;
    remove(slot: number): void;
    /** Slots above `capacity` must be free, and `compact` must have been called when there were more. */
    resize(capacity: number): void;
    /** Moves entries down until the first `count` slots are in use and no other. O(slots). `isUsed` tells entries from free slots. */
    compact(isUsed: (slot: number) => boolean, onMove: (from: number, to: number) => void): void;
    clear(): void;
}
