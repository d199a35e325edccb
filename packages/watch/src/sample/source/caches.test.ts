import { channel } from 'node:diagnostics_channel'
import { cacheClosedChannel, cacheOpenedChannel, type CacheHandle } from '@plimsoll/core/wire'
import { expect, test } from 'vitest'
import { createGuard } from '../../guard.ts'
import { CachesSource } from './caches.ts'

function cacheOf(name: string, bytes: number, budgetBytes: number | null): CacheHandle {
  const counts = { entryCount: 1, hitCount: 0, missCount: 0, loadCount: 0, removals: {}, curve: [] }
  return {
    name,
    createdAt: null,
    report: () => ({ name, createdAt: null, bytes, budgetBytes, ...counts }),
    clear() {},
    keeper: { name },
  }
}

test('accounts for what caches with a budget hold, and for nothing else', () => {
  const source = new CachesSource(createGuard(() => {}))
  const [budgeted, free, closed] = [cacheOf('pages', 500, 1000), cacheOf('all', 70, null), cacheOf('old', 9, 10)]
  try {
    for (const handle of [budgeted, free, closed]) channel(cacheOpenedChannel).publish(handle)
    channel(cacheClosedChannel).publish(closed)
    expect(source.budgetedBytes()).toBe(500)
    expect(source.budgetedKeepers()).toEqual([budgeted.keeper])
  } finally {
    source.stop()
  }
})
