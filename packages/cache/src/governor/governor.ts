import { InvalidOptionError, MiB, systemClock, type Clock, type Fault, type Timer } from '@plimsoll/core'
import type { PolicyName } from '../options.ts'
import { CurveSampler, type AskObserver, type CurvePoint } from './curve-sampler.ts'
import { machinePressure, type Held, type PressureSource } from './pressure.ts'
import { lossOf, missRatioAt, split, type Claim } from './split.ts'

export interface GovernorOptions {
  /** One budget for all caches, in bytes. At least one of the three is needed; the least of those given counts. */
  maxBytes?: number
  /** A share of V8's heap limit, 0..1. */
  heapShare?: number
  /** A share of the container's memory limit, 0..1; no limit, no effect. */
  cgroupShare?: number
  /** How often the budget is split anew, in ms. Default 2 s. */
  periodMs?: number
  /** Tells when the process runs short of memory. Default: V8's heap and the container. `null`: never. */
  pressure?: PressureSource | null
  /** What counts: `loads` (default) that are saved, or the `time` that they take, as measured. */
  minimize?: 'loads' | 'time'
  clock?: Clock
}

/** A cache, as the governor sees it. */
export interface GovernedMember {
  readonly name: string
  readonly floorBytes: number
  readonly ceilingBytes: number
  /** Held now. */
  readonly bytes: number | null
  readonly entryCount: number
  /** Bytes of the index for each entry. */
  readonly entryIndexBytes: number | null
  readonly isOffHeap: boolean
  readonly policy: PolicyName
  readonly isByDensity: boolean
  readonly hashSeed: number
  /** May hold so many bytes from now on, and lets go of what is above at once. */
  grant(bytes: number): void
}

/** What the governor knows of one cache. */
export interface GovernorReport {
  readonly name: string
  readonly grantBytes: number
  readonly bytes: number
  readonly askPerSecond: number
  /** Budgets from least to largest, and the share of requests that a cache of so many bytes would miss. */
  readonly curve: readonly CurvePoint[]
  /** Loads a second that twice the memory would save; 0 at the end of the curve. */
  readonly savedByDoublingPerSecond: number
}

/** One budget over many caches. Hand it to `createCache({ governor, … })`. */
export interface Governor extends Disposable {
  readonly budgetBytes: number
  /** What may be handed out now: the budget, or less under pressure. */
  readonly allowedBytes: number
  report(): GovernorReport[]
  /** For caches: takes part from now on. Grants are given at once. */
  join(cache: GovernedMember): AskObserver & { curve(): CurvePoint[] }
  leave(cache: GovernedMember): void
  /** Ends the timers; every cache keeps its grant. Safe to call twice. */
  stop(): void
}

interface Member {
  readonly cache: GovernedMember
  readonly sampler: CurveSampler
  grantBytes: number
}

/** By how much of all losses a new split must be better before anything moves: chance alone is worth no eviction. */
const LEAST_GAIN = 0.01
/** In so many periods a new split must have earned what it costs, */
const HORIZON_PERIODS = 8
/** and that is so much of a load for each entry that has to leave: not everyone will be asked for again. */
const DROP_COST = 0.5
/** How often memory is looked at. Four looks within the second in which it must have been given back. */
const PRESSURE_PERIOD_MS = 250
/** What of the room that is there is taken back at each look: 90 % of a large step within 15 s, and never a jump. */
const REGROWTH = 0.04
/** Acts of miniatures, for all caches together: with what each request costs beside them, about 1 % of a CPU at 20,000 requests a second. */
const MOST_WORK_PER_MS = 20

/**
 * Starts a governor: one budget for many caches. Every few seconds it reads how much each would miss with more or less memory,
 * and gives each the part with which all together lose least; under pressure it takes memory back from those that lose least
 * by it. Costs some 900 KiB a cache, and less than a microsecond a request in the mean.
 * @throws InvalidOptionError with every fault at once
 */
export function startGovernor(options: GovernorOptions): Governor {
  return new SplittingGovernor(options)
}

