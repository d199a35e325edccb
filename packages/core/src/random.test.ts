import { expect, test } from 'vitest'
import { createSeededRandom, nextBelow, nextExponential, nextNormal } from './random.ts'

const draws = 20_000
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const drawn = (draw: () => number) => Array.from({ length: draws }, draw)

test('draws the same numbers from the same seed, and others from another', () => {
  const first = createSeededRandom(7)
  const again = createSeededRandom(7)
  const other = createSeededRandom(8)
  const numbers = Array.from({ length: 5 }, () => first.next())
  expect(Array.from({ length: 5 }, () => again.next())).toEqual(numbers)
  expect(Array.from({ length: 5 }, () => other.next())).not.toEqual(numbers)
})

test('draws uniform, exponential and normal numbers with the right means and spreads', () => {
  const random = createSeededRandom(1)
  expect(mean(drawn(() => random.next()))).toBeCloseTo(0.5, 1)
  expect(mean(drawn(() => nextExponential(random, 40)))).toBeGreaterThan(38.5)
  expect(mean(drawn(() => nextExponential(random, 40)))).toBeLessThan(41.5)
  const normal = drawn(() => nextNormal(random))
  expect(mean(normal)).toBeCloseTo(0, 1)
  expect(mean(normal.map((value) => value ** 2))).toBeCloseTo(1, 1)
})

test('draws whole numbers below the bound, each of them', () => {
  const random = createSeededRandom(3)
  expect(new Set(drawn(() => nextBelow(random, 6)))).toEqual(new Set([0, 1, 2, 3, 4, 5]))
})
