/**
 * Searches the value of a parameter at which the hit ratio is best, while it changes: it walks in one direction as long as
 * the hit ratio of a sample of asks is no worse than that of the sample before, else turns round; steps shrink, and start
 * large again when the hit ratio jumps, as the load is then another.
 * @see Einziger, Eytan, Friedman, Manes. “Adaptive Software Cache Management.” Middleware 2018
 */
export class HillClimber {
  value: number
  readonly #first: number
  readonly #least: number
  readonly #most: number
  #step = FIRST_STEP
  #hitCount = 0
  #askCount = 0
  #hitRatio = 0

  constructor({ first, least, most }: { first: number; least: number; most: number }) {
    this.value = first
    this.#first = first
    this.#least = least
    this.#most = most
  }

  observe(isHit: boolean, entryCount: number): void {
    if (isHit) this.#hitCount++
    if (++this.#askCount >= SAMPLE_LENGTH * entryCount && this.#askCount >= LEAST_SAMPLE_LENGTH) this.#climb()
  }

  clear(): void {
    this.value = this.#first
    this.#step = FIRST_STEP
    this.#hitCount = 0
    this.#askCount = 0
    this.#hitRatio = 0
  }

  #climb(): void {
    const hitRatio = this.#hitCount / this.#askCount
    const change = hitRatio - this.#hitRatio
    const amount = change >= 0 ? this.#step : -this.#step
    this.value = Math.min(this.#most, Math.max(this.#least, this.value + amount))
    this.#step = Math.abs(change) >= JUMP ? Math.sign(amount) * FIRST_STEP : amount * DECAY
    this.#hitRatio = hitRatio
    this.#hitCount = 0
    this.#askCount = 0
  }
}

/** Asks an entry between two steps, the first step as a share of the cache, what it keeps of it, and what is a jump: the paper's. */
const SAMPLE_LENGTH = 10
const LEAST_SAMPLE_LENGTH = 1000
const FIRST_STEP = 0.0625
const DECAY = 0.98
const JUMP = 0.05
