import { NONE } from '../policy/slot-rings.ts'

/**
 * Finds the slot of a key by its hash: open addressing in one typed array, at most two thirds full, a word an entry. Beside a
 * Map, which V8 makes anew whenever its holes have filled it, a key that comes as another leaves costs a third, and 6 to 12
 * bytes instead of 28 to 56.
 *
 *   word   T T T … S S S   tag: the hash's bits above those that name the place · slot + 1; 0: free
 *
 * An entry stands at its hash's place or less than {@link MOST_STEPS} behind it. Keys that were chosen to meet there find no room
 * at last and have to stand elsewhere, so no look-up is ever long.
 * @see Knuth. “The Art of Computer Programming 3: Sorting and Searching.” 6.4, algorithms L and R
 */
export class KeyTable {
  static bytesAt(capacity: number): number {
    return 4 * lengthAt(capacity)
  }

  #words = new Int32Array(LEAST_LENGTH)
  #mask = LEAST_LENGTH - 1
  /** How often a look-up met another key of the same hash. */
  strangerCount = 0

  /** `items` holds the key of each slot at twice its number, `hashes` what it was added by. */
  find(key: unknown, hash: number, items: readonly unknown[], hashes: Int32Array): number {
    const words = this.#words
    const mask = this.#mask
    const tag = hash & ~mask
    const home = hash & mask
    for (let at = home; at < home + MOST_STEPS; at++) {
      const word = words[at & mask]!
      if (word === 0) return NONE
      if ((word & ~mask) !== tag) continue
      const slot = (word & mask) - 1
      if (items[2 * slot] === key) return slot
      if (hashes[slot] === hash) this.strangerCount++
    }
    return NONE
  }

  /** Answers whether there was room near enough. */
  add(hash: number, slot: number): boolean {
    const words = this.#words
    const mask = this.#mask
    const home = hash & mask
    for (let at = home; at < home + MOST_STEPS; at++) {
      if (words[at & mask] !== 0) continue
      words[at & mask] = (hash & ~mask) | (slot + 1)
      return true
    }
    return false
  }

  /** Closes the gap with those who stand behind it and could stand there, so that no look-up ends too early. */
  remove(hash: number, slot: number, hashes: Int32Array): void {
    const words = this.#words
    const mask = this.#mask
    const gone = (hash & ~mask) | (slot + 1)
    let gap = hash & mask
    while (words[gap] !== gone) gap = (gap + 1) & mask
    for (let steps = 1; steps < MOST_STEPS; steps++) {
      const at = (gap + steps) & mask
      const word = words[at]!
      if (word === 0) break
      const home = hashes[(word & mask) - 1]! & mask
      if (((at - home) & mask) < steps) continue
      words[gap] = word
      gap = at
      steps = 0
    }
    words[gap] = 0
  }

  /** There are so many slots now; answers whether the table is another, and empty. */
  resize(capacity: number): boolean {
    const length = lengthAt(capacity)
    if (length === this.#words.length) return false
    this.#words = new Int32Array(length)
    this.#mask = length - 1
    return true
  }

  clear(): void {
    this.#words.fill(0)
  }
}

const LEAST_LENGTH = 32

/** At two thirds, one run in a million slots is half as long. */
const MOST_STEPS = 256

function lengthAt(capacity: number): number {
  return Math.max(LEAST_LENGTH, 2 ** Math.ceil(Math.log2(1.5 * capacity)))
}
