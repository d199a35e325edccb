import { expect, test } from 'vitest'
import { createSeededRandom, nextNormal } from '../random.ts'
import { normalQuantile, slopeInterval, studentQuantile, tame, type Point } from './index.ts'

const random = createSeededRandom(11)

function missShare(autocorrelation: number, count: number): number {
  let missed = 0
  for (let run = 0; run < 2000; run++) {
    let error = 0
    const series = Array.from({ length: count }, (_, x): Point => {
      error = autocorrelation * error + Math.sqrt(1 - autocorrelation ** 2) * nextNormal(random)
      return [x, 3 * x + error]
    })
    const { low, high } = slopeInterval(series, 0.99)
    if (low > 3 || high < 3) missed++
  }
  return missed / 2000
}

test('the interval at 99 % misses the true slope about once in a hundred times', () => {
  for (const count of [8, 12, 40]) expect(missShare(0, count)).toBeLessThan(0.016)
})

test('it is widened when neighbours resemble each other; strong resemblance in a short series is not made up for in full', () => {
  expect(missShare(0.3, 40)).toBeLessThan(0.035)
  expect(missShare(0.6, 40)).toBeLessThan(0.06)
})

test('too few points have no interval', () => {
  expect(slopeInterval([], 0.99)).toMatchObject({ slope: 0, low: -Infinity, high: Infinity })
  expect(
    slopeInterval(
      Array.from({ length: 4 }, (_, x): Point => [x, x]),
      0.99,
    ),
  ).toMatchObject({ high: Infinity })
})

test('quantiles agree with the tables', () => {
  expect(normalQuantile(0.995)).toBeCloseTo(2.5758, 3)
  expect(studentQuantile(0.995, 3)).toBeCloseTo(5.841, 2)
  expect(studentQuantile(0.995, 10)).toBeCloseTo(3.169, 2)
  expect(studentQuantile(0.9995, 5)).toBeCloseTo(6.869, 2)
})

test('a wild point does not bend a tamed line', () => {
  const series = Array.from({ length: 20 }, (_, x): Point => [x, 2 * x + nextNormal(random)])
  series[18] = [18, 900]
  expect(slopeInterval(series, 0.99).slope).toBeGreaterThan(5)
  expect(slopeInterval(tame(series), 0.99).slope).toBeCloseTo(2, 0)
})
