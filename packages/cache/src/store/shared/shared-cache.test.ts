import { createSeededRandom, KiB, MiB, nextBelow } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { createSharedMemory, openSharedCache, type SharedCache } from '../../shared.ts'

const memoryOf = (maxBytes = 2 * MiB, maxEntryBytes?: number) =>
  createSharedMemory({ maxBytes, random: createSeededRandom(1), ...(maxEntryBytes ? { maxEntryBytes } : {}) })

/** Two doors to one memory, as two threads have them. */
function pair<V extends NonNullable<unknown> | null>(options: { ttlMs?: number; clock?: ManualClock } = {}) {
  const memory = memoryOf()
  const open = () => openSharedCache<string | number, V>({ memory, ...options })
  return [open(), open()] as const
}

test('what one sets the others get, as an equal value of their own, in every codec', () => {
  const values = [
    ['v8', { at: new Date(5), views: [new Float64Array([0.5]), Buffer.from('b')] }],
    ['v8', null],
    ['json', { list: [1, 'zwei €', null] }],
    ['json', { latin: 'é' }],
    ['string', 'half a pair \ud800 and a whole one 😀'],
    ['string', ''],
    ['raw', Buffer.from([0, 255])],
  ] as const
  for (const [codec, value] of values) {
    const memory = memoryOf()
    const [one, other] = [openSharedCache({ memory, codec }), openSharedCache({ memory, codec })]
    one.set('k', value)
    expect(other.get('k')).toEqual(value)
    expect(other.get('k')).not.toBe(null === value ? undefined : other.get('k') === value)
  }
})

test('replaces, deletes, clears and forgets by tag for everybody', () => {
  const [one, other] = pair<string>()
  one
    .set('a', 'old')
    .set('b', 'b', { tags: ['seller:7'] })
    .set(5, 'five')
  other.set('a', 'new')
  expect(one.get('a')).toBe('new')
  one.delete('a')
  expect(other.has('a')).toBe(false)
  other.invalidateTag('seller:7')
  expect(one.get('b')).toBeUndefined()
  one.set('b', 'again', { tags: ['seller:7'] })
  expect(other.get('b')).toBe('again')
  expect(other.get(5)).toBe('five')
  other.clear()
  expect([one.get('b'), one.get(5)]).toEqual([undefined, undefined])
  expect(one.stats()).toMatchObject({ threadCount: 2, setCount: 5, hitCount: 3 })
})

test('what is too old is not here', () => {
  const clock = new ManualClock()
  const [one, other] = pair<string>({ ttlMs: 1000, clock })
  one.set('a', 'x').set('b', 'x', { ttlMs: 3000 })
  clock.advance(1000)
  expect([other.get('a'), other.get('b')]).toEqual([undefined, 'x'])
})

test('one load serves all who ask, and is not kept when anybody knew better meanwhile', async () => {
  const changes: [string, (cache: SharedCache<string | number, string>) => void][] = [
    ['a set', (cache) => cache.set('k', 'newer')],
    ['a deletion', (cache) => cache.delete('k')],
    ['a tag', (cache) => cache.invalidateTag('t')],
    ['a clear', (cache) => cache.clear()],
  ]
  for (const [what, change] of changes) {
    const [one, other] = pair<string>()
    let answer!: (value: string) => void
    const load = () => new Promise<string>((resolve) => (answer = resolve))
    const fetched = [one.fetch('k', { load, tags: ['t'] }), one.fetch('k', { load, tags: ['t'] })]
    change(other)
    answer('older')
    expect(await Promise.all(fetched)).toEqual(['older', 'older'])
    expect(one.get('k'), what).toBe(what === 'a set' ? 'newer' : undefined)
    expect(one.stats().loadCount).toBe(1)
  }
  const [one, other] = pair<string>()
  await one.fetch('k', { load: () => 'loaded' })
  expect(other.get('k')).toBe('loaded')
})

