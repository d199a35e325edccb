import type { Clock } from '@plimsoll/core'
import type { PolicyName } from '../options.ts'
import { DistinctKeys } from './distinct-keys.ts'
import type { EntryFacts } from './governable.ts'
import { KeyHasher, mixHash } from '../policy/hash-key.ts'
import { Miniature, MOST_KEYS } from './miniature.ts'
import { RecentAsks } from './recent-asks.ts'

/** Budgets that are tried, from the least to the most: their square roots are equally far apart, so that neither steep beginnings nor cliffs near the end lie in a gap. */
export const CURVE_SIZES = 14

/** Budgets smaller than this share of the largest are not tried: what they would hit tells little of any other. */
const LEAST_SHARE = 1 / 32

/** A miniature that knows fewer keys is never made to know less. */
const LEAST_KEYS = 64

/** From fewer keys than that a period's misses are not scaled, but from those of the periods before too. */
const FEWEST_KEYS = 16

const WARMING_PERIODS = 4

/**
 * A miniature that cannot know fewer keys rests instead, all but one in each 2, 4, 8 or 16 bursts. Chance chooses which: else a loop might
 * be in step with them. A burst is four steps of so many asks, times as many as it samples one of. In the first step it catches up with
 * what it slept through, and what it misses does not count.
 */
const STEP_ASKS = 128
const BURST_STEPS = 4
const MOST_REST = 4
/** Whoever samples one key in eight costs little, and to sleep through whole loops made it lose up to 15 points of their hits. */
const LEAST_RESTING_RATE = 1 / 4
/** Periods after which one may rest twice as much. */
const PERIODS_PER_REST = 2
/** Bursts that a period has at least: what few saw would have to stand for all of it. Who is asked little costs little awake. */
const LEAST_BURSTS = 2

/** Of the work that is allowed, so much is used where there are keys enough: a busier period must not throw samples away at once. */
const ROOM_USED = 0.6

/** What a period keeps of the misses counted before it: some sixteen periods count, as a sample is small. */
const KEPT = 0.94
/** And of the asks, which are counted whole: which cache is busy shows within a period. */
const ASKS_KEPT = 0.25
/** And of the keys that were asked for, which a cache holds now. */
const KEYS_KEPT = 0.5

/** Asks after which what is known of the cache and of the samples is looked at again: at first, and in the long run. */
const SOONEST_CALIBRATION = 64
const LATEST_CALIBRATION = 2 ** 14

/** What is told of a cache's requests to whoever estimates how many it would miss with another budget. */
export interface AskObserver {
  /**
   * A key was asked for; `inspect` tells of its entry, null where it is not here, and is called for the few keys that take part.
   * Answers whether the key takes part and is not here.
   */
  ask<K>(key: K, inspect: (key: K) => EntryFacts | null): boolean
  /** A key was stored, or tried to be. */
  put<K>(key: K, inspect: (key: K) => EntryFacts | null): void
  /** The entry left because it was no longer true. */
  forget(key: unknown): void
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
  /** What the index adds to an entry just now; null without entries. */
  entryIndexBytes: () => number | null
  clock: Clock
}

/** Estimates, while a cache works, how much it would miss with fourteen other budgets: a miniature for each. Costs some 900 KiB. */
export class CurveSampler implements AskObserver {
  readonly #miniatures: readonly Miniature[]
  readonly #hasher: KeyHasher
  readonly #clock: Clock
  /** What the index adds to an entry. */
  #entryIndexBytes = 0
  readonly #readEntryIndexBytes: () => number | null
  readonly #distinctKeys = new DistinctKeys()
  readonly #recentAsks = new RecentAsks()
  #step = 0
  #stepAsksLeft = STEP_ASKS
  /** Those that do not rest in this step. */
  #awake: readonly Miniature[]
  #asksLeft = SOONEST_CALIBRATION
  #asksPerCalibration = SOONEST_CALIBRATION
  #periodCount = 0
  #askCount = 0
  /** Of these, those that are counted among what the miniatures have seen. */
  #countedAskCount = 0
  /** Soon forgotten. */
  #recentAskSum = 0
  /** Periods that count for it. */
  #recentPeriodSum = 0
  readonly #missSums = new Float64Array(CURVE_SIZES)
  /** Asks of the periods of which each has seen something. */
  readonly #seenSums = new Float64Array(CURVE_SIZES)
  /** Of the awake miniature that most keys take part in, when the step began. */
  #threshold = 2 ** 31 - 1
  /** Periods until the keys that joined a miniature last are known. */
  readonly #warmingLeft = new Uint8Array(CURVE_SIZES)
  #loadCount = 0
  #loadMsSum = 0

