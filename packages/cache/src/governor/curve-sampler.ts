import type { Clock } from '@plimsoll/core'
import type { PolicyName } from '../options.ts'
import type { EntryFacts } from './governable.ts'
import { hashKey } from '../policy/hash-key.ts'
import { Miniature, MOST_KEYS } from './miniature.ts'

/** Budgets that are tried, in equal ratios from the least to the most. */
export const CURVE_SIZES = 14

/** Budgets smaller than this share of the largest are not tried: what they would hit tells little of any other. */
const LEAST_SHARE = 1 / 32

/** A miniature that knows fewer keys is never made to know less. */
const LEAST_KEYS = 64

const WARMING_PERIODS = 4

/** What a period keeps of the counts before it: some eight periods count. */
const KEPT = 0.88

/** What is told of a cache's requests to whoever estimates how many it would miss with another budget. */
export interface AskObserver<K = unknown> {
  /** Whether any more is wanted of this key than that it was asked for. */
  takesPart(key: K): boolean
  /** A key was asked for; `facts` are those of its entry, null where it is not here or the key takes no part. */
  ask(key: K, facts: EntryFacts | null): void
  put(key: K, facts: EntryFacts): void
  /** The entry left because it was no longer true. */
  forget(key: K): void
  forgetAll(): void
  loaded(ms: number): void
}

/** One point of a curve: a cache of so many bytes misses this share of what it is asked. */
export interface CurvePoint {
  readonly bytes: number
  readonly missRatio: number
}

export interface CurveSamplerOptions {
  leastBytes: number
  mostBytes: number
  policy: PolicyName
  isByDensity: boolean
  hashSeed: number
  clock: Clock
}

/** Estimates, while a cache works, how much it would miss with fourteen other budgets: a miniature for each. Costs some 900 KiB. */
export class CurveSampler implements AskObserver {
  readonly #miniatures: readonly Miniature[]
  readonly #hashSeed: number
  readonly #clock: Clock
  /** What the index adds to an entry. */
  #entryIndexBytes = 60
  #askCount = 0
  #askSum = 0
  /** Periods that count. */
  #periodSum = 0
  readonly #missSums: Float64Array
  /** Of the miniature that most keys take part in, when the period began. */
  #threshold = 2 ** 31 - 1
  /** Periods until what a miniature counts is true again. */
  readonly #warmingLeft = new Uint8Array(CURVE_SIZES)
  #loadCount = 0
  #loadMsSum = 0

