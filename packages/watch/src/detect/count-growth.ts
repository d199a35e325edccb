import { judgePlateau, mannKendall, theilSen, thin, type Point } from '@plimsoll/core/trend'
import type { Detector, Moment, View } from './detector.ts'
import { holdersInStep } from './in-step.ts'
import { HORIZON_MS, timeToLimit, warmUpMs } from './time-to-limit.ts'

/** Counted every few seconds, so the look is as long as for memory that is given back late. */
const MIN_WINDOW_MS = 90_000
const MIN_POINTS = 12
const MAX_POINTS = 60
const MAX_P = 0.001
/** How far ahead a window may speak: see the proofs in heap-floor.ts. */
const STRETCH = 4
/** … and with a collection that never lets go and grows in step with it. */
const HELD_STRETCH = 6
const LONGEST_MS = 90 * 60_000
const SINKING_SHARE = 0.85

interface Counted {
  memory: 'handles' | 'threads'
  read(moment: Moment): number | null
  limit(view: View): number | null
  minGrowth: number
}

/** Open files, sockets and other descriptors, against what the system allows this process. */
export const handleGrowth: Detector = countGrowth({
  memory: 'handles',
  read: ({ descriptorCount }) => descriptorCount ?? null,
  limit: ({ descriptorLimit }) => descriptorLimit ?? null,
  minGrowth: 64,
})

/** Threads: a worker that is started for each job and never ends. Their number has no limit of its own; their memory has. */
export const threadGrowth: Detector = countGrowth({
  memory: 'threads',
  read: ({ threadCount }) => threadCount ?? null,
  limit: () => null,
  minGrowth: 12,
})

function countGrowth({ memory, read, limit, minGrowth }: Counted): Detector {
  return {
    name: `${memory}-growth`,
    memory,
    basis: 'moment',
    judge(view) {
      const all = view.moments.flatMap((moment): Point[] => {
        const count = read(moment)
        return count === null ? [] : [[moment.atMs, count]]
      })
      const first = all[0]
      const last = all.at(-1)
      if (!first || !last || last[0] - first[0] < MIN_WINDOW_MS) return null
      const fromMs = first[0] + warmUpMs(last[0] - first[0])
      const series = thin(
        all.filter(([atMs]) => atMs >= fromMs),
        MAX_POINTS,
      )
      const values = series.map(([, count]) => count)
      if (series.length < MIN_POINTS || mannKendall(values).p > MAX_P) return null
      const line = theilSen(series)
      const windowMs = last[0] - fromMs
      const growth = line.slope * windowMs
      const most = limit(view)
      const left = timeToLimit(last[1], most ?? Infinity, line)
      if (growth < minGrowth || (most !== null && left.estimateMs > HORIZON_MS)) return null
      const isStraight = judgePlateau(series, { spanCount: 4, minLastToLargest: 0.6 }).isRefused
      const horizon = { nowMs: view.nowMs, limitAtMs: view.nowMs + left.estimateMs }
      // A collection that holds them has one entry for each, or for every few.
      const held = holdersInStep(view.holders, series, 0.2, horizon).filter(({ perEntry }) => perEntry < 5)
      const stretch = held.length > 0 ? HELD_STRETCH : STRETCH
      const isLongEnough = most === null || windowMs >= Math.min(left.estimateMs / stretch, LONGEST_MS)
      const isNear = most !== null && last[1] >= SINKING_SHARE * most
      const verdict = !isStraight || !isLongEnough ? 'growing' : isNear ? 'sinking' : 'leaking'
      const perMin = (slope: number) => Math.round((Number.isFinite(slope) ? slope : line.slope) * 60_000)
      return {
        kind: 'memory-growth',
        memory,
        verdict,
        severity: verdict === 'growing' ? 'info' : verdict === 'leaking' ? 'warning' : 'critical',
        slope: { estimate: perMin(line.slope), low: perMin(line.low), high: perMin(line.high), unit: 'countPerMin' },
        timeToLimitMs: most === null ? null : left.rangeMs,
        limitBytes: most,
        currentBytes: last[1],
        growthBytes: growth,
        windowMs,
        bytesPerRequest: null,
        requestsPerSecond: null,
        series: series.map(([atMs, count]): [number, number] => [Math.round(atMs), count]),
        holders: held.slice(0, 5).map(({ id, correlation }) => ({ id, share: correlation ** 2 / 2 })),
        isCertain: false,
        doubts: verdict === 'growing' ? ['it may still bend into a plateau'] : [],
      }
    },
  }
}
