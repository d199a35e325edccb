import { channel } from 'node:diagnostics_channel'
import { cacheClosedChannel, cacheOpenedChannel, type CacheHandle } from '@plimsoll/core/wire'
import { expect, test } from 'vitest'
import { createGuard } from '../../guard.ts'
import { CachesSource } from './caches.ts'

function cacheOf(name: string, bytes: number, budgetBytes: number | null, offHeapBytes?: number): CacheHandle {
  const counts = { entryCount: 1, hitCount: 0, missCount: 0, loadCount: 0, removals: {}, curve: [] }
  return {
    name,
    createdAt: null,
    report: () => ({ name, createdAt: null, bytes, budgetBytes, offHeapBytes, ...counts }),
    clear() {},
    keeper: { name },
  }
}

test('accounts for what caches with a budget hold, and for nothing else', () => {
  const source = new CachesSource(createGuard(() => {}))
  const [budgeted, free, closed] = [cacheOf('pages', 500, 1000), cacheOf('all', 70, null), cacheOf('old', 9, 10)]
  const [outside, mixed] = [cacheOf('arena', 90_000, 100_000, 90_000), cacheOf('images', 1000, 2000, 980)]
  try {
    for (const handle of [budgeted, free, closed, outside, mixed]) channel(cacheOpenedChannel).publish(handle)
    channel(cacheClosedChannel).publish(closed)
    expect(source.budgetedBytes()).toEqual({ heap: 520, offHeap: 90_980 })
    expect(source.budgetedKeepers()).toEqual([budgeted, outside, mixed].map(({ keeper }) => keeper))
  } finally {
    source.stop()
  }
})
