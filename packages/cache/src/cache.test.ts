import { InvalidOptionError, KiB, MiB } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { expect, test, vi } from 'vitest'
import { createCache, type Cache } from './cache.ts'
import {
  EntryTooLargeError,
  InvalidWeightError,
  LoadTimeoutError,
  ReentrantLoadError,
  UnweighableValueError,
} from './errors.ts'
import type { CacheOptions, Storable } from './options.ts'
import type { RemovalCause } from './removal.ts'

const open = <V extends Storable = unknown & Storable>(options: Partial<CacheOptions<unknown, V>> = {}) =>
  createCache<unknown, V>({ maxBytes: MiB, clock: new ManualClock(), ...options })

/** A load that settles when told to. */
function slowLoader<V>() {
  const waiting: { resolve: (value: V) => void; reject: (reason: unknown) => void; abortSignal: AbortSignal }[] = []
  const load = vi.fn(
    (_key: unknown, { abortSignal }: { abortSignal: AbortSignal }) =>
      new Promise<V>((resolve, reject) => waiting.push({ resolve, reject, abortSignal })),
  )
  return { load, waiting }
}

test('wants a bound, and says why', () => {
  expect(() => createCache({})).toThrow(InvalidOptionError)
  expect(() => createCache({})).toThrow(/a cache without a bound is a leak with a hit ratio/)
})

test('tells every wrong option at once', () => {
  expect(() => createCache({ maxBytes: 3, ttlMs: -1, size: 4, clock: {} } as object)).toThrow(
    /size is unknown.*maxBytes.*ttlMs.*clock must have/,
  )
})

test('gives back what was set, and the very same object', () => {
  const cache = open()
  const value = { id: 1, tags: ['a', 'b'] }
  cache.set('k', value).set('n', null)
  expect(cache.get('k')).toBe(value)
  expect(cache.get('n')).toBe(null)
  expect(cache.has('n')).toBe(true)
  expect(cache.get('missing')).toBeUndefined()
  expect([...cache.entries()]).toEqual([
    ['k', value],
    ['n', null],
  ])
  expect(cache.size).toBe(2)
})

test('takes undefined for a deletion', () => {
  const cache = open()
  cache.set('k', 1).set('k', undefined)
  expect(cache.has('k')).toBe(false)
})

test('tells keys apart as a Map does', () => {
  const cache = open<string>()
  const object = { a: 1 }
  const symbol = Symbol('s')
  const keys = ['__proto__', 'constructor', '', 1, '1', NaN, null, undefined, true, 1n, object, symbol, -1.5]
  keys.forEach((key, index) => cache.set(key, `v${index}`))
  expect(keys.map((key) => cache.get(key))).toEqual(keys.map((_, index) => `v${index}`))
  cache.set(-0, 'zero')
  expect(cache.get(0)).toBe('zero')
  expect(cache.get({ a: 1 })).toBeUndefined()
})

test('stays within maxBytes whatever is set', () => {
  const cache = open({ maxBytes: 64 * KiB })
  for (let index = 0; index < 3000; index++) {
    cache.set(`key ${index}`, 'x'.repeat(index % 700))
    expect(cache.bytes).toBeLessThanOrEqual(64 * KiB)
    expect(cache.has(`key ${index}`)).toBe(true)
  }
  expect(cache.bytes).toBeGreaterThan(56 * KiB)
  expect(cache.stats().removals.eviction).toBeGreaterThan(2000)
})

test('stays within maxEntries, alone and beside maxBytes', () => {
  const counted = createCache<number, number>({ maxEntries: 100 })
  const both = createCache<number, number>({ maxEntries: 100, maxBytes: MiB })
  for (let key = 0; key < 1000; key++) {
    counted.set(key, key)
    both.set(key, key)
  }
  expect([counted.size, both.size]).toEqual([100, 100])
  expect(counted.bytes).toBe(null)
})

test('refuses an entry larger than the cache, naming both sizes, and forgets the old value of its key', () => {
  const cache = open({ maxBytes: 64 * KiB })
  cache.set('k', 'small').set('other', 'stays')
  expect(() => cache.set('k', 'x'.repeat(100 * KiB))).toThrow(EntryTooLargeError)
  expect(() => cache.set('k', 'x'.repeat(100 * KiB))).toThrow(/"k" weighs at least 100 KB but the cache holds 64 KB/)
  expect(cache.has('k')).toBe(false)
  expect(cache.get('other')).toBe('stays')
})

