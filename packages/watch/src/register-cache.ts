import diagnostics from 'node:diagnostics_channel'
import { InvalidOptionError } from '@plimsoll/core'
import { cacheClosedChannel, cacheOpenedChannel, type CacheHandle } from '@plimsoll/core/wire'

/** What the owner of a cache allows the watch to do with it. */
export interface CacheRegistration {
  /** Empties it. Must be safe at any moment: what was in it is loaded again. */
  clear(): void
  /** Makes it smaller, to at most so many bytes. */
  shrink?(toBytes: number): void
  /** Bytes it holds now, when it can say. */
  bytes?(): number
  /** Entries it holds now, when it can say. */
  entryCount?(): number
}

export interface RegisteredCache {
  /** Takes the registration back. */
  unregister(): void
}

/**
 * Tells the watch of a cache of your own, in one line: `registerCache('pages', { clear: () => pages.clear() })`. When memory
 * runs out, clearing it is tried before the process is replaced, if the watch may act at all (`PLIMSOLL_ACT`). Without the
 * watch it does nothing and costs nothing. Caches of `@plimsoll/cache` announce themselves.
 * @throws `InvalidOptionError` without a name or a `clear`
 */
export function registerCache(name: string, { clear, shrink, bytes, entryCount }: CacheRegistration): RegisteredCache {
  const faults = [
    ...(typeof name === 'string' && name !== ''
      ? []
      : [{ where: 'name', what: 'must be a text that says what is cached' }]),
    ...(typeof clear === 'function' ? [] : [{ where: 'clear', what: 'must be a function that empties the cache' }]),
  ]
  if (faults.length > 0) throw new InvalidOptionError('registerCache', faults)
  const handle: CacheHandle = {
    name,
    createdAt: null,
    report: () => ({
      name,
      createdAt: null,
      bytes: bytes ? bytes() : null,
      budgetBytes: null,
      entryCount: entryCount ? entryCount() : null,
      hitCount: 0,
      missCount: 0,
      loadCount: 0,
      removals: {},
      curve: [],
    }),
    clear: () => clear(),
    ...(shrink ? { shrink: (toBytes: number) => shrink(toBytes) } : {}),
  }
  diagnostics.channel(cacheOpenedChannel).publish(handle)
  return { unregister: () => diagnostics.channel(cacheClosedChannel).publish(handle) }
}