  constructor({ leastBytes, mostBytes, policy, isByDensity, hashSeed, entryIndexBytes, clock }: CurveSamplerOptions) {
    this.#readEntryIndexBytes = entryIndexBytes
    this.#hasher = new KeyHasher(hashSeed)
    this.#clock = clock
    const least = Math.min(mostBytes, Math.max(leastBytes, mostBytes * LEAST_SHARE))
    const root = Math.sqrt(least)
    const step = (Math.sqrt(mostBytes) - root) / (CURVE_SIZES - 1)
    this.#miniatures = Array.from({ length: CURVE_SIZES }, (_, at) => {
      return new Miniature({ bytes: Math.round((root + step * at) ** 2), policy, isByDensity, hashSeed })
    })
    this.#awake = this.#miniatures
  }

  ask<K>(key: K, inspect: (key: K) => EntryFacts | null): boolean {
    this.#askCount++
    this.#recentAsks.count()
    const hash = this.#hash(key)
    if (hash !== Infinity) this.#distinctKeys.add(hash)
    if (--this.#asksLeft === 0) this.#calibrate()
    if (--this.#stepAsksLeft === 0) this.#startStep()
    if (hash > this.#threshold) return false
    const facts = inspect(key)
    const age = this.#recentAsks.ageOf(hash)
    const nowMs = this.#clock.monotonicMs()
    const weight = facts === null ? 0 : facts.weight
    const freshUntilMs = facts === null ? 0 : facts.freshUntilMs
    for (const miniature of this.#awake) {
      if (hash <= miniature.threshold) miniature.ask(hash, weight, freshUntilMs, nowMs, age)
    }
    return facts === null
  }

  put<K>(key: K, inspect: (key: K) => EntryFacts | null): void {
    const hash = this.#hash(key)
    if (hash > this.#threshold) return
    const facts = inspect(key)
    for (const miniature of this.#awake) {
      if (hash > miniature.threshold) continue
      if (facts === null) miniature.forget(hash)
      else miniature.put(hash, facts.weight, facts.freshUntilMs)
    }
  }

  forget(key: unknown): void {
    const hash = this.#hash(key)
    this.#recentAsks.forget(hash)
    for (const miniature of this.#miniatures) if (hash <= miniature.threshold) miniature.forget(hash)
  }

  forgetAll(): void {
    this.#recentAsks.forgetAll()
    for (const miniature of this.#miniatures) miniature.forgetAll()
  }

  loaded(ms: number): void {
    this.#loadCount++
    this.#loadMsSum += ms
  }

  /** The end of a period, in which no more than `mostWork` acts of miniatures were wanted: older counts fade. */
  closePeriod(mostWork: number): void {
    this.#periodCount++
    this.#countSeen()
    this.#countedAskCount = 0
    this.#recentAskSum = this.#recentAskSum * ASKS_KEPT + this.#askCount
    this.#recentPeriodSum = this.#recentPeriodSum * ASKS_KEPT + 1
    this.#loadCount *= KEPT
    this.#loadMsSum *= KEPT
    // Keys of one phase may be rarer in the sample than those of another: each period's misses are scaled by its own keys.
    const biases = this.#distinctKeys.biasesOfPeriod(FEWEST_KEYS)
    this.#miniatures.forEach((miniature, at) => {
      const bias = biases[-Math.log2(miniature.countedRate)] || miniature.bias
      // What it saw stands for the whole period, however much of it that was: phases count by their asks.
      const share = miniature.seenCount === 0 ? 0 : this.#askCount / miniature.seenCount
      this.#missSums[at] = this.#missSums[at]! * KEPT + (miniature.missCount / bias) * share
      this.#seenSums[at] = this.#seenSums[at]! * KEPT + miniature.seenCount * share
      miniature.missCount = miniature.seenCount = 0
      if (this.#warmingLeft[at]! > 0 && --this.#warmingLeft[at]! === 0) miniature.countAll()
    })
    this.#askCount = 0
    this.#keepWork(mostWork)
    this.#calibrate()
    this.#distinctKeys.closePeriod(KEYS_KEPT)
  }

  /** Asks in a period, lately. */
  get askPerPeriod(): number {
    return this.#recentPeriodSum === 0 ? 0 : this.#recentAskSum / this.#recentPeriodSum
  }

  /** What a load takes; null where none was seen. */
  get loadMs(): number | null {
    return this.#loadCount < 1 ? null : this.#loadMsSum / this.#loadCount
  }

  /** From the least budget to the largest; empty before the first asks. More memory never misses more: what chance says else is evened out. */
  curve(): CurvePoint[] {
    if (this.#seenSums[0] === 0) return []
    const ratios = Array.from(this.#missSums, (misses, at) => Math.min(1, misses / this.#seenSums[at]!))
    return falling(ratios).map((missRatio, at) => ({ bytes: this.#miniatures[at]!.bytes, missRatio }))
  }

  #startStep(): void {
    this.#countSeen()
    this.#stepAsksLeft = STEP_ASKS
    const step = this.#step++
    this.#awake = this.#miniatures.filter((miniature) => {
      const { rest, rate } = miniature
      const burst = Math.floor((step * rate) / BURST_STEPS)
      miniature.isCatchingUp = rest > 0 && (step * rate) % BURST_STEPS < 1
      return ((burst ^ mixHash(burst >>> rest, rest)) & (2 ** rest - 1)) === 0
    })
    this.#threshold = this.#awake.reduce((most, { threshold }) => Math.max(most, threshold), -Infinity)
  }

  /** What was asked since the last time was seen by those that are awake. */
  #countSeen(): void {
    for (const miniature of this.#awake) {
      if (!miniature.isCatchingUp) miniature.seenCount += this.#askCount - this.#countedAskCount
    }
    this.#countedAskCount = this.#askCount
  }

  /** Lets those that see most see less, until the work would have been as little as that; or one see more again where there is room. */
  #keepWork(mostWork: number): void {
    const works = this.#miniatures.map(({ workCount }) => workCount)
    for (const miniature of this.#miniatures) miniature.workCount = 0
    let work = works.reduce((sum, count) => sum + count, 0)
    if (work < mostWork) this.#raiseOne(works, ROOM_USED * mostWork - work)
    // A few bursts tell little: before many periods count, nobody rests much.
    const mostRest = Math.min(MOST_REST, this.#periodCount / PERIODS_PER_REST)
    while (work > mostWork) {
      let most: Miniature | null = null
      for (const miniature of this.#miniatures) {
        const { rate, rest } = miniature
        const cycleAsks = (2 ** (rest + 1) * BURST_STEPS * STEP_ASKS) / rate
        const mayRest =
          rate >= LEAST_RESTING_RATE && rest + 1 <= mostRest && LEAST_BURSTS * cycleAsks <= this.askPerPeriod
        if (miniature.keyCount < LEAST_KEYS && !mayRest) continue
        if (most === null || miniature.seenShare > most.seenShare) most = miniature
      }
      if (most === null) return
      if (most.keyCount >= LEAST_KEYS) most.halveRate()
      else most.rest++
      const at = this.#miniatures.indexOf(most)
      works[at]! /= 2
      work -= works[at]!
    }
  }

  /** Soon at first, then less often: what an entry costs beside its weight, and how far off the samples are. */
  #calibrate(): void {
    this.#asksPerCalibration = Math.min(2 * this.#asksPerCalibration, LATEST_CALIBRATION)
    this.#asksLeft = this.#asksPerCalibration
    this.#entryIndexBytes = this.#readEntryIndexBytes() ?? this.#entryIndexBytes
    const biases = this.#distinctKeys.biases(LEAST_KEYS)
    for (const miniature of this.#miniatures) {
      miniature.correct(biases[-Math.log2(miniature.rate)] || 1, this.#entryIndexBytes)
    }
  }

  /** The one that sees least sees twice as much, if the work that this adds has room. */
  #raiseOne(works: readonly number[], room: number): void {
    let least = -1
    this.#miniatures.forEach((miniature, at) => {
      const { rest, rate, keyCount, seenShare } = miniature
      if (rest === 0 && (rate === 1 || keyCount >= MOST_KEYS / 2.2)) return
      if (works[at]! >= room || this.#warmingLeft[at]! > 0) return
      if (least < 0 || seenShare < this.#miniatures[least]!.seenShare) least = at
    })
    if (least < 0) return
    const miniature = this.#miniatures[least]!
    if (miniature.rest > 0) miniature.rest--
    else {
      miniature.doubleRate()
      this.#warmingLeft[least] = WARMING_PERIODS
    }
  }

  #hash(key: unknown): number {
    // Objects have no bits to tell one from the other.
    return key !== null && (typeof key === 'object' || typeof key === 'function' || typeof key === 'symbol')
      ? Infinity
      : this.#hasher.hash(key, 0)
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
