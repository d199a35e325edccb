import { KiB } from '@plimsoll/core'
import { judgePlateau, slopeInterval, tame, theilSen, type Point, type SlopeInterval } from '@plimsoll/core/trend'

/** What to do after a floor. */
export type GrowthStep =
  /** Go on with the load. */
  | 'go-on'
  /** It rises: look closely now, and go on for half as long again. */
  | 'suspect'
  /** It still rises, judged by nothing but what came after the suspicion. */
  | 'rising'
  /** What was suspected did not go on: it breathes, as what is kept for a while does. */
  | 'dropped'
  /** It does not rise, by less than the margin. */
  | 'flat'

export interface GrowthJudgement {
  step: GrowthStep
  /** The interval that was looked at, in bytes a request. */
  interval: SlopeInterval
  /** Confidence of that interval: what this look may spend of the error. */
  confidence: number
}

export interface GrowthOptions {
  /** Bytes a request below which nobody cares. */
  marginBytes: number
  /** Chance of a wrong word over all looks together. */
  error: number
  /** Floors before the first look. */
  minFloors: number
  /**
   * What must have come over all floors before it is called rising. Where little is asked, what warming up costs over thousands of requests (types
   * that are learnt, tables that are made larger) is as straight as a leak for as long as anyone looks, and as large a request.
   */
  minRiseBytes: number
}

/**
 * Parts of the series, from its end, in which flatness is looked for: a short one forgets a cache that has filled up, a long one sees
 * through what a heap holds for a few floors and lets go again. Each gets its share of the error.
 */
const FLAT_SHARES = [0.5, 0.75, 0.95]
/** Fewer say nothing. */
const MIN_FLOORS = 7
const PLANNED_LOOKS = 10
/** Of what floors rise, the part that may fall again before it is no staircase. */
const CLIMB_SHARE = 0.5
/** Robust deviations beyond which a floor is pulled in. */
const TAME = 3
/** Floors at the end of a suspicion that must still rise, and by how much of what was suspected. */
const END_FLOORS = 7
const KEPT_SLOPE = 0.5
/**
 * What floors after a suspicion may be wrong by when they confirm it. The suspicion has taken its share of the error already, and both
 * have to be wrong for a false alarm.
 */
const CONFIRM_ERROR = 0.05

/** Of the error, what the n-th look may spend: evenly as long as planned, then ever less, so that it never adds up to more than all of it. */
export function spentShare(look: number, plannedLooks: number): number {
  const each = 1 / (plannedLooks + 1)
  const late = look - plannedLooks
  return late <= 0 ? each : each / (late * (late + 1))
}

export const defaultGrowthOptions: GrowthOptions = {
  marginBytes: 16,
  error: 0.01,
  minFloors: 12,
  minRiseBytes: 128 * KiB,
}

/**
 * Judges a series of floors, one after another, without ever spending more than `error`.
 *
 * ```
 *            ┌────────────── undecided ──────────────┐
 *  floors ─► watching ── rises, no plateau ─► suspected ── still rises ─► RISING
 *            └── upper bound < margin ─► FLAT        └── does not ─► watching
 * ```
 *
 * Looks come at 12, 15, 18, 21, 25 … floors. The first ten, which two minutes hold, spend the same share of `error`, and all later ones
 * together as much as one of them (spending by a fixed schedule, after Lan and DeMets, 1983). A rise is looked for in the last two thirds, so that warming up is forgotten, and must
 * not bend; a suspicion is only confirmed by floors that came after it, so that nothing is counted twice. Flatness is looked for in the
 * last half, and in more: a cache that has filled up is flat from then on.
 */
export class GrowthCourse {
  readonly #options: GrowthOptions
  readonly #points: Point[] = []
  #look = 0
  #isBeforeFirstLook = true
  #nextLookAt: number
  /** Index of the floor at which the suspicion arose. */
  #suspectedAt: number | null = null
  #suspectedSlope = 0
  #confirmAt = 0
  last: GrowthJudgement
  /** Once it was found flat, that stands: the floors after it are only kept. */
  hasBeenFlat = false

