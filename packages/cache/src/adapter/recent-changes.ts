import { KeyHasher } from '../policy/hash-key.ts'

/** 64 KiB. With a hundred changes while a page is made, one page in eighty is taken for changed and was not. */
const COUNTS = 8192

/**
 * Tells whether any of some names was changed since an earlier moment, in room that does not grow: names share counts, so one may
 * be taken for changed when another was, and never the other way. Nobody has to say that a moment is over.
 */
export class RecentChanges {
  #changeCount = 0
  #allAt = 0
  readonly #changedAt = new Float64Array(COUNTS)
  readonly #hasher: KeyHasher

  constructor(seed: number) {
    this.#hasher = new KeyHasher(seed)
  }

  /** Now, as {@link hasChanged} wants it. */
  get moment(): number {
    return this.#changeCount
  }

  note(name: string): void {
    this.#changedAt[this.#indexOf(name)] = ++this.#changeCount
  }

  noteAll(): void {
    this.#allAt = ++this.#changeCount
  }

  hasChanged(names: readonly string[], since: number): boolean {
    return this.#allAt > since || names.some((name) => this.#changedAt[this.#indexOf(name)]! > since)
  }

  #indexOf(name: string): number {
    return this.#hasher.hash(name, 0) & (COUNTS - 1)
  }
}
