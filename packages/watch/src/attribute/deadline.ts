import { types } from 'node:util'

const SECOND_MS = 1000
const DAY_MS = 24 * 3600 * SECOND_MS
/** A moment further away is no deadline but a date. */
const MAX_AHEAD_MS = 30 * DAY_MS
const MAX_PROPERTIES = 16
const deadlineName = /expir|maxage|max_age|ttl|deadline|until|evict|stale|valid/i

/**
 * When an entry says itself that it should go, in epoch ms: a moment that lies ahead under whatever name (`{ t: 1764…, v }`), or one
 * that has passed under a name that means it (`expiresAt`). An entry may be nothing but that moment (`revoked.set(id, expiresAtMs)`).
 * Null when it says nothing. Reads own data properties only.
 */
export function deadlineOf(value: unknown, nowMs: number): number | null {
  if (typeof value === 'number' || types.isDate(value)) {
    const atMs = momentOf(value, false, nowMs)
    return atMs !== null && atMs > nowMs + SECOND_MS ? atMs : null
  }
  if (typeof value !== 'object' || value === null || types.isProxy(value) || Array.isArray(value)) return null
  let ahead: number | null = null
  for (const key of Object.keys(value).slice(0, MAX_PROPERTIES)) {
    const field: unknown = Object.getOwnPropertyDescriptor(value, key)?.value
    const isNamed = deadlineName.test(key)
    const atMs = momentOf(field, isNamed, nowMs)
    if (atMs === null) continue
    if (isNamed) return atMs
    if (atMs > nowMs + SECOND_MS) ahead ??= atMs
  }
  return ahead
}

/** Who sweeps now and then may take this long after an entry's deadline. */
const SWEEP_MS = 60_000

/**
 * What the oldest entry says, or what it said before its moment had passed: `{ t: 1764…, v }` that waits for the next sweep says nothing
 * by itself, since any moment in the past might be its birth. A moment that still lies ahead was said by another entry, which has gone.
 */
export function deadlineSince(before: number | null, oldest: unknown, nowMs: number): number | null {
  const said = deadlineOf(oldest, nowMs)
  // What lies a second ahead at most says nothing already (see `deadlineOf`).
  return said ?? (before !== null && before <= nowMs + SECOND_MS && nowMs - before <= SWEEP_MS ? before : null)
}

function momentOf(field: unknown, isNamed: boolean, nowMs: number): number | null {
  const value = types.isDate(field) ? Number(field) : field
  if (typeof value !== 'number') return null
  const isNear = (atMs: number) => atMs > nowMs - MAX_AHEAD_MS && atMs < nowMs + MAX_AHEAD_MS
  if (isNear(value)) return value
  return isNamed && isNear(value * SECOND_MS) ? value * SECOND_MS : null
}
