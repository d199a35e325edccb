import { createSeededRandom, KiB, MiB } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { createCache, startGovernor, type Cache, type GovernorOptions, type PressureSource } from '../index.ts'

function setUp(options: Partial<GovernorOptions> = {}) {
  const clock = new ManualClock()
  const governor = startGovernor({ maxBytes: 4 * MiB, pressure: null, clock, ...options })
  const create = (name: string, more: { store?: 'off-heap'; maxBytes?: number; load?: () => string } = {}) =>
    createCache<number, string>({ maxBytes: 4 * MiB, name, clock, governor, random: createSeededRandom(1), ...more })
  return { clock, governor, create }
}

/** Seconds of work where nothing waits: a busy machine may take its time. */
const patient = { timeout: 300_000 }

const value = (n: number) => `${n}`.padEnd(1000, 'x')

/** Asks for keys in turn, and stores what is missed. */
function loop(cache: Cache<number, string>, keyCount: number, rounds: number): void {
  for (let n = 0; n < rounds * keyCount; n++)
    if (cache.get(n % keyCount) === undefined) cache.set(n % keyCount, value(n))
}

for (const store of [undefined, 'off-heap'] as const) {
  test(`moves memory to the cache that hits more with it, within one budget (${store ?? 'heap'})`, patient, () => {
    const { clock, governor, create } = setUp()
    const busy = create('busy', { store })
    const scanned = create('scanned', { store })
    let next = 1e6
    for (let period = 0; period < 6; period++) {
      loop(busy, 2500, 2)
      for (let n = 0; n < 5000; n++) if (scanned.get(next++) === undefined) scanned.set(next, value(next))
      expect(busy.bytes! + scanned.bytes!).toBeLessThanOrEqual(4 * MiB)
      clock.advance(2000)
    }
    const [first, second] = governor.report()
    expect(first!.grantBytes).toBeGreaterThan(2.6 * MiB)
    expect(second!.grantBytes).toBeLessThan(1.4 * MiB)
    const before = busy.stats().hitCount
    loop(busy, 2500, 1)
    expect(busy.stats().hitCount - before).toBeGreaterThan(2400)
  })
}

test('publishes a curve that tells what other budgets would hit, and what twice the memory would save', patient, () => {
  const { clock, governor, create } = setUp({ maxBytes: 2 * MiB })
  const cache = create('pages', { maxBytes: 2 * MiB })
  const random = createSeededRandom(4)
  const draws = Array.from({ length: 30_000 }, () => Math.floor(4000 * random.next() ** 3))
  for (const key of draws) if (cache.get(key) === undefined) cache.set(key, value(key))
  clock.advance(2000)
  const [{ curve, askPerSecond, savedByDoublingPerSecond }] = governor.report() as [
    ReturnType<typeof governor.report>[0],
  ]
  expect(curve.length).toBeGreaterThanOrEqual(10)
  expect([askPerSecond, savedByDoublingPerSecond]).toEqual([draws.length / 2, 0])
  for (const { bytes, missRatio } of curve.slice(-6)) {
    const alone = createCache<number, string>({ maxBytes: bytes, random: createSeededRandom(9) })
    for (const key of draws) if (alone.get(key) === undefined) alone.set(key, value(key))
    expect(Math.abs(1 - missRatio - alone.stats().hitRatio)).toBeLessThan(0.05)
  }
})

test('tells of fetches too: a key that is loaded counts like one that is set', async () => {
  const { clock, governor, create } = setUp()
  const cache = create('loaded', { load: () => value(1) })
  for (let n = 0; n < 400; n++) await cache.fetch(n % 100)
  clock.advance(2000)
  expect(governor.report()[0]!.curve.at(-1)!.missRatio).toBeCloseTo(0.25, 2)
  cache.clear()
  for (let n = 0; n < 100; n++) await cache.fetch(n)
  clock.advance(2000)
  expect(governor.report()[0]!.curve.at(-1)!.missRatio).toBeCloseTo((100 * 0.94 + 100) / (400 * 0.94 + 100), 2)
})