test('charges a list of rows for their names once, though no other entry has rows like these', () => {
  const cache = open({ maxBytes: MiB })
  const rows = (count: number) =>
    Array.from({ length: count }, (_, id) => ({ id, rowTitle: 1, rowStock: 2, rowSeller: 3 }))
  for (const time of [1, 2, 3]) {
    cache.set('rows', rows(1000))
    expect(cache.bytes, `time ${time}`).toBeLessThan(100 * KiB)
  }
})

test('takes one large entry after ten thousand small ones', () => {
  const cache = open({ maxBytes: MiB })
  for (let key = 0; key < 10_000; key++) cache.set(key, key)
  cache.set('large', Buffer.alloc(1000 * KiB))
  expect(cache.has('large')).toBe(true)
  expect(cache.bytes).toBeLessThanOrEqual(MiB)
})

test('refuses what cannot be weighed unless the caller weighs it', () => {
  const cache = open()
  class Secret {
    #hidden = 1
    get hidden() {
      return this.#hidden
    }
  }
  for (const value of [
    () => 1,
    { act() {} },
    Promise.resolve(),
    new WeakMap(),
    new Secret(),
    [new Secret()],
    new Map().keys(),
  ]) {
    expect(() => cache.set('k', value)).toThrow(UnweighableValueError)
  }
  const weighing = open({ weigh: () => 100 })
  expect(weighing.set('k', () => 1).has('k')).toBe(true)
})

test('refuses a weight that is no positive finite number', () => {
  for (const weight of [0, -1, NaN, Infinity, '9' as unknown as number]) {
    expect(() => open({ weigh: () => weight }).set('k', 1)).toThrow(InvalidWeightError)
    expect(() => open().set('k', 1, { bytes: weight })).toThrow(InvalidWeightError)
  }
})

test('charges exactly the bytes it is told, with nothing on top', () => {
  const cache = open({ maxBytes: 100 * KiB })
  for (let key = 0; key < 100; key++) cache.set(key, 'x', { bytes: KiB })
  expect(cache.size).toBe(100)
  expect(cache.bytes).toBe(100 * KiB)
  cache.set('one more', 'x', { bytes: 1 })
  expect(cache.size).toBe(100)
})

test('keeps tags, and forgets what carries one when told', () => {
  const cache = open()
  cache
    .set('a', 1, { tags: ['seller:7', 'books'] })
    .set('b', 2, { tags: ['seller:7'] })
    .set('c', 3, { tags: ['books'] })
    .set('d', 4)
  expect(cache.invalidateTag('seller:7')).toBe(2)
  expect([...cache.keys()]).toEqual(['c', 'd'])
  cache.set('c', 5)
  expect(cache.invalidateTag('books')).toBe(0)
  expect(cache.stats().removals.invalidation).toBe(2)
})

test('is no longer fresh at ttlMs, and lets go without being asked', () => {
  const clock = new ManualClock()
  const cache = open({ clock, ttlMs: 1000 })
  cache.set('k', 1).set('longer', 2, { ttlMs: 5000 }).set('for ever', 3, { ttlMs: Infinity })
  clock.advance(999)
  expect(cache.get('k')).toBe(1)
  clock.advance(1)
  expect(cache.get('k')).toBeUndefined()
  clock.advance(100)
  expect(cache.size).toBe(2)
  clock.advance(60_000)
  expect([...cache.keys()]).toEqual(['for ever'])
  expect(clock.pendingCount).toBe(0)
})

test('holds one timer for ten thousand deadlines', () => {
  const clock = new ManualClock()
  const cache = open({ clock, maxBytes: 8 * MiB })
  for (let key = 0; key < 10_000; key++) cache.set(key, key, { ttlMs: 1 + ((key * 7919) % 100_000) })
  expect(cache.size).toBe(10_000)
  expect(clock.pendingCount).toBe(1)
  clock.advance(50_000)
  expect(cache.size).toBeGreaterThan(4900)
  expect(cache.size).toBeLessThan(5100)
  clock.advance(50_200)
  expect(cache.size).toBe(0)
  expect(cache.bytes).toBeLessThan(32 * KiB)
})

