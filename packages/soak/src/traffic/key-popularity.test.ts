import { createSeededRandom } from '@plimsoll/core'
import { expect, test } from 'vitest'

import { createZipf } from './key-popularity.ts'

test.each([0.6, 0.9, 1, 1.1, 2])(
  'ranks follow Zipf with exponent %d: chi-square over the 20 most popular and the rest',
  (exponent) => {
    const [count, draws] = [1000, 100_000]
    const random = createSeededRandom(11)
    const zipf = createZipf(count, exponent)
    const seen = new Array<number>(21).fill(0)
    for (let draw = 0; draw < draws; draw++) seen[Math.min(20, zipf.rank(random))]!++
    const weights = Array.from({ length: count }, (_, rank) => (rank + 1) ** -exponent)
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const shares = [...weights.slice(0, 20), weights.slice(20).reduce((sum, weight) => sum + weight, 0)].map(
      (weight) => weight / total,
    )
    const chiSquare = shares.reduce((sum, share, rank) => sum + (seen[rank]! - share * draws) ** 2 / (share * draws), 0)
    // 20 degrees of freedom: beyond 45.3 by chance once in a thousand.
    expect(chiSquare).toBeLessThan(45.3)
  },
)

test('every rank is within the count, also for one key and for many', () => {
  const random = createSeededRandom(2)
  for (const count of [1, 2, 50_000_000]) {
    const zipf = createZipf(count, 0.9)
    for (let draw = 0; draw < 2000; draw++) {
      const rank = zipf.rank(random)
      expect(Number.isInteger(rank) && rank >= 0 && rank < count).toBe(true)
    }
  }
})

test('what is no distribution is refused', () => {
  expect(() => createZipf(0, 0.9)).toThrow('positive whole count')
  expect(() => createZipf(10, 0)).toThrow('positive exponent')
})
