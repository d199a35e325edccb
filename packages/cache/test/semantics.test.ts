import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { createCache, type Cache, type CacheOptions } from '../src/index.ts'

type Age = 'fresh' | 'stale' | 'missing'

/** The README's table, a row a test: what each call answers, and how many loads it starts. */
const rows: readonly [
  call: string,
  age: Age,
  act: (cache: Cache<string, string>) => unknown,
  answer: unknown,
  loads: number,
][] = [
  ['get', 'fresh', (cache) => cache.get('k'), 'old', 0],
  ['get', 'stale', (cache) => cache.get('k'), undefined, 0],
  ['get', 'missing', (cache) => cache.get('k'), undefined, 0],
  ['peek', 'fresh', (cache) => cache.peek('k'), 'old', 0],
  ['peek', 'stale', (cache) => cache.peek('k'), undefined, 0],
  ['has', 'fresh', (cache) => cache.has('k'), true, 0],
  ['has', 'stale', (cache) => cache.has('k'), false, 0],
  ['keys', 'stale', (cache) => [...cache.keys()], [], 0],
  ['fetch', 'fresh', (cache) => cache.fetch('k'), 'old', 0],
  ['fetch', 'stale', (cache) => cache.fetch('k'), 'old', 1],
  ['fetch', 'missing', (cache) => cache.fetch('k'), 'new', 1],
]

/** The table holds wherever the entries live. */
const stores: Record<string, CacheOptions<string, string>> = {
  heap: { maxEntries: 9 },
  'off-heap': { maxEntries: 9, maxBytes: 256 * 1024, store: 'off-heap' },
}

for (const [store, options] of Object.entries(stores)) {
  for (const [call, age, act, answer, loads] of rows) {
    test(`${store}: ${call} of what is ${age} answers ${JSON.stringify(answer)} and loads ${loads} times`, async () => {
      const clock = new ManualClock()
      const cache = createCache<string, string>({ ...options, ttlMs: 1000, staleMs: 500, clock, load: () => 'new' })
      cache.set('k', 'old')
      if (age !== 'fresh') clock.advance(age === 'stale' ? 1200 : 2000)
      expect(await act(cache)).toEqual(answer)
      expect(cache.stats().loadCount).toBe(loads)
    })
  }
}

const acts: Record<string, (cache: Cache<string, string>) => unknown> = {
  set: (cache) => cache.set('k', 'newer'),
  delete: (cache) => cache.delete('k'),
  clear: (cache) => cache.clear(),
  invalidateTag: (cache) => cache.invalidateTag('t'),
}
for (const [store, options] of Object.entries(stores)) {
  for (const [name, act] of Object.entries(acts)) {
    test(`${store}: ${name} during a load: who waits gets what was loaded, and it is not kept`, async () => {
      let land!: (value: string) => void
      const cache = createCache<string, string>({
        ...options,
        load: (_, { entry }) => {
          entry.tags = ['t']
          return new Promise<string>((resolve) => (land = resolve))
        },
      })
      const waits = [cache.fetch('k'), cache.fetch('k')]
      act(cache)
      land('loaded')
      expect(await Promise.all(waits)).toEqual(['loaded', 'loaded'])
      expect(cache.peek('k')).toBe(name === 'set' ? 'newer' : undefined)
    })
  }
}

test('takes keys of any kind and any length, and a clock that goes back', () => {
  const never = () => ({ cancel() {} })
  const clock = { nowMs: () => 0, monotonicMs: () => nowMs, after: never, every: never }
  let nowMs = 10_000
  const cache = createCache<unknown, number>({ maxEntries: 99, ttlMs: 1000, clock })
  const keys = [
    '__proto__',
    'constructor',
    Symbol('s'),
    {},
    [],
    NaN,
    null,
    undefined,
    true,
    10n,
    'x'.repeat(1e6),
    () => 1,
  ]
  keys.forEach((key, at) => cache.set(key, at))
  cache.set(-0, 77)
  nowMs = 5000
  expect(keys.map((key) => cache.get(key))).toEqual(keys.map((_, at) => at))
  expect(cache.get(0)).toBe(77)
  expect(cache.size).toBe(keys.length + 1)
})

test('takes keys that were chosen to collide as quickly as others', () => {
  const cache = createCache<string, number>({ maxEntries: 1000 })
  // Equal at both ends and in length, which is all that is read of so long a key.
  const key = (n: number) => `${'a'.repeat(200)}${String(n).padStart(8, '0')}${'b'.repeat(200)}`
  for (let n = 0; n < 5000; n++) cache.set(key(n), n)
  expect(cache.size).toBe(1000)
  expect(cache.get(key(4999))).toBe(4999)
})