test('serves one load to a thousand concurrent callers', async () => {
  const { load, waiting } = slowLoader<string>()
  const cache = open<string>({ load })
  const callers = Array.from({ length: 1000 }, () => cache.fetch('k'))
  waiting[0]!.resolve('value')
  expect(new Set(await Promise.all(callers))).toEqual(new Set(['value']))
  expect(load).toHaveBeenCalledTimes(1)
  expect(await cache.fetch('k')).toBe('value')
  expect(load).toHaveBeenCalledTimes(1)
})

test('gives the loader’s own error to every caller, untouched, and loads again next time', async () => {
  const { load, waiting } = slowLoader<string>()
  const cache = open<string>({ load })
  const callers = [cache.fetch('k'), cache.fetch('k'), cache.fetch('k')]
  const error = new RangeError('database is down')
  waiting[0]!.reject(error)
  for (const outcome of await Promise.allSettled(callers))
    expect(outcome).toEqual({ status: 'rejected', reason: error })
  expect(load).toHaveBeenCalledTimes(1)
  void cache.fetch('k')
  expect(load).toHaveBeenCalledTimes(2)
  expect(cache.stats().loadFailureCount).toBe(1)
})

test('rejects when the loader throws synchronously', async () => {
  const cache = open<string>({
    load: () => {
      throw new TypeError('at once')
    },
  })
  await expect(cache.fetch('k')).rejects.toThrow('at once')
})

test('remembers null as an absence, and undefined not at all', async () => {
  const load = vi.fn((key: unknown) => (key === 'null' ? null : undefined))
  const cache = open<null>({ load })
  expect([await cache.fetch('null'), await cache.fetch('null')]).toEqual([null, null])
  expect([await cache.fetch('none'), await cache.fetch('none')]).toEqual([undefined, undefined])
  expect(load).toHaveBeenCalledTimes(3)
})

test('gives up a load after loadTimeoutMs, for every caller', async () => {
  const clock = new ManualClock()
  const { load, waiting } = slowLoader<string>()
  const cache = open<string>({ load, clock, loadTimeoutMs: 500 })
  const callers = [cache.fetch('k'), cache.fetch('k')]
  clock.advance(500)
  for (const outcome of await Promise.allSettled(callers)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'PLIMSOLL_CACHE_LOAD_TIMEOUT' } })
  }
  expect(waiting[0]!.abortSignal.reason).toBeInstanceOf(LoadTimeoutError)
  waiting[0]!.resolve('too late')
  await Promise.resolve()
  expect(cache.has('k')).toBe(false)
})

test('keeps the process alive until a load that somebody waits for is given up, and for no refresh behind', async () => {
  const clock = new ManualClock()
  const after = vi.spyOn(clock, 'after')
  const loadTimeoutMs = 700
  const cache = open<string>({ load: slowLoader<string>().load, clock, loadTimeoutMs, ttlMs: 100, staleMs: 500 })
  cache.set('stale', 'old')
  clock.advance(200)
  expect(await cache.fetch('stale')).toBe('old')
  void cache.fetch('missing').catch(() => {})
  const timeOuts = after.mock.calls.filter(([delayMs]) => delayMs === loadTimeoutMs)
  expect(timeOuts.map((call: unknown[]) => call[2])).toEqual([{ keepAlive: false }, { keepAlive: true }])
})

test('lets one caller leave, and aborts the load when the last has left', async () => {
  const { load, waiting } = slowLoader<string>()
  const cache = open<string>({ load })
  const first = new AbortController()
  const second = new AbortController()
  const callers = [cache.fetch('k', { abortSignal: first.signal }), cache.fetch('k', { abortSignal: second.signal })]
  first.abort(new Error('left'))
  await expect(callers[0]).rejects.toThrow('left')
  expect(waiting[0]!.abortSignal.aborted).toBe(false)
  second.abort(new Error('left too'))
  await expect(callers[1]).rejects.toThrow('left too')
  expect(waiting[0]!.abortSignal.aborted).toBe(true)
  void cache.fetch('k')
  expect(load).toHaveBeenCalledTimes(2)
})

