import { createSeededRandom } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { DistinctKeys } from './distinct-keys.ts'

/** Hashes of so many keys, each asked for three times. */
function ask(keys: DistinctKeys, count: number, seed: number): Int32Array {
  const random = createSeededRandom(seed)
  const hashes = Int32Array.from({ length: count }, () => Math.floor(random.next() * 2 ** 32) - 2 ** 31)
  for (let round = 0; round < 3; round++) for (const hash of hashes) keys.add(hash)
  return hashes
}

/** By how many per cent an estimate may be off. */
const errors: readonly (readonly [count: number, percent: number])[] = [
  [2500, 1],
  [60_000, 3],
  [300_000, 4],
]

const truthOf = (hashes: Int32Array, level: number) =>
  (hashes.filter((hash) => hash <= 2 ** (32 - level) - 2 ** 31 - 1).length / hashes.length) * 2 ** level

for (const [count, percent] of errors) {
  test(`tells by how much samples of ${count} keys are too large or too small, to ${percent} per cent`, () => {
    for (let seed = 1; seed <= 2; seed++) {
      const keys = new DistinctKeys()
      const hashes = ask(keys, count, seed)
      keys.biases(64).forEach((bias, level) => {
        if (hashes.length / 2 ** level < 100) return
        expect(Math.abs(bias / truthOf(hashes, level) - 1)).toBeLessThan(percent / 100)
      })
    }
  })
}

test('says nothing where there are too few to tell, and lets older periods fade', () => {
  const keys = new DistinctKeys()
  expect(keys.biases(64).every(Number.isNaN)).toBe(true)
  const first = ask(keys, 2000, 1)
  keys.closePeriod(0)
  expect(keys.biases(64)[1]).toBeNaN()
  for (const hash of first) keys.add(hash)
  expect(keys.biases(64)[1]).toBeCloseTo(truthOf(first, 1), 2)
})
