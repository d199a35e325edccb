import diagnostics from 'node:diagnostics_channel'
import { cacheOpenedChannel, type CacheHandle } from '@plimsoll/core/wire'
import { LRUCache } from 'lru-cache'
import NodeCache from 'node-cache'
import { expect, test } from 'vitest'
import { fromLruCache, fromNodeCache } from './cache-adapters.ts'
import { registerCache, type CacheRegistration } from './register-cache.ts'

/** Registers it, and answers what the watch hears. */
function register(registration: CacheRegistration): CacheHandle {
  const heard: CacheHandle[] = []
  const listen = (message: unknown): void => void heard.push(message as CacheHandle)
  diagnostics.subscribe(cacheOpenedChannel, listen)
  registerCache('pages', registration)
  diagnostics.unsubscribe(cacheOpenedChannel, listen)
  return heard[0]!
}

test('an lru-cache is counted and cleared', () => {
  const cache = new LRUCache<string, string>({ max: 100 })
  cache.set('a', '1').set('b', '2')
  const handle = register(fromLruCache(cache))
  expect(handle.report()).toMatchObject({ name: 'pages', entryCount: 2, bytes: null })
  expect(handle.shrink).toBeUndefined()
  handle.clear()
  expect(cache.size).toBe(0)
})

test('an lru-cache that counts in bytes is shrunk, the least recently used first', () => {
  const cache = new LRUCache<string, string>({ maxSize: 1000, sizeCalculation: (text) => text.length })
  for (const key of ['old', 'middle', 'new']) cache.set(key, 'x'.repeat(300))
  const handle = register(fromLruCache(cache, { countsBytes: true }))
  expect(handle.report()).toMatchObject({ bytes: 900 })
  handle.shrink!(400)
  expect([...cache.keys()]).toEqual(['new'])
  handle.shrink!(0)
  expect(cache.size).toBe(0)
})

test('a node-cache is counted and cleared', () => {
  const cache = new NodeCache({ checkperiod: 0 })
  cache.set('a', { b: 1 })
  const handle = register(fromNodeCache(cache))
  expect(handle.report()).toMatchObject({ entryCount: 1 })
  handle.clear()
  expect(cache.keys()).toEqual([])
})
