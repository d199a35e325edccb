import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCache } from '../cache.ts'
import { HeapEntries } from './heap-entries.ts'
import { KeyTable } from './key-table.ts'

const objects = [{}, {}, Symbol('a key')]
const longKeys = Array.from({ length: 20 }, (_, n) => `key ${n}`.padEnd(40, '.'))
const keys: readonly unknown[] = [
  ...Array.from({ length: 30 }, (_, n) => `key ${n}`),
  ...[
    ...Array(20).keys(),
    0.5,
    -1.5,
    2 ** 40,
    NaN,
    null,
    undefined,
    true,
    7n,
    '',
    ''.padEnd(32, 'x'),
    ''.padEnd(33, 'x'),
  ],
  ...longKeys,
  ...objects,
]

const key = fc.nat(keys.length - 1)
const step = fc.oneof(
  { weight: 40, arbitrary: fc.record({ do: fc.constant('add' as const), key }) },
  { weight: 30, arbitrary: fc.record({ do: fc.constant('remove' as const), key }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('compact' as const, 'rebuild' as const, 'clear' as const) }),
  },
)

function add(entries: HeapEntries<unknown, number>, key: unknown, value: number): void {
  const slot = entries.slotOf(key)
  const { askedHash } = entries
  if (slot >= 0) entries.remove(slot)
  entries.add(key, value, 100, value % 2 === 0, askedHash)
}

test('finds every key and no other, in whatever slot it stands', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), fc.integer(), (steps, hashSeed) => {
      const entries = new HeapEntries<unknown, number>({ isWeighing: true, hashSeed })
      entries.resize(keys.length)
      const model = new Map<unknown, number>()
      let value = 0
      for (const step of steps) {
        if (step.do === 'add') {
          add(entries, keys[step.key], ++value)
          model.set(keys[step.key], value)
        } else if (step.do === 'remove') {
          const slot = entries.slotOf(keys[step.key])
          expect(slot >= 0).toBe(model.delete(keys[step.key]))
          if (slot >= 0) entries.remove(slot)
        } else if (step.do === 'compact') {
          entries.compact(() => {})
          entries.resize(Math.max(1, model.size))
          expect([...entries.usedSlots()]).toEqual([...Array(model.size).keys()])
          entries.resize(keys.length)
        } else if (step.do === 'rebuild') {
          if (entries.mapBytes > 0) entries.rebuildMap()
        } else {
          entries.clear()
          entries.resize(keys.length)
          model.clear()
        }
        // Compared by hand: `expect` is a hundred times as slow.
        const lost = keys.filter((key) => {
          const slot = entries.slotOf(key)
          return (slot < 0 ? undefined : entries.valueIn(slot)) !== model.get(key)
        })
        const walked = Array.from(entries.usedSlots(), (slot) => entries.keyOf(slot))
        if (lost.length === 0 && walked.length === model.size && walked.every((key) => model.has(key))) continue
        throw new Error(`after ${JSON.stringify(step)}: wrong for ${lost.map(String)}, and walks ${walked.map(String)}`)
      }
    }),
    { numRuns: 60 },
  )
})

test('most of many long keys leave a Map at once, and those who stay move to another', () => {
  const entries = new HeapEntries<string, number>({ isWeighing: true, hashSeed: 7 })
  const count = 20_000
  const keyOf = (n: number) => `a key that is far too long to hash ${n}`
  entries.resize(count)
  for (let n = 0; n < count; n++) add(entries as HeapEntries<unknown, number>, keyOf(n), n + 1)
  const before = entries.mapBytes
  entries.startMoving()
  expect(entries.isMoving).toBe(true)
  for (let n = 0; n < count - 50; n++) entries.remove(entries.slotOf(keyOf(n)))
  // The old Map goes on holding the keys whose weight was the cache's word: every other one.
  expect(entries.mapBytes).toBeGreaterThan(before + (count / 2 - 50) * 40)
  while (!entries.move(7)) expect(entries.slotOf(keyOf(count - 1))).toBeGreaterThanOrEqual(0)
  expect(entries.isMoving).toBe(false)
  expect(entries.mapBytes).toBeLessThan(before / 4)
  const values = Array.from({ length: count }, (_, n) => entries.slotOf(keyOf(n))).filter((slot) => slot >= 0)
  expect(values.map((slot) => entries.valueIn(slot))).toEqual(Array.from({ length: 50 }, (_, n) => count - 49 + n))
})

