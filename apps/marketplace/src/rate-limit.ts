import type { Clock } from '@plimsoll/core'

/** What may be done, how often within a minute, by one client. */
export const rateLimits = { 'sign-in': 20, 'sign-up': 20, search: 600, checkout: 120 } as const
export type RateLimitName = keyof typeof rateLimits

export interface RateLimit {
  /** False when `client` (an address) has done it too often this minute: HTTP 429 with Retry-After. */
  take(name: RateLimitName, client: string): boolean
}

/** Counters of one minute; more clients than this share what is left, so that the counters cannot become the leak. */
const MAX_CLIENTS = 20_000
const WINDOW_MS = 60_000

/** Fixed windows of a minute, counted per worker. `scale` multiplies every limit: load from one address needs a larger one. */
export function createRateLimit(clock: Clock, scale = 1): RateLimit {
  let windowEndsMs = 0
  const counts = new Map<string, number>()
  return {
    take(name, client) {
      const nowMs = clock.monotonicMs()
      if (nowMs >= windowEndsMs) {
        counts.clear()
        windowEndsMs = nowMs + WINDOW_MS
      }
      const key = `${name} ${client}`
      const count = (counts.get(key) ?? 0) + 1
      if (count > rateLimits[name] * scale) return false
      if (counts.size < MAX_CLIENTS || counts.has(key)) counts.set(key, count)
      return true
    },
  }
}
