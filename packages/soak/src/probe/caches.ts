import type { cacheClosedChannel, cacheOpenedChannel, CacheHandle } from '@plimsoll/core/wire'
import diagnostics from 'node:diagnostics_channel'
import type { Session } from 'node:inspector'

import { heapIdOf } from './holder.ts'
import type { KeeperFacts } from './probe-protocol.ts'

// The probe imports nothing but Node's own modules: the compiler sees to it that these are the names.
const opened: typeof cacheOpenedChannel = 'plimsoll:cache:opened'
const closed: typeof cacheClosedChannel = 'plimsoll:cache:closed'

/** More caches than this in one process are counted no further. */
const MAX_CACHES = 200

/** Caches that announce themselves, and say what they hold and may hold. Answers how to ask them. */
export function watchCaches(): (session: Session | null) => KeeperFacts[] {
  const handles = new Set<CacheHandle>()
  diagnostics.subscribe(opened, (message) => {
    if (handles.size < MAX_CACHES) handles.add(message as CacheHandle)
  })
  diagnostics.subscribe(closed, (message) => void handles.delete(message as CacheHandle))
  return (session) => [...handles].flatMap((handle) => readKeeper(session, handle) ?? [])
}

function readKeeper(session: Session | null, handle: CacheHandle): KeeperFacts | null {
  try {
    const { bytes, budgetBytes } = handle.report()
    if (!handle.keeper || bytes === null || budgetBytes === null) return null
    const objectId = heapIdOf(session, handle.keeper)
    return objectId === null ? null : { objectId, cacheName: String(handle.name), bytes, budgetBytes }
  } catch {
    return null
  }
}
