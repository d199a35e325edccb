import { theilSen, type Point } from './theil-sen.ts'

/** Is a rising series on its way to a plateau? */
export interface PlateauJudgement {
  /** Slope of each span, first to last, in y per x; empty when there are too few points to tell. */
  slopes: number[]
  /** The last span's slope against the largest of the spans before it: 1 for a straight line, below it when the curve bends. */
  lastToLargest: number
  /** True when every span rises and the last rises nearly as steeply as those before: nothing speaks for a plateau. */
  isRefused: boolean
}

export interface PlateauOptions {
  /** Successive spans of equal length along x. Default 3. */
  spanCount?: number
  /** Points a span must have. Default 3. */
  minPointsPerSpan?: number
  /** How much of the largest earlier slope the last must keep, 0..1. Default 0.6. */
  minLastToLargest?: number
}

/**
 * A cache that fills and a leak are the same curve until the cache's bends. So a plateau is refused only when each of
 * several successive spans rises, and the last still rises nearly as steeply as the steepest before it: an exponential
 * fill with time constant τ passes only while the whole series is shorter than about τ, and a power law t^0.7 does not.
 * Spans are of equal length along x, so with requests as x a change of traffic does not look like a bend.
 */
export function judgePlateau(series: readonly Point[], options: PlateauOptions = {}): PlateauJudgement {
  const { spanCount = 3, minPointsPerSpan = 3, minLastToLargest = 0.6 } = options
  const spans = splitBySpan(series, spanCount)
  if (spans.length < spanCount || spans.some((span) => span.length < minPointsPerSpan)) {
    return { slopes: [], lastToLargest: 0, isRefused: false }
  }
  const slopes = spans.map((span) => theilSen(span).slope)
  const largest = Math.max(...slopes.slice(0, -1))
  const lastToLargest = largest > 0 ? slopes.at(-1)! / largest : 0
  return { slopes, lastToLargest, isRefused: slopes.every((slope) => slope > 0) && lastToLargest >= minLastToLargest }
}

/** Each span also gets the last point of the one before, so that a step between two spans belongs to one of them. */
function splitBySpan(series: readonly Point[], spanCount: number): Point[][] {
  const first = series[0]
  const last = series.at(-1)
  if (!first || !last || last[0] <= first[0]) return []
  const spanLength = (last[0] - first[0]) / spanCount
  const spans: Point[][] = Array.from({ length: spanCount }, () => [])
  let previous: Point | undefined
  let previousSpan = 0
  for (const point of series) {
    const span = Math.min(spanCount - 1, Math.floor((point[0] - first[0]) / spanLength))
    if (previous && span > previousSpan) spans[span]!.push(previous)
    spans[span]!.push(point)
    previous = point
    previousSpan = span
  }
  return spans
}