test('refuses what is too large, forgets what stood there, and says what to do', () => {
  const [one] = pair<string>()
  one.set('k', 'small')
  expect(() => one.set('k', 'x'.repeat(20 * KiB))).toThrow(/Entry "k" weighs at least .* Cache a smaller projection/)
  expect(one.has('k')).toBe(false)
  expect(() => one.set('k'.repeat(20 * KiB), 'x')).toThrow(/weighs at least/)
  expect(() => createSharedMemory({ maxBytes: 5 })).toThrow(/maxBytes must be a whole number of 2 MiB to 4 GiB/)
  expect(() => createSharedMemory({ maxBytes: 2 * MiB, maxEntryBytes: MiB })).toThrow(/maxEntryBytes may be/)
  expect(() => openSharedCache({ memory: new SharedArrayBuffer(4 * MiB) })).toThrow(/must be what createSharedMemory/)
  expect(() => openSharedCache({ memory: memoryOf(), ttl: 5, codec: 'xml' } as never)).toThrow(/ttl is unknown.*codec/)
})

test('a thread leaves; what it stored stays, and its place is free for the next', () => {
  const memory = memoryOf()
  for (let n = 0; n < 200; n++) {
    using cache = openSharedCache<number, number>({ memory })
    cache.set(n, n)
    if (n > 0) expect(cache.get(n - 1)).toBe(n - 1)
  }
  const all = Array.from({ length: 64 }, () => openSharedCache({ memory }))
  expect(all[0]!.stats()).toMatchObject({ threadCount: 64, setCount: 200, hitCount: 199 })
  expect(() => openSharedCache({ memory })).toThrow(/64 threads have opened/)
})

test('never answers but what was set last, however the rings turn', { timeout: 300_000 }, () => {
  const random = createSeededRandom(7)
  const memory = memoryOf(4 * MiB, 40 * KiB)
  const doors = Array.from({ length: 3 }, () => openSharedCache<number, string>({ memory, codec: 'string' }))
  const truth = new Map<number, string>()
  let hitCount = 0
  for (let n = 0; n < 60_000; n++) {
    const door = doors[nextBelow(random, 3)]!
    const key = nextBelow(random, nextBelow(random, 20) === 0 ? 5000 : 300)
    const act = random.next()
    if (act < 0.5) {
      const got = door.get(key)
      if (got === undefined) continue
      hitCount++
      if (got !== truth.get(key)) throw new Error(`at ${n}: not what was set`)
    } else if (act < 0.9) {
      const length = nextBelow(random, 30) === 0 ? nextBelow(random, 39_000) : nextBelow(random, 2000)
      const value = String.fromCharCode(65 + (n % 26)).repeat(length)
      door.set(key, value)
      truth.set(key, value)
    } else if (act < 0.9999) {
      door.delete(key)
      truth.delete(key)
    } else {
      door.clear()
      truth.clear()
    }
  }
  expect(hitCount).toBeGreaterThan(5000)
})

test('finds what lies beyond the second gigabyte', () => {
  // The machine gives only the pages that are written to.
  const memory = memoryOf(3072 * MiB)
  const [one, other] = [openSharedCache<number, string>({ memory }), openSharedCache<number, string>({ memory })]
  for (let key = 0; key < 5000; key++) one.set(key, `value of ${key}`)
  for (let key = 0; key < 5000; key++) expect(other.get(key)).toBe(`value of ${key}`)
})

test('keeps what is asked for through a scan', () => {
  const [one] = pair<string>()
  for (let n = 0; n < 100; n++) one.set(`hot:${n}`, 'x'.repeat(900))
  for (let n = 0; n < 10_000; n++) {
    one.set(n, 'x'.repeat(900))
    one.get(`hot:${n % 100}`)
  }
  expect(Array.from({ length: 100 }, (_, n) => one.has(`hot:${n}`)).filter(Boolean).length).toBeGreaterThan(90)
})