test('refuses a loader that would wait for itself', async () => {
  const cache: Cache<unknown, string> = open<string>({ load: (key) => cache.fetch(key) })
  await expect(cache.fetch('k')).rejects.toBeInstanceOf(ReentrantLoadError)
})

test('does not keep a loaded value that was overtaken by set, delete or a tag', async () => {
  const { load, waiting } = slowLoader<string>()
  const cache = open<string>({ load })
  const overtaken = cache.fetch('set')
  cache.set('set', 'newer')
  waiting[0]!.resolve('older')
  expect(await overtaken).toBe('older')
  expect(cache.get('set')).toBe('newer')

  const deleted = cache.fetch('deleted')
  cache.delete('deleted')
  waiting[1]!.resolve('older')
  expect(await deleted).toBe('older')
  expect(cache.has('deleted')).toBe(false)

  const tagged = cache.fetch('tagged', { tags: ['t'] })
  cache.invalidateTag('t')
  waiting[2]!.resolve('older')
  expect(await tagged).toBe('older')
  expect(cache.has('tagged')).toBe(false)
})

test('lets the loader say how its value is kept', async () => {
  const clock = new ManualClock()
  const cache = open<string>({
    clock,
    load: (_key, { entry }) => {
      entry.ttlMs = 100
      entry.tags = ['t']
      return 'value'
    },
  })
  await cache.fetch('k')
  expect(cache.invalidateTag('t')).toBe(1)
  await cache.fetch('k')
  clock.advance(100)
  expect(cache.has('k')).toBe(false)
})

test('answers a loaded value that does not fit, and counts it', async () => {
  const cache = open<unknown & Storable>({
    maxBytes: 64 * KiB,
    load: (key) => (key === 'large' ? 'x'.repeat(MiB) : () => 1),
  })
  expect(await cache.fetch('large')).toHaveLength(MiB)
  expect(await cache.fetch('function')).toBeTypeOf('function')
  expect(cache.size).toBe(0)
  expect(cache.stats().uncachedCount).toBe(2)
})

test('serves a stale value while one refresh runs', async () => {
  const clock = new ManualClock()
  const { load, waiting } = slowLoader<string>()
  const cache = open<string>({ clock, load, ttlMs: 1000, staleMs: 1000 })
  cache.set('k', 'old')
  clock.advance(1500)
  expect(cache.get('k')).toBeUndefined()
  expect(await Promise.all([cache.fetch('k'), cache.fetch('k')])).toEqual(['old', 'old'])
  expect(load).toHaveBeenCalledTimes(1)
  waiting[0]!.resolve('new')
  await clock.advanceAsync(0)
  expect(cache.get('k')).toBe('new')
})

test('keeps serving the stale value when the refresh fails, until staleMs is over', async () => {
  const clock = new ManualClock()
  const load = vi.fn(() => Promise.reject(new Error('down')))
  const cache = open<string>({ clock, load, ttlMs: 1000, staleMs: 1000 })
  cache.set('k', 'old')
  await clock.advanceAsync(1200)
  expect(await cache.fetch('k')).toBe('old')
  await clock.advanceAsync(0)
  expect(await cache.fetch('k')).toBe('old')
  expect(load).toHaveBeenCalledTimes(2)
  await clock.advanceAsync(1000)
  await expect(cache.fetch('k')).rejects.toThrow('down')
})

test('keeps a refreshed value though the stale one was evicted meanwhile', async () => {
  const clock = new ManualClock()
  const { load, waiting } = slowLoader<string>()
  const cache = open<string>({ clock, load, ttlMs: 1000, staleMs: 1000 })
  cache.set('k', 'old')
  clock.advance(1500)
  await cache.fetch('k')
  cache.shrink(1)
  expect(cache.size).toBe(0)
  waiting[0]!.resolve('new')
  await clock.advanceAsync(0)
  expect(cache.get('k')).toBe('new')
})

