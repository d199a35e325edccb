import type { Point } from '@plimsoll/core/trend'
import type { HolderPoint, HolderSeries } from './detector.ts'
import { judgeFate, type Horizon } from './holder-evidence.ts'

/** Correlation from which on a collection counts as growing in step. */
const MIN_CORRELATION = 0.97
const MIN_NEW_ENTRIES = 8
const MIN_POINTS = 6

/** A collection that grows in step with something nobody can weigh. */
export interface InStep {
  id: number
  correlation: number
  /** What comes with each new entry, in the unit of the series. */
  perEntry: number
  fate: ReturnType<typeof judgeFate>['fate']
}

/**
 * Whose entries come as the series rises? Memory of add-ons, threads and descriptors hangs on objects that weigh next to
 * nothing, so weight cannot tell; but what is kept comes one by one with what keeps it. Collections that end (a bound, letting
 * go) are left out; `minPerEntry` leaves out what is too small to be meant.
 */
export function holdersInStep(
  holders: readonly HolderSeries[],
  series: readonly Point[],
  minPerEntry: number,
  horizon: Horizon,
): InStep[] {
  const first = series[0]
  const last = series.at(-1)
  if (!first || !last || series.length < MIN_POINTS) return []
  const growth = last[1] - first[1]
  return holders
    .flatMap((holder): InStep[] => {
      const points = holder.points.filter(({ atMs }) => atMs >= first[0] - 2000)
      const pairs = series.flatMap(([atMs, value]): Point[] => {
        const count = countAt(points, atMs)
        return count === null ? [] : [[count, value]]
      })
      const newCount = (pairs.at(-1)?.[0] ?? 0) - (pairs[0]?.[0] ?? 0)
      if (pairs.length < MIN_POINTS || newCount < MIN_NEW_ENTRIES || growth / newCount < minPerEntry) return []
      const correlation = correlate(pairs)
      const { fate } = judgeFate(holder, points.at(-1)!.count, points, horizon)
      if (correlation < MIN_CORRELATION || fate === 'ending') return []
      return [{ id: holder.id, correlation, perEntry: growth / newCount, fate }]
    })
    .sort((left, right) => right.correlation - left.correlation)
}

/** Between two counts, a straight line. */
function countAt(points: readonly HolderPoint[], atMs: number): number | null {
  const after = points.findIndex((point) => point.atMs >= atMs)
  const right = points[after]
  const left = points[after - 1] ?? right
  if (!right || !left) return null
  if (right === left) return right.atMs - atMs <= 5000 ? right.count : null
  return left.count + ((atMs - left.atMs) / (right.atMs - left.atMs)) * (right.count - left.count)
}

/** Pearson's r. */
function correlate(pairs: readonly Point[]): number {
  const meanOf = (pick: (pair: Point) => number) => pairs.reduce((sum, pair) => sum + pick(pair), 0) / pairs.length
  const [meanX, meanY] = [meanOf(([x]) => x), meanOf(([, y]) => y)]
  let [xy, xx, yy] = [0, 0, 0]
  for (const [x, y] of pairs) {
    xy += (x - meanX) * (y - meanY)
    xx += (x - meanX) ** 2
    yy += (y - meanY) ** 2
  }
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy)
}
