import type { cacheClosedChannel, cacheOpenedChannel, CacheHandle } from '@plimsoll/core/wire'
import diagnostics from 'node:diagnostics_channel'
import type { Session } from 'node:inspector'

import { heapIdOf } from './holder.ts'
import type { BudgetFacts, KeeperFacts } from './probe-protocol.ts'

// The probe imports nothing but Node's own modules: the compiler sees to it that these are the names.
const opened: typeof cacheOpenedChannel = 'plimsoll:cache:opened'
const closed: typeof cacheClosedChannel = 'plimsoll:cache:closed'

/** More caches than this in one process are counted no further. */
const MAX_CACHES = 200

/** Caches that announce themselves, and say what they hold and may hold. */
export interface AnnouncedCaches {
  /** What they hold, where it is within a budget. */
  heldBytes(): number
  /** The objects that hold their entries. */
  readKeepers(session: Session | null): KeeperFacts[]
  /** Empties those that have a budget and keep it. */
  empty(): BudgetFacts[]
}

export function watchCaches(): AnnouncedCaches {
  const handles = new Set<CacheHandle>()
  diagnostics.subscribe(opened, (message) => {
    if (handles.size < MAX_CACHES) handles.add(message as CacheHandle)
  })
  diagnostics.subscribe(closed, (message) => void handles.delete(message as CacheHandle))
  const budgets = () => [...handles].flatMap((handle) => readBudget(handle) ?? [])
  return {
    heldBytes: () => budgets().reduce((sum, { bytes }) => sum + bytes, 0),
    readKeepers: (session) =>
      budgets().flatMap(({ handle, ...facts }) => {
        const objectId = handle.keeper ? heapIdOf(session, handle.keeper) : null
        return objectId === null ? [] : [{ objectId, ...facts }]
      }),
    empty: () =>
      budgets().flatMap(({ handle, ...facts }) => {
        try {
          handle.clear()
          return [facts]
        } catch {
          // A cache that cannot be emptied keeps what it holds, and is judged with it.
          return []
        }
      }),
  }
}

/** Null for a cache that has no budget in bytes, does not keep it, or cannot say. */
function readBudget(handle: CacheHandle): (BudgetFacts & { handle: CacheHandle }) | null {
  try {
    const { bytes, budgetBytes } = handle.report()
    if (bytes === null || budgetBytes === null || bytes > budgetBytes) return null
    return { handle, cacheName: String(handle.name), bytes, budgetBytes }
  } catch {
    return null
  }
}
