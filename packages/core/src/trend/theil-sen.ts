/** A point of a series: where on the axis (milliseconds, requests), and how much there. */
export type Point = readonly [x: number, y: number]

/** A line through a series, with the interval its slope lies in. `low` and `high` are ±Infinity when the points are too few to say. */
export interface Line {
  slope: number
  low: number
  high: number
  intercept: number
}

/** Beyond this many points the pairs are drawn from an evenly thinned series: 200 points make 19,900 slopes, about a millisecond. */
const MAX_POINTS = 200

/**
 * The median of the slopes of all pairs: up to 29 % of the points may be wild without moving it, which is why a stray
 * garbage collection does not bend our lines as it bends a least-squares one.
 * The interval is Sen's, at the confidence given by `z` (1.96: 95 %).
 * @see Sen. “Estimates of the Regression Coefficient Based on Kendall's Tau.” J. Am. Stat. Assoc. 63, 1968
 */
export function theilSen(series: readonly Point[], z = 1.96): Line {
  const points = thin(series, MAX_POINTS)
  const slopes = pairSlopes(points)
  if (slopes.length === 0) return { slope: 0, low: -Infinity, high: Infinity, intercept: points[0]?.[1] ?? 0 }
  const slope = median(slopes)
  const n = points.length
  const spread = z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)
  const lowRank = Math.floor((slopes.length - spread) / 2)
  const highRank = Math.ceil((slopes.length + spread) / 2)
  return {
    slope,
    low: slopes[lowRank] ?? -Infinity,
    high: slopes[highRank] ?? Infinity,
    intercept: median(points.map(([x, y]) => y - slope * x).sort(ascending)),
  }
}

/** Keeps at most `count` points, evenly spread, always with the last one. */
export function thin<T>(series: readonly T[], count: number): readonly T[] {
  if (series.length <= count) return series
  const step = (series.length - 1) / (count - 1)
  return Array.from({ length: count }, (_, index) => series[Math.round(index * step)]!)
}

/** The middle of a sorted list; NaN when it is empty. */
export function median(sorted: readonly number[]): number {
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

function pairSlopes(points: readonly Point[]): number[] {
  const slopes: number[] = []
  for (let later = 1; later < points.length; later++) {
    const [laterX, laterY] = points[later]!
    for (let earlier = 0; earlier < later; earlier++) {
      const [earlierX, earlierY] = points[earlier]!
      if (laterX !== earlierX) slopes.push((laterY - earlierY) / (laterX - earlierX))
    }
  }
  return slopes.sort(ascending)
}

function ascending(left: number, right: number): number {
  return left - right
}
