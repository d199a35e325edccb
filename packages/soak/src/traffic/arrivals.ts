import { InvalidOptionError, nextExponential, type Fault, type Random } from '@plimsoll/core'

/** A corner of a rate curve: from `atMs` on (since the curve began), `ratePerSec` arrivals a second. */
export interface RatePoint {
  atMs: number
  ratePerSec: number
}

/**
 * Arrivals a second over time: straight lines between the points, level before the first and after the last. Two points at
 * one instant are a step.
 */
export type RateCurve = readonly RatePoint[]

/** Above this no generator on one core is honest. */
export const MAX_RATE_PER_SEC = 100_000

/** The same rate all the time. */
export function steady(ratePerSec: number): RateCurve {
  return [{ atMs: 0, ratePerSec }]
}

/** A straight line from one rate to another, then level. */
export function ramp(fromPerSec: number, toPerSec: number, overMs: number): RateCurve {
  return [
    { atMs: 0, ratePerSec: fromPerSec },
    { atMs: overMs, ratePerSec: toPerSec },
  ]
}

/** One rate until `atMs`, `factor` times as much from then on. */
export function step(basePerSec: number, atMs: number, factor: number): RateCurve {
  return [
    { atMs, ratePerSec: basePerSec },
    { atMs, ratePerSec: basePerSec * factor },
  ]
}

/** As {@link step}, and back to the base after `forMs`. */
export function spike(basePerSec: number, atMs: number, factor: number, forMs: number): RateCurve {
  return [
    ...step(basePerSec, atMs, factor),
    { atMs: atMs + forMs, ratePerSec: basePerSec * factor },
    { atMs: atMs + forMs, ratePerSec: basePerSec },
  ]
}

/** Instants at which sessions are meant to start. */
export interface Arrivals {
  /** The next instant, in ms since the start; `Infinity` when nobody will come any more. Asking does not consume it. */
  readonly nextAtMs: number
  /** Moves on to the one after. */
  advance(): void
  /** Follows another curve, which begins at `atMs`. */
  follow(curve: RateCurve, atMs: number): void
  /** What the curve says at an instant. */
  ratePerSecAt(atMs: number): number
}

/**
 * A Poisson process whose rate follows a curve.
 *
 * The time until the next arrival is drawn as an amount of *expected arrivals* (exponential with mean 1) and then spent along
 * the curve: where the rate is high it is used up quickly. This is inversion of the cumulative rate, exact for straight lines,
 * with no arrival proposed and thrown away, so each arrival takes one number from `random` and a change of the curve does
 * not disturb the draws after it. What is left of the amount when the curve changes stays valid: the process has no memory.
 * @see Çinlar. Introduction to Stochastic Processes. Prentice-Hall, 1975 (non-homogeneous Poisson processes by inversion)
 * @throws InvalidOptionError when the curve is empty, runs backwards or holds a rate outside 0..{@link MAX_RATE_PER_SEC}
 */
export function createArrivals(curve: RateCurve, random: Random): Arrivals {
  let current = parseRateCurve(curve)
  let beganAtMs = 0
  let fromMs = 0
  let due = nextExponential(random, 1)
  let nextAtMs = spend(current, 0, due)
  return {
    get nextAtMs() {
      return nextAtMs
    },
    advance() {
      fromMs = nextAtMs
      due = nextExponential(random, 1)
      nextAtMs = beganAtMs + spend(current, fromMs - beganAtMs, due)
    },
    follow(next, atMs) {
      parseRateCurve(next)
      // An arrival that is already late is not put off: the new curve begins with it.
      const changeAtMs = Math.min(atMs, nextAtMs)
      due = Math.max(0, due - expectedArrivals(current, fromMs - beganAtMs, changeAtMs - beganAtMs))
      current = next
      beganAtMs = fromMs = changeAtMs
      nextAtMs = beganAtMs + spend(current, 0, due)
    },
    ratePerSecAt: (atMs) => rateAt(current, atMs - beganAtMs),
  }
}

/** @throws InvalidOptionError with every fault of the curve */
export function parseRateCurve(curve: RateCurve): RateCurve {
  const faults: Fault[] = []
  if (curve.length === 0 || curve.length > 1000) faults.push({ where: '', what: 'must have 1 to 1000 points' })
  let earlierMs = 0
  for (const [index, { atMs, ratePerSec }] of curve.entries()) {
    if (!(ratePerSec >= 0 && ratePerSec <= MAX_RATE_PER_SEC)) {
      faults.push({
        where: `[${index}].ratePerSec`,
        what: `must be between 0 and ${MAX_RATE_PER_SEC}, and is ${ratePerSec}`,
      })
    }
    if (!(atMs >= earlierMs && Number.isFinite(atMs))) {
      faults.push({ where: `[${index}].atMs`, what: `must not be before ${earlierMs}, and is ${atMs}` })
    }
    earlierMs = Math.max(earlierMs, atMs)
  }
  if (faults.length > 0) throw new InvalidOptionError('Rate curve', faults.slice(0, 10))
  return curve
}

/** A stretch of a curve on which the rate is one straight line; the last one has no end. */
interface Stretch {
  untilMs: number
  rate: number
  slopePerMs: number
}

function stretchAt(curve: RateCurve, atMs: number): Stretch {
  const index = curve.findIndex((point) => point.atMs > atMs)
  if (index === -1) return { untilMs: Infinity, rate: curve.at(-1)!.ratePerSec, slopePerMs: 0 }
  const after = curve[index]!
  const before = curve[index - 1]
  if (!before) return { untilMs: after.atMs, rate: after.ratePerSec, slopePerMs: 0 }
  const slopePerMs = (after.ratePerSec - before.ratePerSec) / (after.atMs - before.atMs)
  return { untilMs: after.atMs, rate: before.ratePerSec + slopePerMs * (atMs - before.atMs), slopePerMs }
}

function rateAt(curve: RateCurve, atMs: number): number {
  return stretchAt(curve, atMs).rate
}

function expectedArrivals(curve: RateCurve, fromMs: number, toMs: number): number {
  let total = 0
  for (let atMs = fromMs; atMs < toMs;) {
    const { untilMs, rate, slopePerMs } = stretchAt(curve, atMs)
    const spanMs = Math.min(untilMs, toMs) - atMs
    total += ((rate + (slopePerMs * spanMs) / 2) * spanMs) / 1000
    atMs += spanMs
  }
  return total
}

/** The instant at which `amount` arrivals are to be expected, counted from `fromMs`. */
function spend(curve: RateCurve, fromMs: number, amount: number): number {
  let atMs = fromMs
  let left = amount * 1000
  for (;;) {
    const { untilMs, rate, slopePerMs } = stretchAt(curve, atMs)
    const spanMs = untilMs - atMs
    const held = untilMs === Infinity ? Infinity : (rate + (slopePerMs * spanMs) / 2) * spanMs
    if (untilMs === Infinity && rate === 0) return Infinity
    // Solves rate·x + slope·x²/2 = left in the form that stays exact when the slope is almost nothing.
    if (left <= held) return atMs + (2 * left) / (rate + Math.sqrt(Math.max(0, rate * rate + 2 * slopePerMs * left)))
    left -= held
    atMs = untilMs
  }
}
