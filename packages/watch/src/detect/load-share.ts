import type { Floor } from '../sample/floor-gauge.ts'
import type { Moment } from './detector.ts'

/** The rate at a floor is that of the requests in so long before it: about what is still under way, or just done. */
const RATE_SPAN_MS = 10_000
/** Load that varies by less than this factor explains no growth. */
const MIN_SPREAD = 1.4
const MIN_FLOORS = 6
/** Fewer requests under way than this hold next to nothing, and come and go by chance. */
const MIN_OPEN = 15
/** Rate and total that rise so much alike cannot be told apart. */
const MAX_ALIKE = 0.97
/** A rate that rises with its total at least so much has not turned yet. */
const MIN_ALIKE = 0.9

/**
 * How much of a rise is left when the rate of requests is taken out of it, 0..1? What is under way for the requests of the
 * moment grows with their rate and goes with it; what leaks grows with their number and stays. Both are fitted at once (least
 * squares over rate and total). 1 where the load was steady, since it then explains nothing.
 */
export function shareBesidesLoad(
  window: readonly Floor[],
  kept: (floor: Floor) => number,
  moments: readonly Moment[],
): number {
  const points = pointsOf(window, kept, moments)
  const rates = points.map(({ rate }) => rate)
  if (points.length < MIN_FLOORS || Math.max(...rates) < MIN_SPREAD * Math.min(...rates)) return 1
  const mean = (pick: (point: (typeof points)[number]) => number) =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length
  const [rateMean, totalMean, bytesMean] = [
    mean(({ rate }) => rate),
    mean(({ total }) => total),
    mean(({ bytes }) => bytes),
  ]
  const centred = points.map(
    ({ rate, total, bytes }) => [rate - rateMean, total - totalMean, bytes - bytesMean] as const,
  )
  const sum = (of: (rate: number, total: number, bytes: number) => number) =>
    centred.reduce((all, [rate, total, bytes]) => all + of(rate, total, bytes), 0)
  const [rr, tt, rt] = [sum((r) => r * r), sum((_, t) => t * t), sum((r, t) => r * t)]
  const [rb, tb] = [sum((r, _, b) => r * b), sum((_, t, b) => t * b)]
  if (rr === 0 || tt === 0) return 1
  const isAlike = Math.abs(rt) / Math.sqrt(rr * tt) > MAX_ALIKE
  // By the total alone, then: as if the load explained nothing it could not be shown to explain.
  const perRequest = isAlike ? tb / tt : (tb * rr - rb * rt) / (rr * tt - rt * rt)
  const first = points[0]!
  const last = points.at(-1)!
  const growth = (tb / tt) * (last.total - first.total)
  if (growth <= 0) return 1
  return Math.max(0, Math.min(1, (perRequest * (last.total - first.total)) / growth))
}

/** Has the rate risen so steadily that it cannot be told from the total? Then the fit says nothing, and more must be seen. */
export function risesWithItsTotal(window: readonly Floor[], moments: readonly Moment[]): boolean {
  const points = pointsOf(window, () => 0, moments)
  const rates = points.map(({ rate }) => rate)
  if (points.length < MIN_FLOORS || Math.max(...rates) < MIN_SPREAD * Math.min(...rates)) return false
  const meanOf = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length
  const [rateMean, totalMean] = [meanOf(rates), meanOf(points.map(({ total }) => total))]
  let [rr, tt, rt] = [0, 0, 0]
  for (const { rate, total } of points) {
    rr += (rate - rateMean) ** 2
    tt += (total - totalMean) ** 2
    rt += (rate - rateMean) * (total - totalMean)
  }
  return rt > MIN_ALIKE * Math.sqrt(rr * tt)
}

interface LoadPoint {
  /** Requests a second, or under way. */
  rate: number
  total: number
  bytes: number
}

function pointsOf(window: readonly Floor[], kept: (floor: Floor) => number, moments: readonly Moment[]): LoadPoint[] {
  // Where requests wait for each other, their rate no longer says how many are under way; their number does.
  const isCounted = Math.max(...window.map(({ openCount }) => openCount ?? 0)) >= MIN_OPEN
  return window.flatMap((floor) => {
    const rate = isCounted ? (floor.openCount ?? null) : rateAt(floor, moments)
    return rate === null ? [] : [{ rate, total: floor.requestTotal, bytes: kept(floor) }]
  })
}

function rateAt({ atMs, requestTotal }: Floor, moments: readonly Moment[]): number | null {
  const before = moments.findLast((moment) => moment.atMs <= atMs - RATE_SPAN_MS)
  return before ? ((requestTotal - before.requestTotal) / (atMs - before.atMs)) * 1000 : null
}
