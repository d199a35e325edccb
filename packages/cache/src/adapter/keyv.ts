import { createCache, type Cache } from '../cache.ts'
import type { CacheOptions } from '../options.ts'

/** What Keyv hands to a store: its own serialised text, or with `serialize: false` an object around the value. */
export type KeyvStored = string | object

export type KeyvStoreOptions = Omit<CacheOptions<string, KeyvStored>, 'load' | 'loadTimeoutMs' | 'staleMs'>

/**
 * A store for Keyv 5 and 6, and so for cache-manager 6 and 7, that cannot outgrow its bound. As with any store of Keyv's, one for each
 * namespace; several may share one cache, and with it one bound. Keyv 5 does not tell a store which namespace is to be cleared: one that
 * stands under several clears them all, rather than leave what was to go.
 * @param cache how to make one, or one that exists already
 * @example
 * const keyv = new Keyv({ store: createKeyvStore({ maxBytes: 64 * 1024 * 1024 }) })
 * const manager = createCacheManager({ stores: [keyv] })
 * @throws InvalidOptionError as {@link createCache}
 */
export function createKeyvStore(cache: KeyvStoreOptions | Cache<string, KeyvStored>): KeyvStore {
  return new KeyvStore('invalidateTag' in cache ? cache : createCache<string, KeyvStored>(cache))
}

/** A store under more names than these is a mistake, and remembering them all would be a leak: it clears its whole cache. */
const MOST_NAMESPACES = 64

export class KeyvStore {
  /** Keyv and its tests expect one of every store. */
  readonly opts: Record<string, unknown> = { url: 'plimsoll:cache' }
  readonly cache: Cache<string, KeyvStored>
  #namespace: string | undefined
  readonly #namespaces = new Set<string | undefined>()

  /** Use {@link createKeyvStore}. */
  constructor(cache: Cache<string, KeyvStored>) {
    this.cache = cache
  }

  get namespace(): string | undefined {
    return this.#namespace
  }

  /** Written by each Keyv that is given this store; {@link clear} clears what they all hold. */
  set namespace(namespace: string | undefined) {
    this.#namespace = namespace
    if (this.#namespaces.size <= MOST_NAMESPACES) this.#namespaces.add(namespace)
  }

  // All of it async, or Keyv 6 takes the store for a Map, and itself for who knows its namespaces.

  async get(key: string): Promise<KeyvStored | undefined> {
    return this.cache.get(key)
  }

  async getMany(keys: readonly string[]): Promise<(KeyvStored | undefined)[]> {
    return keys.map((key) => this.cache.get(key))
  }

  /** @param ttlMs none: as the store's own `ttlMs` */
  async set(key: string, value: KeyvStored, ttlMs?: number): Promise<boolean> {
    this.cache.set(key, value, ttlMs !== undefined && ttlMs > 0 ? { ttlMs } : undefined)
    return true
  }

  async has(key: string): Promise<boolean> {
    return this.cache.has(key)
  }

  async delete(key: string): Promise<boolean> {
    return this.cache.delete(key)
  }

  // No deleteMany: Keyv 5 wants one answer for all keys of it and Keyv 6 one for each; from `delete` both make their own.

  async clear(): Promise<void> {
    const prefixes = Array.from(this.#namespaces, (namespace) => this.#prefix(namespace))
    if (prefixes.length === 0 || prefixes.length > MOST_NAMESPACES || prefixes.includes('')) return this.cache.clear()
    for (const key of [...this.cache.keys()]) {
      if (prefixes.some((prefix) => key.startsWith(prefix))) this.cache.delete(key)
    }
  }

  /** Keyv 5 iterates only over stores that it knows by name. */
  async *iterator(namespace?: string): AsyncGenerator<[string, KeyvStored]> {
    const prefix = this.#prefix(namespace)
    for (const entry of this.cache.entries()) if (entry[0].startsWith(prefix)) yield entry
  }

  async disconnect(): Promise<void> {
    this.cache.close()
  }

  #prefix(namespace: string | undefined): string {
    return namespace ? `${namespace}:` : ''
  }
}