test('shrinks to so many bytes and keeps its ceiling', () => {
  const cache = open<string>({ maxBytes: MiB })
  for (let key = 0; key < 5000; key++) cache.set(key, 'x'.repeat(100))
  cache.shrink(100 * KiB)
  expect(cache.bytes).toBeLessThanOrEqual(100 * KiB)
  expect(cache.size).toBeGreaterThan(100)
  for (let key = 0; key < 8000; key++) cache.set(key, 'x'.repeat(100))
  expect(cache.bytes).toBeGreaterThan(900 * KiB)
})

test('tells the listener why each entry left, when all is in order again', () => {
  const clock = new ManualClock()
  const left: unknown[] = []
  const cache = createCache<string, number>({
    maxEntries: 2,
    clock,
    onRemoval: (key, value, cause) => left.push([key, value, cause, cache.size]),
  })
  cache.set('a', 1).set('a', 2).set('b', 3).set('c', 4)
  cache.delete('c')
  cache.set('t', 5, { tags: ['x'], ttlMs: 1000 })
  cache.invalidateTag('x')
  cache.set('u', 6, { ttlMs: 1000 })
  clock.advance(1100)
  cache.clear()
  expect(left.map((entry) => (entry as unknown[])[2])).toEqual([
    'replacement',
    'eviction',
    'deletion',
    'invalidation',
    'expiration',
    'deletion',
  ])
})

test('survives a listener that throws and one that sets again', () => {
  const warning = vi.spyOn(process, 'emitWarning').mockReturnValue()
  const cache = createCache<number, number>({
    maxEntries: 10,
    onRemoval: (key, value) => {
      if (value < 100) cache.set(key + 1000, 100)
      throw new Error('listener')
    },
  })
  for (let key = 0; key < 50; key++) cache.set(key, key)
  expect(cache.size).toBe(10)
  expect(cache.stats().listenerFailureCount).toBeGreaterThan(40)
  expect(warning).toHaveBeenCalledTimes(1)
  warning.mockRestore()
})

test('keeps nothing after close, and still loads', async () => {
  const clock = new ManualClock()
  const load = vi.fn(() => 'value')
  const cache = open<string>({ clock, load, ttlMs: 1000 })
  cache.set('k', 'x')
  cache.close()
  cache.close()
  cache.set('k', 'y')
  expect(await cache.fetch('k')).toBe('value')
  expect(cache.size).toBe(0)
  expect(clock.pendingCount).toBe(0)
})

test('catches a value that grew while it was here', () => {
  const cache = open<string[]>({ maxBytes: 256 * KiB })
  const lists = Array.from({ length: 100 }, (): string[] => [])
  lists.forEach((list, key) => cache.set(key, list))
  for (let round = 0; round < 10; round++) lists.forEach((list) => list.push('x'.repeat(100) + round))
  // One cycle: each entry is weighed again once in 64 hits for each slot of the index.
  for (let ask = 0; ask < 64 * 128; ask++) cache.get(ask % 100)
  expect(cache.bytes).toBeGreaterThan(100 * 10 * 100)
  expect(cache.bytes).toBeLessThanOrEqual(256 * KiB)
})

test('releases most of a hundred thousand entries at once, in turns, while others come and go', () => {
  const clock = new ManualClock()
  const removed = new Map<unknown, RemovalCause>()
  const cache = open({ clock, maxBytes: 64 * MiB, onRemoval: (key, _value, cause) => removed.set(key, cause) })
  const count = 100_000
  const stays = (n: number) => n % 7 === 0
  for (let n = 0; n < count; n++) cache.set(`key ${n}`, n, { ttlMs: stays(n) ? Infinity : 5000 })
  const fullBytes = cache.bytes!
  clock.advance(5100)
  const staying = Array.from({ length: count }, (_, n) => n).filter(stays)
  expect(cache.size).toBe(staying.length)
  expect(removed.size).toBe(count - staying.length)
  expect(new Set(removed.values())).toEqual(new Set(['expiration']))
  expect(staying.every((n) => cache.get(`key ${n}`) === n)).toBe(true)
  expect(cache.get('key 1')).toBeUndefined()
  cache.set('key 1', 'again')
  cache.delete('key 7')
  expect([cache.get('key 1'), cache.has('key 7')]).toEqual(['again', false])
  expect([...cache.keys()]).toHaveLength(staying.length)
  expect(cache.bytes).toBeLessThan(fullBytes / 4)
  expect(clock.pendingCount).toBe(0)
})
