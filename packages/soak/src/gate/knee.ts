import { theilSen, type Point } from '@plimsoll/core/trend'

/** What a service was like at one rate. Latencies in ms. */
export interface KneeStep {
  ratePerSec: number
  answeredPerSec: number
  p50: number
  p99: number
  failureShare: number
  /** The load generator itself was late: this step tells nothing. */
  isStarved: boolean
}

/** Where latency leaves the straight line. */
export interface Knee {
  /** The highest rate at which it still lay on the line, and the lowest at which it did not; null when no rate was too high. */
  lowPerSec: number
  highPerSec: number | null
  /** Why the search ended: `found`, `not-reached` (the highest rate that was tried was fine), or the `generator` gave out first. */
  why: 'found' | 'not-reached' | 'generator'
}

export interface KneeOptions {
  /** What it can do when asked as fast as it answers. */
  capacityPerSec: number
  /** Steps at most. */
  maxSteps: number
}

/** Of the capacity, where the search begins, how fast it climbs, and where it gives up. */
const FIRST_SHARE = 0.15
const CLIMB = 1.3
const LAST_SHARE = 2
/** Bent is what lies above the line by this factor and by this many ms, so that a hiccup of one ms is none. */
const BENT_FACTOR = 2
const BENT_MS = 3
const MIN_ANSWERED_SHARE = 0.95
const MAX_FAILURE_SHARE = 0.01
/** The line is drawn through at least so many steps. */
const LINE_STEPS = 3
/** How near the two ends of the answer have to come. */
const NEAR = 1.1

/**
 * Looks for the rate at which latency leaves the straight line: climbs by thirty percent at a time until a step is bent twice in a row,
 * then halves what lies between the last straight one and that.
 *
 * The line is that of the medians, and so is the bend: a 99th percentile of some seconds has as much noise as news. A service that answers
 * less than it is asked, or fails, is beyond its knee whatever its latency.
 */
export class KneeSearch {
  readonly #options: KneeOptions
  readonly #steps: KneeStep[] = []
  #low = 0
  #high: number | null = null
  /** Bent once: asked again before it is believed. */
  #doubted: number | null = null
  #end: Knee['why'] | null = null
  #next: number

  constructor(options: Partial<KneeOptions> & Pick<KneeOptions, 'capacityPerSec'>) {
    this.#options = { maxSteps: 24, ...options }
    this.#next = options.capacityPerSec * FIRST_SHARE
  }

  get steps(): readonly KneeStep[] {
    return this.#steps
  }

  /** The rate to try now; null when the search is over. */
  get nextPerSec(): number | null {
    return this.#end ? null : this.#next
  }

  get knee(): Knee {
    return { lowPerSec: this.#low, highPerSec: this.#high, why: this.#end ?? 'not-reached' }
  }

  add(step: KneeStep): void {
    this.#steps.push(step)
    // Whoever is late measures itself, and everything above is worse.
    if (step.isStarved) return void (this.#end = this.#high === null ? 'generator' : 'found')
    const rate = step.ratePerSec
    if (!this.#isBent(step)) {
      this.#low = Math.max(this.#low, rate)
      this.#doubted = null
    } else if (this.#doubted === rate) {
      this.#high = rate
      this.#doubted = null
    } else {
      this.#doubted = rate
    }
    this.#decide()
  }

  #decide(): void {
    const { capacityPerSec, maxSteps } = this.#options
    if (this.#high !== null && (this.#low === 0 || this.#high <= this.#low * NEAR)) this.#end = 'found'
    else if (this.#steps.length >= maxSteps) this.#end = this.#high === null ? 'not-reached' : 'found'
    else if (this.#doubted !== null) this.#next = this.#doubted
    else if (this.#high !== null) this.#next = Math.sqrt(this.#low * this.#high)
    else if (this.#low * CLIMB > capacityPerSec * LAST_SHARE) this.#end = 'not-reached'
    else this.#next = this.#low * CLIMB
  }

  #isBent({ ratePerSec, answeredPerSec, p50, failureShare }: KneeStep): boolean {
    if (answeredPerSec < MIN_ANSWERED_SHARE * ratePerSec || failureShare > MAX_FAILURE_SHARE) return true
    const straight = this.#steps
      .filter((step) => step.ratePerSec <= this.#low)
      .map(({ ratePerSec: x, p50: y }): Point => [x, y])
    if (straight.length < LINE_STEPS) return false
    const { slope, intercept } = theilSen(straight)
    // Latency does not fall with the rate: where it seems to, the service was warming up.
    const expected = slope > 0 ? intercept + slope * ratePerSec : Math.min(...straight.map(([, y]) => y))
    return p50 > BENT_FACTOR * expected && p50 > expected + BENT_MS
  }
}
