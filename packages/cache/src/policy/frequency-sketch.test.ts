import { createSeededRandom } from '@plimsoll/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrequencySketch } from './frequency-sketch.ts'
import { KeyHasher } from './hash-key.ts'

test('never estimates less than was told, and halves', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ hash: fc.integer(), count: fc.integer({ min: 0, max: 15 }) }), { maxLength: 100 }),
      (asks) => {
        const sketch = new FrequencySketch()
        sketch.resize(100)
        for (const { hash, count } of asks) sketch.raise(hash, count)
        for (const { hash, count } of asks) expect(sketch.estimate(hash)).toBeGreaterThanOrEqual(count)
        const before = asks.map(({ hash }) => sketch.estimate(hash))
        sketch.resize(1000)
        expect(asks.map(({ hash }) => sketch.estimate(hash))).toEqual(before)
        sketch.halve()
        expect(asks.map(({ hash }) => sketch.estimate(hash))).toEqual(before.map((count) => count >> 1))
      },
    ),
  )
})

test('tells popular keys from others when ten times as many have left as there are slots', () => {
  const random = createSeededRandom(1)
  const sketch = new FrequencySketch()
  sketch.resize(1000)
  const hashes = Array.from({ length: 10_000 }, () => (random.next() * 2 ** 32) | 0)
  hashes.forEach((hash, at) => sketch.raise(hash, at % 10 === 0 ? 8 : 1))
  const wrong = hashes.filter((hash, at) => at % 10 !== 0 && sketch.estimate(hash) > 1)
  expect(wrong.length / hashes.length).toBeLessThan(0.05)
})

test('names equal keys alike under one seed, and otherwise under another', () => {
  const keys = [
    '',
    'a',
    'b',
    'ab',
    'ba',
    'x'.repeat(1000),
    `${'x'.repeat(999)}y`,
    1,
    2,
    -0.5,
    NaN,
    1n,
    true,
    false,
    null,
    undefined,
  ]
  const hasher = new KeyHasher(1)
  const hashes = keys.map((key) => hasher.hash(key, 0))
  expect(new Set(hashes).size).toBe(keys.length)
  expect(keys.map((key) => hasher.hash(key, 0))).toEqual(hashes)
  const other = new KeyHasher(2)
  expect(keys.map((key) => other.hash(key, 0)).filter((hash, at) => hash === hashes[at])).toEqual([])
})

test('spreads keys that somebody chose to meet under another seed', () => {
  const hashers = new Map([7, 8].map((seed) => [seed, new KeyHasher(seed)]))
  const low = (key: string, seed: number) => hashers.get(seed)!.hash(key, 0) & 1023
  const target = low('key 0', 7)
  const chosen: string[] = []
  for (let n = 0; chosen.length < 100; n++) if (low(`key ${n}`, 7) === target) chosen.push(`key ${n}`)
  expect(new Set(chosen.map((key) => low(key, 8))).size).toBeGreaterThan(80)
})

test('keys whose bits were flipped so as to cancel each other keep names of their own, under any seed', () => {
  for (const seed of [0, 1, -77_777_777, 2 ** 31 - 1]) {
    const hasher = new KeyHasher(seed)
    const flipped = Array.from({ length: 4096 }, (_, choice) => {
      const units = new Uint16Array(32).fill(0x61)
      for (let pair = 0; pair < 12; pair++) {
        if (((choice >> pair) & 1) === 0) continue
        units[2 * pair + 1]! ^= 0x8000
        units[2 * pair + 3]! ^= 0x8001
      }
      return String.fromCharCode(...units)
    })
    expect(new Set(flipped).size).toBe(4096)
    expect(new Set(flipped.map((key) => hasher.hash(key, 0))).size).toBeGreaterThan(3900)
  }
})
