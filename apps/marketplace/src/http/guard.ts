import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a request that changes something may come from one of our own pages, by what the browser says of it. What says
 * nothing (an old browser, a program) passes: the token in the form decides then, as it does for all others as well.
 */
export function isFromOurPages(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const { origin, host } = headers
  if (origin === undefined) return true
  return URL.canParse(origin) && new URL(origin).host === host
}

/** A place on this site to go on to after signing in; anything else (another site, a scheme) becomes `fallback`. */
export function toLocalPath(typed: unknown, fallback: string): string {
  if (typeof typed !== 'string' || typed.length > 300) return fallback
  return /^\/(?![/\\])[\w\-./?=&%+]*$/.test(typed) ? typed : fallback
}

/** The number in a path, or `null` when it cannot be one of ours. */
export function parseId(typed: string): number | null {
  const id = /^[1-9]\d{0,9}$/.test(typed) ? Number(typed) : NaN
  return id <= 2_147_483_647 ? id : null
}
