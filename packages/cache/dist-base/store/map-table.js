/**
 * What a Map's own table weighs, followed step by step beside a Map that it never touches.
 *
 * V8 keeps a Map as an ordered hash table: one array of `buckets + 3 × capacity` words with `buckets = capacity / 2`. An
 * entry that is deleted leaves a hole. When holes and entries fill the table, V8 rehashes it into a table of the same
 * capacity if at least half are holes, else of twice the capacity; when a deletion leaves less than a quarter, into one
 * of half the capacity. The steps are large (28 bytes × capacity), so a byte budget has to know them before they happen.
 * @see https://github.com/v8/v8/blob/main/src/objects/ordered-hash-table.h
 */
export class MapTable {
    static leastBytes = tableBytes(4);
    bytes = MapTable.leastBytes;
    #capacity = 4;
    #count = 0;
    /** Keys that can still be added before V8 makes another table. */
    #leftCount = 4;
    /** Whether V8 makes another table for the next key. */
    get isFull() {
        return this.#leftCount === 0;
    }
    /** What it will weigh after one more key. */
    get bytesAfterAdd() {
        return this.isDoubling ? tableBytes(this.#capacity * 2) : this.bytes;
    }
    /** Whether V8 would double the table for the next key. */
    get isDoubling() {
        return this.#leftCount === 0 && this.#capacity - this.#count < this.#capacity / 2;
    }
    /** Whether V8 would double the table though a new Map of the same keys had room for another third of them in one of this size. */
    get isWorthRebuilding() {
        return this.isDoubling && this.#count <= (this.#capacity * 3) / 4;
    }
    /** The Map was replaced by a new one with the same keys. */
    rebuild() {
        this.#become(tableCapacity(this.#count));
    }
    add() {
        if (this.#leftCount === 0)
            this.#become(this.isDoubling ? this.#capacity * 2 : this.#capacity);
        this.#leftCount--;
        this.#count++;
    }
    delete() {
        this.#count--;
        if (this.#count < this.#capacity / 4 && this.#capacity > 4)
            this.#become(this.#capacity / 2);
    }
    clear() {
        this.#count = 0;
        this.#become(4);
    }
    #become(capacity) {
        this.#capacity = capacity;
        this.#leftCount = capacity - this.#count;
        this.bytes = tableBytes(capacity);
    }
}
/** Bytes of a hash table for `capacity` keys: header, three counters, the buckets and three words a key. */
export function tableBytes(capacity, wordsPerKey = 3) {
    return 16 + 24 + 8 * (capacity / 2 + wordsPerKey * capacity);
}
/** The capacity that `count` insertions lead to. */
export function tableCapacity(count) {
    return count <= 4 ? 4 : 2 ** Math.ceil(Math.log2(count));
}
//# sourceMappingURL=map-table.js.map