import type { Reader } from '../reader.ts'
import { amount } from './bounds.ts'

/** Why entries left a cache. */
export const removalCauses = ['eviction', 'expiration', 'invalidation', 'replacement', 'deletion'] as const
export type RemovalCause = (typeof removalCauses)[number]

/** What a cache says of itself. Counts are since its creation. */
export interface CacheReport {
  name: string
  /** `src/catalog/pages.ts:41`, or null when unknown. */
  createdAt: string | null
  /** Null for a registered cache that cannot say. */
  bytes: number | null
  /** Of `bytes`, what is not on V8's heap: arenas, shared memory, buffers. Absent: nothing, or unknown. */
  offHeapBytes?: number
  /** Null when it has no byte budget. */
  budgetBytes: number | null
  entryCount: number | null
  hitCount: number
  missCount: number
  loadCount: number
  removals: Partial<Record<RemovalCause, number>>
  /** What other budgets would do to its hit ratio, when it measures that. */
  curve: { budgetBytes: number; hitRatio: number }[]
}

/**
 * A cache as it hands itself to whoever watches: published on the channel `cacheOpenedChannel`, taken back on
 * `cacheClosedChannel` with the same object.
 */
export interface CacheHandle {
  readonly name: string
  readonly createdAt: string | null
  report(): CacheReport
  clear(): void
  /** Absent when the cache can only be cleared. */
  shrink?(toBytes: number): void
  /**
   * What holds the entries, where `bytes` accounts for all of it and `budgetBytes` bounds it: nobody who looks for what grows
   * need look in there.
   */
  readonly keeper?: object
}

/** The message on `sqlQueryChannel`. */
export interface SqlQuery {
  waitMs: number
  runMs: number
  hasFailed: boolean
}

export function readCacheReport(reader: Reader): CacheReport {
  reader.object()
  const count = { ...amount, fallback: 0 }
  const removals: Partial<Record<RemovalCause, number>> = {}
  for (const cause of removalCauses) {
    const value = reader.at('removals').at(cause).numberOrNull(amount)
    if (value !== null) removals[cause] = value
  }
  const offHeapBytes = reader.at('offHeapBytes').numberOrNull(amount)
  return {
    name: reader.at('name').string({ maxLength: 200 }),
    createdAt: reader.at('createdAt').stringOrNull({ maxLength: 500 }),
    bytes: reader.at('bytes').numberOrNull(amount),
    ...(offHeapBytes === null ? {} : { offHeapBytes }),
    budgetBytes: reader.at('budgetBytes').numberOrNull(amount),
    entryCount: reader.at('entryCount').numberOrNull(amount),
    hitCount: reader.at('hitCount').number(count),
    missCount: reader.at('missCount').number(count),
    loadCount: reader.at('loadCount').number(count),
    removals,
    curve: reader.at('curve').list(
      (point) => ({
        budgetBytes: point.at('budgetBytes').number(amount),
        hitRatio: point.at('hitRatio').number({ min: 0, max: 1 }),
      }),
      { maxLength: 50, isOptional: true },
    ),
  }
}