test(
  'under pressure gives back at once what is short, down to the floors, and takes it again bit by bit',
  patient,
  () => {
    let roomBytes = 64 * MiB
    let look = () => {}
    const pressure: PressureSource = {
      limits: () => ({ heapBytes: 512 * MiB, cgroupBytes: null }),
      roomBytes: () => roomBytes,
      onNews: (tell) => (look = tell),
    }
    const { clock, governor, create } = setUp({ pressure })
    const caches = [create('one'), create('two', { store: 'off-heap' })]
    for (const cache of caches) loop(cache, 4000, 1)
    const held = () => caches.reduce((sum, cache) => sum + cache.bytes!, 0)
    const beforeBytes = held()
    expect(beforeBytes).toBeGreaterThan(3 * MiB)
    roomBytes = -MiB
    clock.advance(250)
    expect(held()).toBeLessThanOrEqual(beforeBytes - MiB)
    roomBytes = -64 * MiB
    // News of a collection, say, does not wait for the next turn.
    look()
    const floorBytes = governor.allowedBytes
    expect(floorBytes).toBeLessThanOrEqual(64 * KiB + 256 * KiB)
    expect(held()).toBeLessThanOrEqual(floorBytes)
    roomBytes = 64 * MiB
    clock.advance(1000)
    expect(governor.allowedBytes).toBeGreaterThan(floorBytes)
    expect(governor.allowedBytes).toBeLessThan(2 * MiB)
    clock.advance(10_000)
    expect(governor.allowedBytes).toBe(governor.budgetBytes)
  },
)

test('hands what a closed cache had to the others, and stops its timers', () => {
  const { clock, governor, create } = setUp()
  const one = create('one')
  create('two')
  expect(governor.report().map(({ grantBytes }) => grantBytes)).toEqual([2 * MiB, 2 * MiB])
  one.close()
  expect(governor.report()).toMatchObject([{ name: 'two', grantBytes: 4 * MiB }])
  governor.stop()
  expect(clock.pendingCount).toBe(0)
})

test('tells every fault of its options, and a cache what it needs', () => {
  expect(() => startGovernor({})).toThrow(/give maxBytes or heapShare/)
  expect(() => startGovernor({ maxBytes: 5, heapShare: 2, periodMs: 0, minimize: 'cost' as never })).toThrow(
    /heapShare must be .*maxBytes must be .*periodMs must be .*minimize must be/,
  )
  const { governor } = setUp()
  expect(() => createCache({ maxEntries: 5, governor })).toThrow(/maxBytes is needed with a governor/)
  expect(() => createCache({ maxBytes: MiB, floorBytes: 5 })).toThrow(/floorBytes is for a cache with a governor/)
})

test('two caches that are asked alike do not take turns: what a split drops has to be loaded again', patient, () => {
  const { clock, governor, create } = setUp()
  const random = createSeededRandom(3)
  const caches = [create('one'), create('two')]
  const grantsOf = () => governor.report().map(({ grantBytes }) => grantBytes)
  let evictionCount = 0
  // Slowly, as caches fill that are large for what they are asked.
  for (let period = 0; period < 40; period++) {
    for (let n = 0; n < 400; n++) {
      const cache = caches[n & 1]!
      const key = Math.floor(4000 * random.next() ** 2)
      if (cache.get(key) === undefined) cache.set(key, value(key))
    }
    const before = grantsOf()
    clock.advance(2000)
    evictionCount += grantsOf().reduce((sum, bytes, at) => sum + Math.max(0, before[at]! - bytes) / 1100, 0)
  }
  expect(evictionCount).toBeLessThan(2000)
  for (const cache of caches) expect(cache.bytes).toBeGreaterThan(1 * MiB)
})
