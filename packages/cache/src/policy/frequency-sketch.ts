/** Beyond this the policy only asks “popular or not”, and a fifth bit no longer packs eight to a word. */
export const MOST_FREQUENT = 15

/**
 * Estimates how often a key that has left was asked for lately: a count-min sketch, three 4-bit counters a key in one table.
 * Counters are raised rather than added to: a key leaves with its count, and comes back with it. The owner halves them all
 * from time to time, so old fame fades. The keys that have left may be ten times as many as those that stay, so a table of
 * up to 64 KiB has 32 counters a slot (16 bytes), a larger one 16 (8 bytes, or up to twice that, as its length is a power of
 * two). Every act is O(1) but `halve`, which is O(capacity) and amortised.
 * @see Cormode, Muthukrishnan. “An improved data stream summary: the count-min sketch and its applications.” J. Algorithms 55(1), 2005
 */
export class FrequencySketch {
  #words = new Uint32Array(LEAST_WORDS)

  static bytesAt(capacity: number): number {
    return 4 * wordsAt(capacity)
  }

  resize(capacity: number): void {
    const old = this.#words
    const length = wordsAt(capacity)
    if (length === old.length) return
    // A counter is addressed by the low bits of a hash: a longer table holds the old one again and again, a shorter one keeps
    // a part of what was known.
    this.#words = new Uint32Array(length)
    for (let at = 0; at < length; at++) this.#words[at] = old[at & (old.length - 1)]!
  }

  estimate(hash: number): number {
    const words = this.#words
    const step = stepOf(hash)
    let least = MOST_FREQUENT
    for (let row = 0, at = hash; row < ROWS; row++, at += step) {
      const count = (words[(at >>> 3) & (words.length - 1)]! >>> ((at & 7) << 2)) & 15
      if (count < least) least = count
    }
    return least
  }

  /** The key was asked for at least `count` times, 15 at most. */
  raise(hash: number, count: number): void {
    const words = this.#words
    const step = stepOf(hash)
    for (let row = 0, at = hash; row < ROWS; row++, at += step) {
      const word = (at >>> 3) & (words.length - 1)
      const shift = (at & 7) << 2
      if (((words[word]! >>> shift) & 15) < count) words[word] = (words[word]! & ~(15 << shift)) | (count << shift)
    }
  }

  halve(): void {
    const words = this.#words
    for (let at = 0; at < words.length; at++) words[at] = (words[at]! >>> 1) & 0x77777777
  }

  clear(): void {
    this.#words = new Uint32Array(LEAST_WORDS)
  }
}

const ROWS = 3
const LEAST_WORDS = 32

const GENEROUS_WORDS = 16_384

function wordsAt(capacity: number): number {
  const words = Math.max(2 * capacity, Math.min(4 * capacity, GENEROUS_WORDS))
  return Math.max(LEAST_WORDS, 2 ** Math.ceil(Math.log2(words)))
}

/** Where the next counter of a key lies: an odd number, so that it is another one. */
function stepOf(hash: number): number {
  return (Math.imul(hash, 0x9e3779b1) >>> 16) | 1
}
