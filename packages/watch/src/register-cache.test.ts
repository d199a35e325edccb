import diagnostics from 'node:diagnostics_channel'
import { cacheOpenedChannel } from '@plimsoll/core/wire'
import { expect, test } from 'vitest'
import { createGuard } from './guard.ts'
import { registerCache } from './index.ts'
import { CachesSource } from './sample/source/caches.ts'

test('without a watch a registration does nothing', () => {
  expect(diagnostics.hasSubscribers(cacheOpenedChannel)).toBe(false)
  registerCache('pages', { clear() {} }).unregister()
})

test('with a watch it can be found, reported and cleared until it is taken back', () => {
  const source = new CachesSource(createGuard(() => {}))
  const pages = new Map([['/', 'html']])
  const registered = registerCache('pages', { clear: () => pages.clear(), bytes: () => 100 * pages.size })
  expect(source.read()).toMatchObject([{ name: 'pages', bytes: 100, budgetBytes: null }])
  for (const handle of source.find('pages')) handle.clear()
  expect(pages.size).toBe(0)
  registered.unregister()
  expect(source.find('pages')).toEqual([])
  source.stop()
})

test('a cache that throws when it is asked does not disturb the others', () => {
  const source = new CachesSource(createGuard(() => {}))
  registerCache('broken', {
    clear() {},
    bytes() {
      throw new Error('no')
    },
  })
  registerCache('whole', { clear() {} })
  expect(source.read().map(({ name }) => name)).toEqual(['whole'])
  source.stop()
})

test('only what has a budget counts as growth that will end', () => {
  const source = new CachesSource(createGuard(() => {}))
  registerCache('unbounded', { clear() {}, bytes: () => 5000 })
  expect(source.budgetedBytes()).toEqual({ heap: 0, offHeap: 0 })
  source.stop()
})

test('a registration without a clear is refused with what to do', () => {
  expect(() => registerCache('', {} as never)).toThrow(
    /name must be a text .*; clear must be a function that empties the cache/,
  )
})
