import { formatBytes } from '@plimsoll/core'
import type { EventDetector } from './detector.ts'

/** Share of the time, over this long, that collecting takes when a process is about to do nothing else. */
const MIN_SHARE = 0.4
const SPAN_MS = 10_000

/** The process spends its time collecting garbage instead of serving. */
export const gcThrash: EventDetector = {
  name: 'gc-thrash',
  judge({ moments, heapLimitBytes, nowMs }) {
    const recent = moments.filter(({ atMs }) => atMs > nowMs - SPAN_MS)
    const spanMs = recent.reduce((sum, { windowMs }) => sum + windowMs, 0)
    if (recent.length < 4 || spanMs < SPAN_MS / 2) return null
    const share = recent.reduce((sum, { gcShare, windowMs }) => sum + gcShare * windowMs, 0) / spanMs
    const majorCount = recent.reduce((sum, { majorCount: count }) => sum + count, 0)
    if (share < MIN_SHARE || majorCount === 0) return null
    return {
      kind: 'gc-thrash',
      severity: share >= 0.6 ? 'critical' : 'warning',
      sentence:
        `spends ${Math.round(share * 100)} % of its time in garbage collection, with ` +
        `${formatBytes(recent.at(-1)!.heapUsedBytes)} of ${formatBytes(heapLimitBytes)} heap in use.`,
    }
  },
}
