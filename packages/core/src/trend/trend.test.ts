import { expect, test } from 'vitest'
import { createSeededRandom, nextNormal } from '../random.ts'
import { judgePlateau, mannKendall, theilSen, type Point } from './index.ts'

const random = createSeededRandom(20230510)
const noise = (scale: number) => nextNormal(random) * scale
const curve = (count: number, y: (x: number) => number): Point[] => Array.from({ length: count }, (_, x) => [x, y(x)])

test('a line is found through a tenth of wild points', () => {
  const line = theilSen(curve(60, (x) => 5 + 3 * x + (x % 10 === 4 ? 400 : noise(1))))
  expect(line.slope).toBeCloseTo(3, 1)
  expect(line.intercept).toBeCloseTo(5, -1)
  expect(line.low).toBeLessThanOrEqual(line.slope)
  expect(line.high).toBeGreaterThanOrEqual(line.slope)
  expect(line.high - line.low).toBeLessThan(0.5)
})

test('the interval of a slope holds the true one about nineteen times in twenty', () => {
  let held = 0
  for (let run = 0; run < 400; run++) {
    const line = theilSen(curve(20, (x) => 2 * x + noise(8)))
    if (line.low <= 2 && 2 <= line.high) held++
  }
  expect(held / 400).toBeGreaterThan(0.91)
})

test('too few points have no interval, and one point has no slope', () => {
  expect(theilSen([])).toMatchObject({ slope: 0, low: -Infinity, high: Infinity })
  expect(theilSen([[1, 7]])).toMatchObject({ slope: 0, intercept: 7 })
  expect(
    theilSen([
      [1, 7],
      [1, 9],
    ]).slope,
  ).toBe(0)
})

test('a rise is told from noise', () => {
  expect(mannKendall([1, 2, 3, 4, 5])).toMatchObject({ tau: 1 })
  expect(mannKendall([1, 2, 3, 4, 5]).p).toBeLessThan(0.02)
  expect(mannKendall([5, 4, 3, 2, 1]).p).toBeGreaterThan(0.98)
  expect(mannKendall([3, 3, 3, 3, 3]).p).toBeGreaterThan(0.4)
  let alarms = 0
  for (let run = 0; run < 500; run++) {
    if (mannKendall(curve(12, () => noise(1)).map(([, y]) => y)).p < 0.01) alarms++
  }
  expect(alarms).toBeLessThan(15)
})

test('a straight line, however noisy, is on no way to a plateau', () => {
  const judged = judgePlateau(curve(45, (x) => 10 * x + noise(10)))
  expect(judged.slopes).toHaveLength(3)
  expect(judged.isRefused).toBe(true)
})

test('a fill that bends is on its way to a plateau', () => {
  expect(judgePlateau(curve(45, (x) => 1000 * (1 - Math.exp(-x / 20)))).isRefused).toBe(false)
  expect(judgePlateau(curve(45, (x) => 1000 * x ** 0.6)).isRefused).toBe(false)
  expect(judgePlateau(curve(45, (x) => Math.min(x, 20) * 50)).isRefused).toBe(false)
})

test('a single step is not three rising spans', () => {
  expect(judgePlateau(curve(45, (x) => (x < 20 ? 100 : 500) + noise(1))).isRefused).toBe(false)
})

test('with requests as the axis a fading traffic is not a bend', () => {
  const byTime: Point[] = []
  const byRequests: Point[] = []
  let requests = 0
  for (let second = 0; second < 60; second++) {
    requests += 100 * Math.exp(-second / 25)
    byTime.push([second, requests * 8])
    byRequests.push([requests, requests * 8])
  }
  expect(judgePlateau(byTime).isRefused).toBe(false)
  expect(judgePlateau(byRequests).isRefused).toBe(true)
})

test('too few points refuse nothing', () => {
  expect(judgePlateau([]).isRefused).toBe(false)
  expect(judgePlateau(curve(6, (x) => x)).isRefused).toBe(false)
})
