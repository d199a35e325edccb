import type { Clock } from '@plimsoll/core'
import type { PolicyName } from '../options.ts'
import { hashKey } from '../policy/hash-key.ts'
import { Miniature } from './miniature.ts'

/** Budgets that are tried, in equal ratios from the least to the most. */
export const CURVE_SIZES = 10

/** Budgets smaller than this share of the largest are not tried: what they would hit tells little of any other. */
const LEAST_SHARE = 1 / 64

/** What a period keeps of the counts before it: some four periods count. */
const KEPT = 0.75

/** What is told of a cache's requests to whoever estimates how many it would miss with another budget. */
export interface AskObserver {
  /** A key was asked for; `weight` is what its entry weighs, 0 where it is not here. */
  ask(key: unknown, weight: number): void
  put(key: unknown, weight: number, ttlMs: number): void
  /** The entry left because it was no longer true. */
  forget(key: unknown): void
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

/** Estimates, while a cache works, how much it would miss with ten other budgets: a miniature for each. Costs 600 KiB. */
export class CurveSampler implements AskObserver {
  readonly #miniatures: readonly Miniature[]
  readonly #hashSeed: number
  readonly #clock: Clock
  /** What the index adds to an entry. */
  #entryIndexBytes = 60
  #askCount = 0
  #askSum = 0
  readonly #missSums: Float64Array
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

  ask(key: unknown, weight: number): void {
    this.#askCount++
    const hash = this.#hash(key)
    for (const miniature of this.#miniatures) {
      if (hash > miniature.threshold) continue
      const weightWithIndex = weight === 0 ? 0 : weight + this.#entryIndexBytes
      miniature.ask(hash, weightWithIndex, Infinity, this.#clock.monotonicMs())
    }
  }

  put(key: unknown, weight: number, ttlMs: number): void {
    const hash = this.#hash(key)
    for (const miniature of this.#miniatures) {
      if (hash > miniature.threshold) continue
      miniature.put(hash, weight + this.#entryIndexBytes, this.#clock.monotonicMs() + ttlMs)
    }
  }

  forget(key: unknown): void {
    const hash = this.#hash(key)
    for (const miniature of this.#miniatures) if (hash <= miniature.threshold) miniature.forget(hash)
  }

  loaded(ms: number): void {
    this.#loadCount++
    this.#loadMsSum += ms
  }

  /** The end of a period: older counts fade. */
  closePeriod(entryIndexBytes: number | null): void {
    if (entryIndexBytes !== null) this.#entryIndexBytes = entryIndexBytes
    this.#askSum = this.#askSum * KEPT + this.#askCount
    this.#askCount = 0
    this.#loadCount *= KEPT
    this.#loadMsSum *= KEPT
    this.#miniatures.forEach((miniature, at) => {
      this.#missSums[at] = this.#missSums[at]! * KEPT + miniature.missCount
      miniature.missCount = 0
    })
  }

  /** Asks of lately, as many periods as count. */
  get askSum(): number {
    return this.#askSum
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

  #hash(key: unknown): number {
    return hashKey(key, this.#hashSeed, 0)
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
