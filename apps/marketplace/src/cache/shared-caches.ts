import { startGovernor, type FetchOptions, type Storable } from '@plimsoll/cache'
import { startRedisTier } from '@plimsoll/cache/redis'
import { MiB, messageOf, type Clock } from '@plimsoll/core'
import { Redis } from 'ioredis'
import type { Log } from '../log.ts'
import type { ShopCache, ShopCacheOptions, ShopCaches } from './shop-caches.ts'

/** What the caches of one worker hold together, about as much as they do one by one without a governor. */
const BUDGET_BYTES = 64 * MiB

/** Caches with one budget and, behind them, a Redis that the workers of all hosts share: what one changes, all forget. */
export function startSharedCaches(redisUrl: string, { clock, log }: { clock: Clock; log: Log }): ShopCaches {
  // A pattern for the tier's own connections: it never connects.
  const redis = new Redis(redisUrl, { lazyConnect: true })
  const tier = startRedisTier({ redis, namespace: 'longshore', clock })
  const governor = startGovernor({ maxBytes: BUDGET_BYTES, clock })
  return {
    create<K extends string | number, V extends Storable>(options: ShopCacheOptions<K, V>) {
      const { name, maxBytes, ttlMs, staleMs = 0, load } = options
      const cache = tier.createCache<V>({
        name,
        // Room beyond its own share, when the others can do with less.
        maxBytes: Math.min(BUDGET_BYTES, 2 * maxBytes),
        ttlMs,
        staleMs,
        governor,
        ...(load ? { load: (key, context) => load(key as K, context) } : {}),
      })
      // What the workers before this one were asked for most is here two seconds from now; nobody waits for it.
      void cache.warm().then((report) => log.info('warmed', { cache: name, ...report }))
      const shared: ShopCache<K, V> = {
        get: (key) => cache.get(String(key)),
        fetch: (key, given = {}) => cache.fetch(String(key), given as FetchOptions<string, V>),
        invalidateTag: (tag) => cache.invalidateTag(tag),
      }
      return shared
    },
    async stop() {
      governor.stop()
      await tier.stop().catch((error: unknown) => log.warn('the second tier', { why: messageOf(error) }))
    },
  }
}
