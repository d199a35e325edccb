import { INVALIDATION_AT, type SharedLayout } from './shared-memory.ts'

/** When each tag was last invalidated, by a count of all invalidations: an entry is older than those that came after it. */
export class TagCounters {
  readonly #words: Int32Array
  readonly #layout: SharedLayout

  constructor(words: Int32Array, layout: SharedLayout) {
    this.#words = words
    this.#layout = layout
  }

  /** Invalidations so far: what an entry that begins now is born with. */
  get count(): number {
    return Atomics.load(this.#words, INVALIDATION_AT)
  }

  /** Whether a tag was invalidated later than that. */
  isNewer(counter: number, born: number): boolean {
    return ((Atomics.load(this.#words, this.#layout.tagAt(counter)) - born) | 0) > 0
  }

  invalidate(counter: number): void {
    const at = this.#layout.tagAt(counter)
    for (;;) {
      const count = Atomics.add(this.#words, INVALIDATION_AT, 1) + 1
      const before = Atomics.load(this.#words, at)
      // Somebody who counted later may be here first: the latest stays.
      if (((before - count) | 0) >= 0) return
      if (Atomics.compareExchange(this.#words, at, before, count) === before) return
    }
  }
}