test('a table has room for so many keys of one hash and no more, and finds them', () => {
  const table = new KeyTable()
  table.resize(1000)
  let roomCount = 0
  for (let slot = 0; slot < 400; slot++) if (table.add(12_345, slot)) roomCount++
  expect(roomCount).toBe(256)
  const items = Array.from({ length: 800 }, (_, at) => at / 2)
  const hashes = new Int32Array(400).fill(12_345)
  for (const slot of [0, 100, 255]) expect(table.find(slot, 12_345, items, hashes)).toBe(slot)
  expect(table.find(300, 12_345, items, hashes)).toBeLessThan(0)
})

test('keys that end alike are told apart by more of them, and each is found', () => {
  const entries = new HeapEntries<string, number>({ isWeighing: false, hashSeed: 5 })
  const count = 20_000
  const keyOf = (n: number) => `${n}/image.webp`
  entries.resize(count)
  for (let n = 0; n < count; n++) add(entries as HeapEntries<unknown, number>, keyOf(n), n)
  for (let n = 0; n < count; n += 3) entries.remove(entries.slotOf(keyOf(n)))
  const names = new Set(Array.from(entries.usedSlots(), (slot) => entries.keys[slot]))
  expect(names.size).toBeGreaterThan(0.99 * entries.count)
  const values = Array.from({ length: count }, (_, n) => entries.slotOf(keyOf(n))).map((slot) =>
    slot < 0 ? -1 : entries.valueIn(slot),
  )
  expect(values).toEqual(Array.from({ length: count }, (_, n) => (n % 3 === 0 ? -1 : n)))
})

test('all keys are named anew for those that end alike once these were met often enough to pay for it, and not before', () => {
  const entries = new HeapEntries<string, number>({ isWeighing: false, hashSeed: 5 })
  const count = 20_000
  const twinCount = 200
  entries.resize(2 * count)
  const addKey = (key: string) => add(entries as HeapEntries<unknown, number>, key, 1)
  const nameOf = (key: string) => entries.keys[entries.slotOf(key)]
  for (let n = 0; n < count; n++) addKey(`a:${10_000 + n}`)
  for (let n = 0; n < twinCount; n++) addKey(`b:${10_000 + n}`)
  expect(nameOf('b:10000')).toBe(nameOf('a:10000'))
  for (let n = 0; n < count / 8; n++) entries.slotOf(`b:${10_000 + (n % twinCount)}`)
  addKey('the next')
  expect(nameOf('b:10000')).not.toBe(nameOf('a:10000'))
})

test('a flood of keys of one hash is found through a Map, and leaves it', () => {
  const entries = new HeapEntries<number, number>({ isWeighing: false, hashSeed: 1 })
  entries.resize(1000)
  const flood = collidingFractions(400)
  for (const key of flood) add(entries as HeapEntries<unknown, number>, key, key)
  expect(entries.hasStrays).toBe(true)
  for (const key of flood) expect(entries.valueIn(entries.slotOf(key))).toBe(key)
  // The table is filled anew, some who stood in the Map go on standing there.
  for (const key of flood.slice(0, 350)) entries.remove(entries.slotOf(key))
  entries.compact(() => {})
  entries.resize(64)
  for (const key of flood) expect(entries.slotOf(key) >= 0).toBe(flood.indexOf(key) >= 350)
  for (const key of flood.slice(350)) entries.remove(entries.slotOf(key))
  expect([entries.count, entries.hasStrays]).toEqual([0, false])
})

test('a flood of keys of one hash, tagged, stays within the budget after every set', () => {
  const cache = createCache<number, string>({ maxBytes: 512 * 1024, random: { next: () => 2 ** -32 } })
  for (const key of collidingFractions(3000)) {
    cache.set(key, 'x'.repeat(40), { tags: [`tag ${key}`] })
    expect(cache.stats().bytes).toBeLessThanOrEqual(512 * 1024)
  }
  expect(cache.size).toBeGreaterThan(256)
})

/** Fractions that have one hash under seed 1, whose low words undo what the high words do: (a ^ seed) × factor ^ b is the same. */
function collidingFractions(count: number): number[] {
  const words = new Int32Array(2)
  const double = new Float64Array(words.buffer)
  const found: number[] = []
  for (let low = 1; found.length < count; low++) {
    words[0] = low
    words[1] = Math.imul(low ^ 1, 0x85ebca6b) ^ 0x3fe12345
    const value = double[0]!
    if (Number.isFinite(value) && (value | 0) !== value) found.push(value)
  }
  return found
}
