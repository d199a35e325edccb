/** Of a sample of some hundred keys: with as many places nearly all of the latest are still known. */
const PLACES = 2 ** 11
/** Before any ask: so long ago that it counts for nothing. */
const FIRST_ASK = 2 ** 31

/** How many asks ago a key was asked for, as far as no other has taken its place since. Costs 16 KiB. */
export class RecentAsks {
  readonly #hashes = new Int32Array(PLACES)
  readonly #numbers = new Uint32Array(PLACES)
  #number = FIRST_ASK

  /** Any key was asked for. */
  count(): void {
    this.#number = (this.#number + 1) >>> 0
  }

  /** This one was, just counted: how many asks after it was the last time. */
  ageOf(hash: number): number {
    const at = hash & (PLACES - 1)
    const age = this.#hashes[at] === hash ? (this.#number - this.#numbers[at]!) >>> 0 : Infinity
    this.#hashes[at] = hash
    this.#numbers[at] = this.#number
    return age
  }

  forget(hash: number): void {
    const at = hash & (PLACES - 1)
    if (this.#hashes[at] === hash) this.#numbers[at] = this.#number - FIRST_ASK
  }

  forgetAll(): void {
    this.#numbers.fill(this.#number - FIRST_ASK)
  }
}
