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
  #capacity = 4
  #count = 0
  #holeCount = 0

  /** What it weighs with no key or a few. */
  get leastBytes(): number {
    return tableBytes(4)
  }

  get bytes(): number {
    return tableBytes(this.#capacity)
  }

  /** What it will weigh after one more key. */
  get bytesAfterAdd(): number {
    return tableBytes(this.isDoubling ? this.#capacity * 2 : this.#capacity)
  }

  /** Whether V8 would double the table for the next key. */
  get isDoubling(): boolean {
    return this.#isFull && !this.#isHalfHoles
  }

  /** Whether V8 would double the table though a new Map of the same keys had room for another third of them in one of this size. */
  get isWorthRebuilding(): boolean {
    return this.isDoubling && this.#count <= (this.#capacity * 3) / 4
  }

  /** The Map was replaced by a new one with the same keys. */
  rebuild(): void {
    this.#capacity = tableCapacity(this.#count)
    this.#holeCount = 0
  }

  add(): void {
    if (this.#isFull) {
      if (this.isDoubling) this.#capacity *= 2
      this.#holeCount = 0
    }
    this.#count++
  }

  delete(): void {
    this.#count--
    this.#holeCount++
    if (this.#count < this.#capacity / 4 && this.#capacity > 4) {
      this.#capacity /= 2
      this.#holeCount = 0
    }
  }

  clear(): void {
    this.#capacity = 4
    this.#count = 0
    this.#holeCount = 0
  }

  get #isFull(): boolean {
    return this.#count + this.#holeCount >= this.#capacity
  }

  get #isHalfHoles(): boolean {
    return this.#holeCount >= this.#capacity / 2
  }
}

/** Bytes of a hash table for `capacity` keys: header, three counters, the buckets and three words a key. */
export function tableBytes(capacity: number, wordsPerKey = 3): number {
  return 16 + 24 + 8 * (capacity / 2 + wordsPerKey * capacity)
}

/** The capacity that `count` insertions lead to. */
export function tableCapacity(count: number): number {
  return count <= 4 ? 4 : 2 ** Math.ceil(Math.log2(count))
}
