import { SieveCache } from '@neophi/sieve-cache'
import { createCache } from '@plimsoll/cache'
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { CacheableMemory } from 'cacheable'
import { LRUCache } from 'lru-cache'
import { LRUMap } from 'mnemonist'
import NodeCache from 'node-cache'
import QuickLru from 'quick-lru'
import transitory from 'transitory'

const BYTES = 100

/**
 * Caches of so many entries, as their users write them; ours and lru-cache are told that each entry has 100 bytes. A bare
 * Map has no bound and is the measure. Those that answer with promises are marked.
 * @type {Record<string, { isAsync?: boolean, create: (entryCount: number) => { get(key: string): unknown, set(key: string, value: unknown): unknown } }>}
 */
export const peers = {
  Map: { create: () => new Map() },
  plimsoll: {
    create(entryCount) {
      const cache = createCache({ maxBytes: BYTES * entryCount })
      const options = { bytes: BYTES }
      return { get: (key) => cache.get(key), set: (key, value) => cache.set(key, value, options) }
    },
  },
  'lru-cache': {
    create(entryCount) {
      const cache = new LRUCache({ max: entryCount, maxSize: BYTES * entryCount })
      const options = { size: BYTES }
      return { get: (key) => cache.get(key), set: (key, value) => cache.set(key, value, options) }
    },
  },
  mnemonist: { create: (entryCount) => new LRUMap(entryCount) },
  'sieve-cache': { create: (entryCount) => new SieveCache(entryCount) },
  'quick-lru': { create: (entryCount) => new QuickLru({ maxSize: entryCount }) },
  transitory: {
    create(entryCount) {
      const cache = transitory.newCache().maxSize(entryCount).build()
      return { get: (key) => cache.getIfPresent(key) ?? undefined, set: (key, value) => cache.set(key, value) }
    },
  },
  'cacheable (memory)': { create: (entryCount) => new CacheableMemory({ lruSize: Math.min(entryCount, 2 ** 24) }) },
  'node-cache': {
    // It refuses what is too many rather than to evict, so it gets no bound.
    create: () => new NodeCache({ useClones: false, checkperiod: 0 }),
  },
  bentocache: {
    isAsync: true,
    create(entryCount) {
      const store = bentostore().useL1Layer(memoryDriver({ maxItems: entryCount, serialize: false }))
      const bento = new BentoCache({ default: 'memory', stores: { memory: store } })
      return { get: (key) => bento.get({ key }), set: (key, value) => bento.set({ key, value }) }
    },
  },
}