class SplittingGovernor implements Governor {
  readonly budgetBytes: number
  allowedBytes: number
  readonly #clock: Clock
  readonly #periodMs: number
  readonly #isByTime: boolean
  readonly #pressure: PressureSource | null
  readonly #members: Member[] = []
  #timers: readonly Timer[] = []

  constructor(options: GovernorOptions) {
    const pressure = options.pressure === undefined ? machinePressure() : options.pressure
    this.#clock = options.clock ?? systemClock
    this.#periodMs = options.periodMs ?? 2000
    this.#isByTime = options.minimize === 'time'
    this.#pressure = pressure
    this.budgetBytes = this.allowedBytes = resolveBudget(options, pressure)
    this.#timers = [
      this.#clock.every(this.#periodMs, () => this.#closePeriod()),
      ...(pressure === null ? [] : [this.#clock.every(PRESSURE_PERIOD_MS, () => this.#look(pressure, true))]),
    ]
    pressure?.onNews?.(() => this.#look(pressure, false))
  }

  join(cache: GovernedMember): CurveSampler {
    const mostBytes = Math.min(cache.ceilingBytes, this.budgetBytes)
    const { floorBytes, policy, isByDensity, hashSeed } = cache
    const sampler = new CurveSampler({
      leastBytes: floorBytes,
      mostBytes,
      policy,
      isByDensity,
      hashSeed,
      entryIndexBytes: () => cache.entryIndexBytes,
      clock: this.#clock,
    })
    this.#members.push({ cache, sampler, grantBytes: 0 })
    this.#grant(this.#split())
    return sampler
  }

  leave(cache: GovernedMember): void {
    const at = this.#members.findIndex((member) => member.cache === cache)
    if (at < 0) return
    this.#members.splice(at, 1)
    this.#grant(this.#split())
  }

  report(): GovernorReport[] {
    return this.#members.map(({ cache, sampler, grantBytes }) => {
      const curve = sampler.curve()
      const askPerSecond = (1000 * sampler.askPerPeriod) / this.#periodMs
      const saved = curve.length === 0 ? 0 : missRatioAt(curve, grantBytes) - missRatioAt(curve, 2 * grantBytes)
      return {
        name: cache.name,
        grantBytes,
        bytes: cache.bytes ?? 0,
        askPerSecond,
        curve,
        savedByDoublingPerSecond: askPerSecond * saved,
      }
    })
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers = []
    this.#pressure?.stop?.()
  }

  [Symbol.dispose](): void {
    this.stop()
  }

