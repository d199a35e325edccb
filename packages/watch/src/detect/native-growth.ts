import { judgePlateau, mannKendall, theilSen, thin, type Point } from '@plimsoll/core/trend'
import type { Detector, Moment } from './detector.ts'
import { holdersInStep } from './in-step.ts'
import { HORIZON_MS, timeToLimit, warmUpMs } from './time-to-limit.ts'

/** Allocators keep what was freed and give it back late, so little growth over little time says nothing. */
const MIN_WINDOW_MS = 120_000
const MIN_GROWTH_BYTES = 32 * 1024 * 1024
const MAX_POINTS = 60
const MIN_POINTS = 12
const MAX_P = 0.001
/** How far ahead a window may speak: see the proofs in heap-floor.ts. */
const STRETCH = 3.5
/** … and with a collection that never lets go and grows in step with it. */
const HELD_STRETCH = 6
/** Less than this for an entry is none of an add-on's objects. */
const MIN_BYTES_PER_ENTRY = 512
const LONGEST_MS = 90 * 60_000
const SINKING_SHARE = 0.9

/** Memory of the process that V8 does not know of: add-ons, threads, the allocator's own slack. */
export const nativeGrowth: Detector = {
  name: 'native-growth',
  memory: 'native',
  basis: 'moment',
  judge(view) {
    const { moments, memoryLimitBytes } = view
    const first = moments[0]
    const last = moments.at(-1)
    if (!first || !last || memoryLimitBytes === null || last.atMs - first.atMs < MIN_WINDOW_MS) return null
    // What comes first is warm-up at best and a bend at worst; either way it does not speak for a leak.
    const fromMs = first.atMs + warmUpMs(last.atMs - first.atMs)
    const window = moments.filter(({ atMs }) => atMs >= fromMs)
    const series = lowest(
      window.map((moment): Point => [moment.atMs, nativeBytes(moment)]),
      MAX_POINTS,
    )
    if (!isRising(series)) return null
    const line = theilSen(series)
    const windowMs = last.atMs - fromMs
    const growthBytes = line.slope * windowMs
    const limit = timeToLimit(last.rssBytes, memoryLimitBytes, line)
    if (growthBytes < MIN_GROWTH_BYTES || limit.estimateMs > HORIZON_MS) return null
    const horizon = { nowMs: view.nowMs, limitAtMs: view.nowMs + limit.estimateMs }
    const held = holdersInStep(view.holders, series, MIN_BYTES_PER_ENTRY, horizon)
    const stretch = held.length > 0 ? HELD_STRETCH : STRETCH
    const isStraight = judgePlateau(series, { spanCount: 4, minLastToLargest: 0.6 }).isRefused
    const isLongEnough = windowMs >= Math.min(limit.estimateMs / stretch, LONGEST_MS)
    const isProven = isStraight && isLongEnough
    const isNear = last.rssBytes >= SINKING_SHARE * memoryLimitBytes
    const verdict = !isProven ? 'growing' : isNear ? 'sinking' : 'leaking'
    return {
      kind: 'memory-growth',
      memory: 'native',
      verdict,
      severity: verdict === 'growing' ? 'info' : verdict === 'leaking' ? 'warning' : 'critical',
      slope: {
        estimate: Math.round(line.slope * 60_000),
        low: Math.round(line.low * 60_000),
        high: Math.round(line.high * 60_000),
        unit: 'bytesPerMin',
      },
      timeToLimitMs: limit.rangeMs,
      limitBytes: memoryLimitBytes,
      currentBytes: last.rssBytes,
      growthBytes,
      windowMs,
      bytesPerRequest: null,
      requestsPerSecond: null,
      series: series.map(([atMs, bytes]): [number, number] => [Math.round(atMs), Math.round(bytes)]),
      // Nobody can weigh it, so how well it goes in step stands for the share, and never for all of it.
      holders: held.slice(0, 5).map(({ id, correlation }) => ({ id, share: correlation ** 2 / 2 })),
      isCertain: false,
      doubts: isProven
        ? notExcluded(held.length)
        : ['native memory is given back late and it may still bend into a plateau'],
    }
  },
}

/** A worker has a heap of its own, of which the process as a whole knows only that it is there. */
function notExcluded(heldCount: number): string[] {
  return heldCount > 0 ? [] : ['the heap of a worker thread, where there are such: it counts as native here']
}

function nativeBytes({ rssBytes, heapTotalBytes, externalBytes }: Moment): number {
  return rssBytes - heapTotalBytes - externalBytes
}

/** By more than chance. */
export function isRising(series: readonly Point[]): boolean {
  return series.length >= MIN_POINTS && mannKendall(series.map(([, bytes]) => bytes)).p <= MAX_P
}

/** The lowest of each group: what the process could do with, not what it touched for a moment. */
export function lowest(points: readonly Point[], count: number): readonly Point[] {
  const groupSize = Math.max(1, Math.floor(points.length / count))
  const groups: Point[] = []
  for (let start = 0; start + groupSize <= points.length; start += groupSize) {
    const group = points.slice(start, start + groupSize)
    groups.push(group.reduce((left, right) => (left[1] <= right[1] ? left : right)))
  }
  return thin(groups, count)
}
