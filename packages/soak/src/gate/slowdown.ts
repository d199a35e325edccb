import { spentShare } from './growth.ts'
import { shiftInterval, type ShiftInterval } from './signed-rank.ts'

/** A slot of load, in ms. Latencies are null when the load generator itself was late: then they tell nothing of the service. */
export interface Slot {
  p50: number | null
  p99: number | null
  /** CPU time of a request: it tells the same on a machine that has no time. */
  cpu: number | null
}

export type SlowdownStep = 'go-on' | 'slower' | 'same' | 'starved'

export interface SlowdownOptions {
  /** 0.1: a rise by ten percent is not let pass. */
  limit: number
  /** Chance of calling what is as fast as its base slower, over all looks together. */
  error: number
  /** The same of clearing what is slower by the limit. */
  missError: number
}

/** Change of a measure from base to here, as a ratio less one: 0.1 is ten percent slower. */
export interface Change {
  base: number
  here: number
  estimate: number
  /** Null while there are too few pairs. */
  low: number | null
  high: number | null
  confidence: number
}

export const defaultSlowdownOptions: SlowdownOptions = { limit: 0.1, error: 0.01, missError: 0.02 }

/** Fewer cannot prove anything at the share of the error that a look has: 2^-12 is below it. */
const MIN_PAIRS = 12
/** 12, 16, 21, 27 and 35 pairs: five minutes. A comparison that goes on spends what is left of the error on the rest. */
const PLANNED_LOOKS = 5
const measures = ['p50', 'p99', 'cpu'] as const
export type Measure = (typeof measures)[number]
/** After so many pairs in which latencies told nothing there is no point in going on. */
const MAX_STARVED_PAIRS = 16

/**
 * Judges pairs of slots, one of each build under the same requests, one after another.
 *
 * **Slower** when the shift of a measure surely lies above zero and is estimated at the limit or more; **same** when it surely lies
 * below the limit, for all measures. Five looks at 12 to 35 pairs share the error evenly (later ones share what one of them has). Slower
 * may be said of any measure, so they share it; same has to be said of all, which needs no correction. Which of a pair goes first is
 * left to chance, so that without a change the differences are symmetric, and the test exact. **Starved**: latencies cannot be told here.
 */
export class SlowdownCourse {
  readonly #options: SlowdownOptions
  readonly #pairs: { base: Slot; here: Slot }[] = []
  #look = 0
  #nextLookAt = MIN_PAIRS
  #intervals: Record<Measure, ShiftInterval>
  #confidence: number

  constructor(options: Partial<SlowdownOptions> = {}) {
    this.#options = { ...defaultSlowdownOptions, ...options }
    this.#confidence = 1 - this.#options.error
    const unknown = shiftInterval([], 1)
    this.#intervals = { p50: unknown, p99: unknown, cpu: unknown }
  }

  get pairCount(): number {
    return this.#pairs.length
  }

  /** Pairs in which latencies told nothing. */
  get starvedPairCount(): number {
    return this.#pairs.length - this.#shifts('p99').length
  }

  add(base: Slot, here: Slot): SlowdownStep {
    this.#pairs.push({ base, here })
    const step = this.#pairs.length < this.#nextLookAt ? 'go-on' : this.#judge()
    const isStarved = this.starvedPairCount >= MAX_STARVED_PAIRS && this.starvedPairCount > this.#pairs.length / 2
    return step === 'go-on' && isStarved ? 'starved' : step
  }

  #judge(): SlowdownStep {
    this.#look++
    this.#nextLookAt = Math.round(this.#pairs.length * 1.3)
    const { error, missError, limit } = this.#options
    const share = spentShare(this.#look, PLANNED_LOOKS)
    this.#confidence = 1 - error * share
    const all = measures.map((measure) => {
      const shifts = this.#shifts(measure)
      const { high } = shiftInterval(shifts, missError * share)
      return (this.#intervals[measure] = { ...shiftInterval(shifts, (error * share) / measures.length), high })
    })
    if (all.some((shift) => isSlower(shift, limit))) return 'slower'
    return all.every(({ high }) => high < Math.log(1 + limit)) ? 'same' : 'go-on'
  }

  /** Null when no pair told of it. */
  change(measure: Measure): Change | null {
    const shifts = this.#shifts(measure)
    if (shifts.length === 0) return null
    const { low, high } = this.#intervals[measure]
    const ratio = (shift: number) => (Number.isFinite(shift) ? Math.exp(shift) - 1 : null)
    const told = this.#pairs.filter(({ base, here }) => base[measure] !== null && here[measure] !== null)
    return {
      base: middle(told.map(({ base }) => base[measure]!)),
      here: middle(told.map(({ here }) => here[measure]!)),
      estimate: Math.exp(shiftInterval(shifts, 0.5).estimate) - 1,
      low: ratio(low),
      high: ratio(high),
      confidence: this.#confidence,
    }
  }

  #shifts(measure: Measure): number[] {
    return this.#pairs.flatMap(({ base: { [measure]: then }, here: { [measure]: now } }) =>
      then === null || now === null ? [] : [Math.log(floorOf(now) / floorOf(then))],
    )
  }
}

function isSlower({ low, estimate }: ShiftInterval, limit: number): boolean {
  return low > 0 && estimate >= Math.log(1 + limit)
}

/** Clocks and histograms resolve a microsecond; nothing takes no time. */
function floorOf(ms: number): number {
  return Math.max(0.001, ms)
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const count = sorted.length
  return count === 0 ? 0 : (sorted[(count - 1) >> 1]! + sorted[count >> 1]!) / 2
}
