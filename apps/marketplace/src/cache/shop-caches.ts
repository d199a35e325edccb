import { createCache, type CacheOptions, type FetchOptions, type Storable } from '@plimsoll/cache'

/** What the shop asks of a cache, wherever its entries live. */
export interface ShopCache<K, V extends Storable> {
  get(key: K): V | undefined
  fetch(key: K, options?: FetchOptions<K, V>): Promise<V | undefined>
  /** Settles when whoever else keeps copies has been told, or will be. */
  invalidateTag(tag: string): unknown
}

/** What the shop says of a cache. */
export type ShopCacheOptions<K, V extends Storable> = Required<
  Pick<CacheOptions<K, V>, 'name' | 'maxBytes' | 'ttlMs'>
> &
  Pick<CacheOptions<K, V>, 'staleMs' | 'load' | 'clock'>

/** Where the shop's caches come from. */
export interface ShopCaches {
  create<K extends string | number, V extends Storable>(options: ShopCacheOptions<K, V>): ShopCache<K, V>
  stop(): Promise<void>
}

/** Each worker for itself; changes are told by the primary. */
export const ownCaches: ShopCaches = { create: (options) => createCache(options), stop: async () => {} }
