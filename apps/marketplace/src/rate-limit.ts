import type { Clock } from '@plimsoll/core'

/** What may be done, how often within a minute, by one client. */
export const rateLimits = { 'sign-in': 20, 'sign-up': 20, search: 600, checkout: 120 } as const
export type RateLimitName = keyof typeof rateLimits

export interface RateLimit {
  /** False when `client` (an address) has done it too often this minute: HTTP 429 with Retry-After. */
  take(name: RateLimitName, client: string): boolean
}

/**
 * Counters of one minute, a bound so that they cannot become the leak. Whoever comes when they are all taken shares one more
 * with all others who do, for each thing that is limited: a flood of addresses costs itself, not those who came before.
 */
const MAX_COUNTERS = 20_000
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
      const own = `${name} ${client}`
      // No client is named so: an address is never empty.
      const key = counts.has(own) || counts.size < MAX_COUNTERS ? own : `${name} `
      const count = (counts.get(key) ?? 0) + 1
      if (count > rateLimits[name] * scale) return false
      counts.set(key, count)
      return true
    },
  }
}