  constructor(options: Partial<GrowthOptions> = {}) {
    this.#options = { ...defaultGrowthOptions, ...options }
    this.#nextLookAt = this.#options.minFloors
    this.last = { step: 'go-on', interval: slopeInterval([], 0.99), confidence: 1 - this.#options.error }
  }

  get points(): readonly Point[] {
    return this.#points
  }

  get marginBytes(): number {
    return this.#options.marginBytes
  }

  /** So many more floors can be afforded: where each takes long, the first look comes earlier. */
  plan(floorsLeft: number): void {
    const floorCount = this.#points.length + floorsLeft
    // The last floors are looked at whatever their number: there is nothing to save the error for.
    if (floorsLeft < 2) this.#nextLookAt = Math.min(this.#nextLookAt, this.#points.length + 1)
    if (this.#isBeforeFirstLook && floorCount < 2.5 * this.#nextLookAt)
      this.#nextLookAt = Math.max(MIN_FLOORS, Math.floor(floorCount * 0.4))
  }

  get isSuspected(): boolean {
    return this.#suspectedAt !== null
  }

  /** There was a look, which saw neither a rise nor that there is none. */
  get isOpen(): boolean {
    const { low } = this.last.interval
    return !this.hasBeenFlat && !this.isSuspected && Number.isFinite(low) && low <= 0
  }

  /** It goes up in steps that it does not come down from, unlike what is filled and emptied again and again. */
  get climbs(): boolean {
    const steps = this.#points.slice(1).map(([, bytes], index) => bytes - this.#points[index]![1])
    const risen = steps.reduce((sum, step) => sum + Math.max(0, step), 0)
    const fallen = steps.reduce((sum, step) => sum + Math.max(0, -step), 0)
    return fallen < CLIMB_SHARE * risen
  }

  /** Takes the next floor: requests so far, and bytes. */
  add(point: Point): GrowthJudgement {
    this.#points.push(point)
    if (this.hasBeenFlat) return { ...this.last, step: 'go-on' }
    this.last = this.#judge()
    this.hasBeenFlat = this.last.step === 'flat'
    return this.last
  }

  /** The snapshots showed something that the line could not: from here on it is looked at afresh. */
  dismissSuspicion(): void {
    this.#suspectedAt = null
    this.#nextLookAt = this.#points.length + 3
  }

  /** The floors so far say nothing about those to come. What was spent of the error stays spent. */
  restart(): void {
    if (this.hasBeenFlat) return
    this.#points.length = 0
    this.#suspectedAt = null
    this.last = { ...this.last, step: 'go-on', interval: slopeInterval([], 0.99) }
    this.#isBeforeFirstLook = true
    this.#nextLookAt = this.#options.minFloors
  }

  #judge(): GrowthJudgement {
    if (this.#suspectedAt !== null) return this.#judgeSuspicion(this.#suspectedAt)
    const count = this.#points.length
    if (count < this.#nextLookAt) return { ...this.last, step: 'go-on' }
    this.#look++
    this.#isBeforeFirstLook = false
    this.#nextLookAt = Math.max(count + 3, Math.floor(count * 1.2))
    const { error, marginBytes, minRiseBytes } = this.#options
    const confidence = 1 - error * spentShare(this.#look, PLANNED_LOOKS)
    const flat = this.#findFlat(confidence)
    if (flat) return { step: 'flat', interval: flat, confidence }
    const tail = tame(this.#tail(), TAME)
    const interval = slopeInterval(tail, confidence)
    if (
      this.#rise(interval) > minRiseBytes / 2 &&
      interval.low > marginBytes &&
      judgePlateau(tail, { minPointsPerSpan: 2 }).isRefused
    ) {
      this.#suspectedAt = count - 1
      this.#suspectedSlope = interval.slope
      this.#confirmAt = count + Math.max(count >= this.#options.minFloors ? 7 : 5, Math.ceil(count / 2))
      return { step: 'suspect', interval, confidence }
    }
    return { step: 'go-on', interval, confidence }
  }

  /** Bytes that came over all floors, at the slope of those that count: what warming up cost beside is no part of it. */
  #rise({ slope }: SlopeInterval): number {
    return slope * (this.#points.at(-1)![0] - this.#points[0]![0])
  }

  /** Without the first third, in which it may have warmed up. */
  #tail(): Point[] {
    return this.#points.slice(-Math.ceil((this.#points.length * 2) / 3))
  }

  #findFlat(confidence: number): SlopeInterval | null {
    for (const share of FLAT_SHARES) {
      const part = tame(this.#points.slice(-Math.max(8, Math.ceil(this.#points.length * share))), TAME)
      const flat = slopeInterval(part, 1 - (1 - confidence) / FLAT_SHARES.length)
      if (flat.high < this.#options.marginBytes) return flat
    }
    return null
  }

  #judgeSuspicion(at: number): GrowthJudgement {
    const count = this.#points.length
    if (count < this.#confirmAt) return { ...this.last, step: 'go-on' }
    const { error, marginBytes, minRiseBytes } = this.#options
    const confidence = 1 - error
    const fresh = slopeInterval(tame(this.#points.slice(at), TAME), 1 - CONFIRM_ERROR)
    const tail = slopeInterval(tame(this.#tail(), TAME), confidence)
    // What is filling up may have done so meanwhile: the end must rise nearly as the beginning did.
    const end = theilSen(this.#points.slice(-END_FLOORS)).slope
    if (fresh.low > marginBytes && end < KEPT_SLOPE * this.#suspectedSlope) {
      this.#confirmAt = count + 3
      // It may be full by now, and what it took to fill makes the floors since the suspicion rise for long.
      this.#look++
      const spent = 1 - error * spentShare(this.#look, PLANNED_LOOKS)
      const flat = this.#findFlat(spent)
      return flat
        ? { step: 'flat', interval: flat, confidence: spent }
        : { step: 'go-on', interval: fresh, confidence: 1 - CONFIRM_ERROR }
    }
    if (this.#rise(tail) > minRiseBytes && fresh.low > marginBytes && tail.low > marginBytes)
      return { step: 'rising', interval: tail, confidence }
    // It goes on as was suspected, and that is not sure yet: a few more floors will tell.
    if (fresh.slope > marginBytes && fresh.slope > KEPT_SLOPE * this.#suspectedSlope) {
      this.#confirmAt = count + 3
      return { step: 'go-on', interval: fresh, confidence: 1 - CONFIRM_ERROR }
    }
    this.#suspectedAt = null
    this.#nextLookAt = count
    const judgement = this.#judge()
    return judgement.step === 'go-on' ? { ...judgement, step: 'dropped' } : judgement
  }
}
