import { createCache, type Cache } from '../cache.ts'
import type { CacheOptions } from '../options.ts'

export type ApolloCacheOptions = Omit<CacheOptions<string, string>, 'load' | 'loadTimeoutMs' | 'staleMs'>

/** Apollo Server's `KeyValueCache<string>`. */
export interface ApolloCache {
  get(key: string): Promise<string | undefined>
  /** @param options.ttl in seconds, as Apollo counts; null or none: as the cache's own `ttlMs` */
  set(key: string, value: string, options?: { ttl?: number | null }): Promise<void>
  delete(key: string): Promise<boolean>
  /** The cache behind it. */
  readonly cache: Cache<string, string>
}

/**
 * A bounded cache for `new ApolloServer({ cache })`.
 * @throws InvalidOptionError as {@link createCache}
 */
export function createApolloCache(options: ApolloCacheOptions): ApolloCache {
  const cache = createCache<string, string>(options)
  return {
    cache,
    get: async (key) => cache.get(key),
    async set(key, value, { ttl } = {}) {
      if (typeof ttl === 'number' && ttl <= 0) cache.delete(key)
      else cache.set(key, value, typeof ttl === 'number' ? { ttlMs: ttl * 1000 } : undefined)
    },
    delete: async (key) => cache.delete(key),
  }
}
