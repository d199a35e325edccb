import { channel } from 'node:diagnostics_channel'
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheClosedChannel, cacheOpenedChannel, type CacheHandle } from '@plimsoll/core/wire'

/** Tells whoever watches that a cache exists. Costs nothing when nobody does. */
export function announceOpened(handle: CacheHandle): void {
  channel(cacheOpenedChannel).publish(handle)
}

export function announceClosed(handle: CacheHandle): void {
  channel(cacheClosedChannel).publish(handle)
}

/**
 * Where `callee` was called from: `src/catalog/pages.ts:41`, relative to the working directory; null where the stack does
 * not tell. Captures one stack frame, once a cache.
 */
export function callSiteOf(
  callee: ((...args: never[]) => unknown) | (new (...args: never[]) => unknown),
): string | null {
  const holder: { stack?: unknown } = {}
  const limit = Error.stackTraceLimit
  try {
    Error.stackTraceLimit = 1
    Error.captureStackTrace(holder, callee)
    return typeof holder.stack === 'string' ? placeIn(holder.stack) : null
  } catch {
    return null
  } finally {
    Error.stackTraceLimit = limit
  }
}

function placeIn(stack: string): string | null {
  const match = /\n\s+at (?:.*\()?(\S.*?):(\d+):\d+\)?\s*$/.exec(stack)
  if (!match) return null
  const [, place, line] = match as unknown as [string, string, string]
  const path = place.startsWith('file:') ? fileURLToPath(place) : place
  const inside = relative(process.cwd(), path)
  return `${(inside.startsWith('..') ? path : inside).replaceAll(sep, '/')}:${line}`
}