  #closePeriod(): void {
    const mostWork = (MOST_WORK_PER_MS * this.#periodMs) / this.#members.length
    for (const { sampler } of this.#members) sampler.closePeriod(mostWork)
    const claims = this.#claims()
    const grants = split(claims, this.allowedBytes)
    if (this.#isWorthIt(claims, grants)) this.#grant(grants)
  }

  /** Whether a split saves more loads than it causes: two that are about as good must not take turns. */
  #isWorthIt(claims: readonly Claim[], grants: readonly number[]): boolean {
    let [before, after, dropCost] = [0, 0, 0]
    this.#members.forEach(({ cache, grantBytes, sampler }, at) => {
      const claim = claims[at]!
      before += lossOf(claim, grantBytes)
      after += lossOf(claim, grants[at]!)
      const heldBytes = cache.bytes ?? 0
      if (heldBytes <= grants[at]! || sampler.askPerPeriod === 0) return
      const droppedCount = cache.entryCount * (1 - grants[at]! / heldBytes)
      dropCost += DROP_COST * droppedCount * (claim.worth / sampler.askPerPeriod)
    })
    return before - after > LEAST_GAIN * before && HORIZON_PERIODS * (before - after) >= dropCost
  }

  /** Gives back at once what the process is short of, and on time takes a part of what room there is. */
  #look(pressure: PressureSource, isOnTime: boolean): void {
    const held = this.#held()
    const heldBytes = held.onHeapBytes + held.offHeapBytes
    const roomBytes = pressure.roomBytes(held)
    const before = this.allowedBytes
    if (roomBytes < 0) this.allowedBytes = Math.max(this.#floorBytes, Math.min(before, heldBytes + roomBytes))
    else if (isOnTime && before < this.budgetBytes) {
      const regrown = Math.max(before, Math.min(before + REGROWTH * this.budgetBytes, heldBytes + roomBytes))
      this.allowedBytes = Math.min(this.budgetBytes, regrown)
    }
    if (this.allowedBytes === before) return
    // Nobody gets more while memory is given back, and nobody loses any while it comes again.
    const isLess = this.allowedBytes < before
    const bound = (grantBytes: number) => (isLess ? { ceilingBytes: grantBytes } : { floorBytes: grantBytes })
    const claims = this.#claims().map((claim, at) => ({ ...claim, ...bound(this.#members[at]!.grantBytes) }))
    this.#grant(split(claims, this.allowedBytes))
  }

  #held(): Held {
    const held = { onHeapBytes: 0, offHeapBytes: 0 }
    for (const { cache } of this.#members) held[cache.isOffHeap ? 'offHeapBytes' : 'onHeapBytes'] += cache.bytes ?? 0
    return held
  }

  get #floorBytes(): number {
    return this.#members.reduce((sum, { cache }) => sum + cache.floorBytes, 0)
  }

  #claims(): Claim[] {
    const costs = this.#members.map(({ sampler }) => sampler.loadMs)
    const isByTime = this.#isByTime && costs.every((cost) => cost !== null)
    return this.#members.map(({ cache, sampler }, at) => ({
      floorBytes: cache.floorBytes,
      ceilingBytes: cache.ceilingBytes,
      curve: sampler.curve(),
      worth: sampler.askPerPeriod * (isByTime ? costs[at]! : 1),
    }))
  }

  #split(): number[] {
    return split(this.#claims(), this.allowedBytes)
  }

  /** Who gets less gives it back before anybody gets more, so that all together never hold more than is allowed. */
  #grant(grants: readonly number[]): void {
    const isLess = (at: number) => grants[at]! < this.#members[at]!.grantBytes
    const order = [...grants.keys()].sort((one, other) => Number(isLess(other)) - Number(isLess(one)))
    for (const at of order) {
      const member = this.#members[at]!
      if (member.grantBytes === grants[at]) continue
      member.grantBytes = grants[at]!
      member.cache.grant(grants[at]!)
    }
  }
}

function resolveBudget(options: GovernorOptions, pressure: PressureSource | null): number {
  const faults: Fault[] = []
  const known = ['maxBytes', 'heapShare', 'cgroupShare', 'periodMs', 'pressure', 'minimize', 'clock']
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) faults.push({ where: name, what: `is unknown (known: ${known.join(', ')})` })
  }
  const { maxBytes, heapShare, cgroupShare, periodMs, minimize } = options
  const isShare = (share: unknown) => share === undefined || (typeof share === 'number' && share > 0 && share <= 1)
  if (!isShare(heapShare)) faults.push({ where: 'heapShare', what: 'must be a number above 0 and at most 1' })
  if (!isShare(cgroupShare)) faults.push({ where: 'cgroupShare', what: 'must be a number above 0 and at most 1' })
  if (maxBytes !== undefined && !(maxBytes >= MiB)) faults.push({ where: 'maxBytes', what: 'must be at least 1 MiB' })
  if (periodMs !== undefined && !(periodMs >= 10 && periodMs < 2 ** 31)) {
    faults.push({ where: 'periodMs', what: 'must be between 10 and 2147483647' })
  }
  if (minimize !== undefined && minimize !== 'loads' && minimize !== 'time') {
    faults.push({ where: 'minimize', what: 'must be loads or time' })
  }
  const limits = pressure?.limits() ?? machinePressure().limits()
  const budgets = [
    maxBytes ?? Infinity,
    (heapShare ?? Infinity) * limits.heapBytes,
    cgroupShare === undefined || limits.cgroupBytes === null ? Infinity : cgroupShare * limits.cgroupBytes,
  ]
  const budget = Math.floor(Math.min(...budgets))
  if (faults.length === 0 && budget === Infinity) {
    const what = 'give maxBytes or heapShare, or cgroupShare where the container has a memory limit'
    faults.push({ where: '', what })
  }
  if (faults.length > 0) throw new InvalidOptionError('startGovernor', faults)
  return budget
}
