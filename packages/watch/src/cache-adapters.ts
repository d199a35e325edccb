import type { CacheRegistration } from './register-cache.ts'

/** What of an `lru-cache` (version 7 or newer) is needed to let the watch clear or shrink it. */
export interface LruCacheLike {
  readonly size: number
  readonly calculatedSize?: number
  clear(): void
  pop(): unknown
}

/**
 * An `lru-cache`, for `registerCache`: `registerCache('pages', fromLruCache(pages))`. Cleared when memory runs out; shrunk by letting
 * the least recently used go, if the cache counts in bytes (`maxSize` with a `sizeCalculation` in bytes: say `countsBytes`).
 */
export function fromLruCache(cache: LruCacheLike, { countsBytes = false } = {}): CacheRegistration {
  const clear = (): void => cache.clear()
  const entryCount = (): number => cache.size
  if (!countsBytes) return { clear, entryCount }
  const bytes = (): number => cache.calculatedSize ?? 0
  return {
    clear,
    entryCount,
    bytes,
    shrink(toBytes) {
      while (bytes() > toBytes && cache.size > 0) cache.pop()
    },
  }
}

/** What of a `node-cache` (version 4 or newer) is needed to let the watch clear it. */
export interface NodeCacheLike {
  flushAll(): void
  keys(): readonly unknown[]
}

/** A `node-cache`, for `registerCache`: `registerCache('sessions', fromNodeCache(sessions))`. */
export function fromNodeCache(cache: NodeCacheLike): CacheRegistration {
  return { clear: () => cache.flushAll(), entryCount: () => cache.keys().length }
}
