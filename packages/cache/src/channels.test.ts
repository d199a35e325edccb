import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { MiB } from '@plimsoll/core'
import { cacheClosedChannel, cacheOpenedChannel, type CacheHandle } from '@plimsoll/core/wire'
import { expect, test } from 'vitest'
import { createCache } from './cache.ts'

test('announces a cache with a handle that reports, clears and shrinks, and takes the same handle back', () => {
  const opened: CacheHandle[] = []
  const closed: CacheHandle[] = []
  const onOpen = (message: unknown) => void opened.push(message as CacheHandle)
  const onClose = (message: unknown) => void closed.push(message as CacheHandle)
  subscribe(cacheOpenedChannel, onOpen)
  subscribe(cacheClosedChannel, onClose)
  try {
    const cache = createCache<string, string>({ name: 'pages', maxBytes: MiB })
    const handle = opened[0]!
    expect(handle.keeper).toBe(cache)
    cache.set('k', 'x'.repeat(1000))
    cache.get('k')
    cache.get('missing')
    const report = handle.report()
    expect(report).toMatchObject({
      name: 'pages',
      budgetBytes: MiB,
      entryCount: 1,
      hitCount: 1,
      missCount: 1,
      loadCount: 0,
    })
    expect(report.bytes).toBe(cache.bytes)
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    handle.shrink!(1)
    expect(cache.size).toBe(0)
    cache.set('k', 'v')
    handle.clear()
    expect(cache.size).toBe(0)
    cache.close()
    expect(closed).toEqual([handle])
  } finally {
    unsubscribe(cacheOpenedChannel, onOpen)
    unsubscribe(cacheClosedChannel, onClose)
  }
})

test('knows the file and line that created it, and takes that for its name when it has none', () => {
  const opened: CacheHandle[] = []
  const onOpen = (message: unknown) => void opened.push(message as CacheHandle)
  subscribe(cacheOpenedChannel, onOpen)
  const cache = createCache<string, string>({ maxEntries: 1 })
  unsubscribe(cacheOpenedChannel, onOpen)
  expect(opened[0]!.createdAt).toMatch(/src\/channels\.test\.ts:\d+$/)
  expect(cache.name).toBe(opened[0]!.createdAt)
  expect(opened[0]!.shrink).toBeUndefined()
})
