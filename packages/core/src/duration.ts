/** Milliseconds in a second, a minute, an hour, a day. */
export const SECOND_MS = 1000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** A span for people, two units at most: `4 min 40 s`, `1 h 58 min`, `380 ms`. */
export function formatDuration(spanMs: number): string {
  if (!Number.isFinite(spanMs)) return 'for ever'
  const sign = spanMs < 0 ? '−' : ''
  const ms = Math.abs(spanMs)
  if (ms < SECOND_MS) return `${sign}${Math.round(ms)} ms`
  if (ms < 10 * SECOND_MS) return `${sign}${Number((ms / SECOND_MS).toFixed(1))} s`
  const seconds = Math.round(ms / SECOND_MS)
  if (seconds < 60) return `${sign}${seconds} s`
  const pairs: readonly (readonly [number, string, number, string])[] = [
    [86_400, 'd', 3600, 'h'],
    [3600, 'h', 60, 'min'],
    [60, 'min', 1, 's'],
  ]
  for (const [big, bigName, small, smallName] of pairs) {
    if (seconds < big) continue
    const whole = Math.floor(seconds / big)
    const rest = Math.floor((seconds % big) / small)
    return `${sign}${whole} ${bigName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`
  }
  return `${sign}${seconds} s`
}

const factors: Record<string, number> = { ms: 1, s: SECOND_MS, m: MINUTE_MS, min: MINUTE_MS, h: HOUR_MS, d: DAY_MS }

/** Parses `250ms`, `60s`, `5m`, `8h`, `1h30m` into milliseconds; `null` for anything else (a number without a unit too). */
export function parseDuration(text: string): number | null {
  const compact = text.replaceAll(/\s+/g, '')
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|min|m|h|d))+$/.test(compact)) return null
  let totalMs = 0
  for (const [, count, unit] of compact.matchAll(/(\d+(?:\.\d+)?)(ms|s|min|m|h|d)/g)) {
    totalMs += Number(count) * factors[unit!]!
  }
  return totalMs
}