  constructor({ leastBytes, mostBytes, policy, isByDensity, hashSeed, clock }: CurveSamplerOptions) {
    this.#hashSeed = hashSeed
    this.#clock = clock
    const least = Math.min(mostBytes, Math.max(leastBytes, mostBytes * LEAST_SHARE))
    const step = (mostBytes / least) ** (1 / (CURVE_SIZES - 1))
    this.#miniatures = Array.from({ length: CURVE_SIZES }, (_, at) => {
      return new Miniature({ bytes: Math.round(least * step ** at), policy, isByDensity, hashSeed })
    })
    this.#missSums = new Float64Array(CURVE_SIZES)
  }

  takesPart(key: unknown): boolean {
    return this.#hash(key) <= this.#threshold
  }

  ask(key: unknown, facts: EntryFacts | null): void {
    this.#askCount++
    const hash = this.#hash(key)
    if (hash > this.#threshold) return
    const nowMs = this.#clock.monotonicMs()
    for (const miniature of this.#miniatures) {
      if (hash > miniature.threshold) continue
      if (facts === null) miniature.ask(hash, 0, 0, nowMs)
      else miniature.ask(hash, facts.weight + this.#entryIndexBytes, facts.freshUntilMs, nowMs)
    }
  }

  put(key: unknown, { weight, freshUntilMs }: EntryFacts): void {
    const hash = this.#hash(key)
    for (const miniature of this.#miniatures) {
      if (hash <= miniature.threshold) miniature.put(hash, weight + this.#entryIndexBytes, freshUntilMs)
    }
  }

  forget(key: unknown): void {
    const hash = this.#hash(key)
    for (const miniature of this.#miniatures) if (hash <= miniature.threshold) miniature.forget(hash)
  }

  forgetAll(): void {
    for (const miniature of this.#miniatures) miniature.forgetAll()
  }

  loaded(ms: number): void {
    this.#loadCount++
    this.#loadMsSum += ms
  }

  /** The end of a period, in which no more than `mostWork` acts of miniatures were wanted: older counts fade. */
  closePeriod(entryIndexBytes: number | null, mostWork: number): void {
    if (entryIndexBytes !== null) this.#entryIndexBytes = entryIndexBytes
    const before = this.#askSum
    this.#askSum = before * KEPT + this.#askCount
    this.#askCount = 0
    this.#periodSum = this.#periodSum * KEPT + 1
    this.#loadCount *= KEPT
    this.#loadMsSum *= KEPT
    this.#miniatures.forEach((miniature, at) => {
      const isWarm = this.#warmingLeft[at] === 0
      // One that is warming up says what it said before.
      const ratio = before === 0 ? 1 : this.#missSums[at]! / before
      this.#missSums[at] = isWarm ? this.#missSums[at]! * KEPT + miniature.missCount : ratio * this.#askSum
      if (!isWarm) this.#warmingLeft[at]!--
      miniature.missCount = 0
    })
    this.#keepWork(mostWork)
    this.#threshold = Math.max(...this.#miniatures.map(({ threshold }) => threshold))
  }

  /** Asks of lately, as many periods as count. */
  get askSum(): number {
    return this.#askSum
  }

  get askPerPeriod(): number {
    return this.#periodSum === 0 ? 0 : this.#askSum / this.#periodSum
  }

  /** What a load takes; null where none was seen. */
  get loadMs(): number | null {
    return this.#loadCount < 1 ? null : this.#loadMsSum / this.#loadCount
  }

  /** From the least budget to the largest; empty before the first asks. More memory never misses more: what chance says else is evened out. */
  curve(): CurvePoint[] {
    if (this.#askSum === 0) return []
    const ratios = Array.from(this.#missSums, (misses) => Math.min(1, misses / this.#askSum))
    return falling(ratios).map((missRatio, at) => ({ bytes: this.#miniatures[at]!.bytes, missRatio }))
  }

  /** Lets fewer keys take part where most do, until the work would have been as little as that; or more again where there is room. */
  #keepWork(mostWork: number): void {
    const works = this.#miniatures.map(({ workCount }) => workCount)
    for (const miniature of this.#miniatures) miniature.workCount = 0
    let work = works.reduce((sum, count) => sum + count, 0)
    if (work < mostWork / 4) return this.#raiseOne()
    while (work > mostWork) {
      let most = -1
      this.#miniatures.forEach(({ rate, keyCount }, at) => {
        if (keyCount >= LEAST_KEYS && (most < 0 || rate > this.#miniatures[most]!.rate)) most = at
      })
      if (most < 0) return
      this.#miniatures[most]!.halveRate()
      works[most]! /= 2
      work -= works[most]!
    }
  }

  #raiseOne(): void {
    const at = this.#miniatures.findIndex(({ rate, keyCount }, at) => {
      return rate < 1 && keyCount < MOST_KEYS / 4 && this.#warmingLeft[at] === 0
    })
    if (at < 0) return
    this.#miniatures[at]!.doubleRate()
    this.#warmingLeft[at] = WARMING_PERIODS
  }

  #hash(key: unknown): number {
    // Objects have no bits to tell one from the other.
    return key !== null && (typeof key === 'object' || typeof key === 'function' || typeof key === 'symbol')
      ? Infinity
      : hashKey(key, this.#hashSeed, 0)
  }
}

/**
 * The nearest list that never rises: neighbours that do are replaced by their mean.
 * @see Ayer, Brunk, Ewing, Reid, Silverman. “An empirical distribution function for sampling with incomplete information.” 1955
 */
export function falling(values: readonly number[]): number[] {
  const blocks: { sum: number; count: number }[] = []
  for (const value of values) {
    blocks.push({ sum: value, count: 1 })
    for (;;) {
      const last = blocks.at(-1)!
      const before = blocks.at(-2)
      if (!before || before.sum / before.count >= last.sum / last.count) break
      blocks.pop()
      before.sum += last.sum
      before.count += last.count
    }
  }
  return blocks.flatMap(({ sum, count }) => Array<number>(count).fill(sum / count))
}
