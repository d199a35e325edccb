/**
 * What a Map's own table weighs, followed step by step beside a Map that it never touches.
 *
 * V8 keeps a Map as an ordered hash table: one array of `buckets + 3 × capacity` words with `buckets = capacity / 2`. An
 * entry that is deleted leaves a hole. When holes and entries fill the table, V8 rehashes it into a table of the same
 * capacity if at least half are holes, else of twice the capacity; when a deletion leaves less than a quarter, into one
 * of half the capacity. The steps are large (28 bytes × capacity), so a byte budget has to know them before they happen.
 * @see https://github.com/v8/v8/blob/main/src/objects/ordered-hash-table.h
 */
export declare class MapTable {
    #private;
    static readonly leastBytes: number;
    bytes: number;
    /** Whether V8 makes another table for the next key. */
    get isFull(): boolean;
    /** What it will weigh after one more key. */
    get bytesAfterAdd(): number;
    /** Whether V8 would double the table for the next key. */
    get isDoubling(): boolean;
    /** Whether V8 would double the table though a new Map of the same keys had room for another third of them in one of this size. */
    get isWorthRebuilding(): boolean;
    /** The Map was replaced by a new one with the same keys. */
    rebuild(): void;
    add(): void;
    delete(): void;
    clear(): void;
}
/** Bytes of a hash table for `capacity` keys: header, three counters, the buckets and three words a key. */
export declare function tableBytes(capacity: number, wordsPerKey?: number): number;
/** The capacity that `count` insertions lead to. */
export declare function tableCapacity(count: number): number;
