import { DAY_MS, HOUR_MS } from '@plimsoll/core'

/** How much deeper the same hour of the day lies, day after day. */
export interface LongGrowth {
  /** From the first floor to the last that was looked at. */
  spanMs: number
  bytesPerDay: number
  /** Between these lie the middle half of the comparisons. */
  lowBytesPerDay: number
  highBytesPerDay: number
}

/** The same hour is compared over a whole day of hours at least. */
const MIN_SPAN_MS = 2 * DAY_MS
/** After its start a process warms up. */
const WARM_UP_MS = 2 * HOUR_MS
/** Pauses between roll-ups do no harm; a day that is half missing does. */
const MIN_PAIRS = 72
const RISING_SHARE = 0.95
/** A cache that fills is a curve that bends: of its growth of the day before, so much must be left. */
const MIN_STILL_RISING = 0.6
/** The same ten minutes of the day before, or their neighbours. */
const TOLERANCE_MS = 15 * 60_000

/**
 * Does a floor rise over days? Each floor is compared with that of a day before, so that a service whose depth follows its
 * traffic is compared with itself: the seasonal form of Sen's slope. It rises when nearly every comparison says so and the last
 * comparisons say it nearly as loudly as the first. Null when it does not, or with fewer than two days.
 * @param floors the lowest floor of each ten minutes, the oldest first: instant in ms and bytes
 * @see Hirsch, Slack, Smith. “Techniques of Trend Analysis for Monthly Water Quality Data.” Water Resources Research 18(1), 1982
 */
export function judgeLongGrowth(floors: readonly (readonly [atMs: number, bytes: number])[]): LongGrowth | null {
  const first = floors[0]
  const last = floors.at(-1)
  if (!first || !last || last[0] - first[0] < MIN_SPAN_MS) return null
  const sinceMs = first[0] + WARM_UP_MS
  const rises: number[] = []
  let before = 0
  for (const [atMs, bytes] of floors) {
    const wantedMs = atMs - DAY_MS
    if (wantedMs < sinceMs) continue
    while (floors[before]![0] < wantedMs) before++
    const [beforeMs, beforeBytes] = floors[before]!
    if (beforeMs - wantedMs > TOLERANCE_MS) continue
    rises.push(((bytes - beforeBytes) / (atMs - beforeMs)) * DAY_MS)
  }
  if (rises.length < MIN_PAIRS || rises.filter((rise) => rise > 0).length < RISING_SHARE * rises.length) return null
  const third = Math.floor(rises.length / 3)
  const earliest = quantile(rises.slice(0, third), 0.5)
  const latest = quantile(rises.slice(-third), 0.5)
  if (latest < MIN_STILL_RISING * earliest) return null
  return {
    spanMs: last[0] - first[0],
    bytesPerDay: quantile(rises, 0.5),
    lowBytesPerDay: quantile(rises, 0.25),
    highBytesPerDay: quantile(rises, 0.75),
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}
