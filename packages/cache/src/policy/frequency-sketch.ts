/** Beyond this the policy only asks “popular or not”. */
export const MOST_FREQUENT = 15

/**
 * Estimates how often a key that has left was asked for lately: a count-min sketch of four rows, a byte a counter, raised
 * rather than added to (a key leaves with its count, and comes back with it). The owner halves it from time to time, so
 * old fame fades. Costs 4 to 8 bytes per slot; every act is O(1) but `halve`, which is O(capacity) and amortised.
 * @see Cormode, Muthukrishnan. “An improved data stream summary: the count-min sketch and its applications.” J. Algorithms 55(1), 2005
 * @see Einziger, Friedman, Manes. “TinyLFU: A Highly Efficient Cache Admission Policy.” ACM Trans. Storage 13(4), 2017
 */
export class FrequencySketch {
  #counters = new Uint8Array(LEAST_BYTES)

  static bytesAt(capacity: number): number {
    return Math.max(LEAST_BYTES, 2 ** Math.ceil(Math.log2(capacity * 4)))
  }

  resize(capacity: number): void {
    const old = this.#counters
    const length = FrequencySketch.bytesAt(capacity)
    if (length === old.length) return
    // A row is addressed by the low bits of a hash, so a doubled row holds the old one twice; a halved row keeps the larger
    // of the two that fall together.
    const counters = new Uint8Array(length)
    const row = length / 4
    const oldRow = old.length / 4
    for (let line = 0; line < 4; line++) {
      for (let at = 0; at < Math.max(row, oldRow); at++) {
        const to = line * row + (at & (row - 1))
        const count = old[line * oldRow + (at & (oldRow - 1))]!
        if (counters[to]! < count) counters[to] = count
      }
    }
    this.#counters = counters
  }

  estimate(hash: number): number {
    const counters = this.#counters
    const row = counters.length >>> 2
    const mask = row - 1
    let least = counters[hash & mask]!
    const second = counters[row + ((Math.imul(hash, 0x9e3779b1) >>> 7) & mask)]!
    if (second < least) least = second
    const third = counters[2 * row + ((Math.imul(hash, 0x85ebca6b) >>> 5) & mask)]!
    if (third < least) least = third
    const fourth = counters[3 * row + ((Math.imul(hash, 0xc2b2ae35) >>> 3) & mask)]!
    return fourth < least ? fourth : least
  }

  /** The key was asked for at least `count` times. */
  raise(hash: number, count: number): void {
    const counters = this.#counters
    const row = counters.length >>> 2
    const mask = row - 1
    const first = hash & mask
    if (counters[first]! < count) counters[first] = count
    const second = row + ((Math.imul(hash, 0x9e3779b1) >>> 7) & mask)
    if (counters[second]! < count) counters[second] = count
    const third = 2 * row + ((Math.imul(hash, 0x85ebca6b) >>> 5) & mask)
    if (counters[third]! < count) counters[third] = count
    const fourth = 3 * row + ((Math.imul(hash, 0xc2b2ae35) >>> 3) & mask)
    if (counters[fourth]! < count) counters[fourth] = count
  }

  halve(): void {
    halve(this.#counters)
  }

  clear(): void {
    this.#counters = new Uint8Array(LEAST_BYTES)
  }
}

const LEAST_BYTES = 128

/** Halves every counter, four at a time. */
export function halve(counters: Uint8Array): void {
  const words = new Uint32Array(counters.buffer, 0, counters.length >>> 2)
  for (let at = 0; at < words.length; at++) words[at] = (words[at]! >>> 1) & 0x7f7f7f7f
  for (let at = words.length * 4; at < counters.length; at++) counters[at]! >>>= 1
}
