import type { Line } from '@plimsoll/core/trend'

/** A leak that needs longer than this is for the plan, not for an alarm. */
export const HORIZON_MS = 24 * 60 * 60 * 1000

/** How much of the beginning of a span says nothing about its end: a third, and a minute of a young process. */
export function warmUpMs(spanMs: number): number {
  return spanMs < 15 * 60_000 ? Math.min(spanMs / 3, 60_000) : spanMs / 3
}

/**
 * When a rising line meets its limit: earliest by the steep end of the slope's interval, latest by the flat end, in ms.
 * A slope that may as well be none has no latest: then four times the middle one is told.
 */
export function timeToLimit(
  currentBytes: number,
  limitBytes: number,
  bytesPerMs: Line,
): { estimateMs: number; rangeMs: [number, number] } {
  const room = Math.max(0, limitBytes - currentBytes)
  const estimateMs = bytesPerMs.slope > 0 ? room / bytesPerMs.slope : Infinity
  const earliestMs = Number.isFinite(bytesPerMs.high) && bytesPerMs.high > 0 ? room / bytesPerMs.high : estimateMs / 2
  const latestMs = bytesPerMs.low > 0 ? Math.min(room / bytesPerMs.low, 4 * estimateMs) : 4 * estimateMs
  return { estimateMs, rangeMs: [Math.min(earliestMs, estimateMs), Math.max(latestMs, estimateMs)] }
}

/** Part of the heap's limit that is in use when a process may end: its pages are full then, and V8 finds no way to empty one. */
export const LEAST_FULL_SHARE = 0.8
