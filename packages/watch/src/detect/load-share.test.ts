import { expect, test } from 'vitest'
import type { Floor } from '../sample/floor-gauge.ts'
import type { Moment } from './detector.ts'
import { risesWithItsTotal, shareBesidesLoad } from './load-share.ts'

/** A service under a load that is stepped up every minute: floors and moments of four minutes. */
function play(
  bytesOf: (rate: number, total: number) => number,
  rateAt = (second: number) => [10, 20, 40, 70][Math.floor(second / 60)]!,
) {
  const moments: Moment[] = []
  const floors: Floor[] = []
  let total = 0
  for (let second = 0; second < 240; second++) {
    total += rateAt(second)
    moments.push({ atMs: second * 1000, requestTotal: total } as Moment)
    if (second >= 20 && second % 6 === 0)
      floors.push({ atMs: second * 1000, requestTotal: total, heapBytes: bytesOf(rateAt(second - 3), total) } as Floor)
  }
  return shareBesidesLoad(floors, ({ heapBytes }) => heapBytes, moments)
}

test('what is held for requests under way is explained by their rate', () => {
  expect(play((rate) => 15e6 + 500_000 * rate)).toBeLessThan(0.2)
})

test('what each request leaves behind is not, whatever the rate', () => {
  expect(play((_, total) => 15e6 + 4000 * total)).toBeGreaterThan(0.9)
  expect(play((rate, total) => 15e6 + 100_000 * rate + 4000 * total)).toBeGreaterThan(0.6)
})

test('a steady load explains nothing', () => {
  expect(
    play(
      (_, total) => 15e6 + 4000 * total,
      () => 30,
    ),
  ).toBe(1)
})

test('in an overload, what is held for requests that queue is explained by their number', () => {
  const floorsOf = (bytesOf: (open: number, total: number) => number) =>
    Array.from({ length: 40 }, (_, index): Floor => {
      // The rate stays the same while more and more wait, with ups and downs.
      const openCount = 20 + 2 * index + 15 * Math.sin(index)
      return {
        atMs: index * 5000,
        requestTotal: index * 100,
        openCount,
        heapBytes: bytesOf(openCount, index * 100),
      } as Floor
    })
  const moments = Array.from(
    { length: 250 },
    (_, second) => ({ atMs: second * 1000, requestTotal: second * 20 }) as Moment,
  )
  const share = (floors: Floor[]) => shareBesidesLoad(floors, ({ heapBytes }) => heapBytes, moments)
  expect(share(floorsOf((open) => 15e6 + 100_000 * open))).toBeLessThan(0.2)
  expect(share(floorsOf((_, total) => 15e6 + 4000 * total))).toBeGreaterThan(0.9)
})

test('while a load only rises, rate and total cannot be told apart; once it has turned they can', () => {
  const rises = (rateAt: (second: number) => number) => {
    const moments: Moment[] = []
    const floors: Floor[] = []
    let total = 0
    for (let second = 0; second < 120; second++) {
      total += rateAt(second)
      moments.push({ atMs: second * 1000, requestTotal: total } as Moment)
      if (second >= 20 && second % 4 === 0) floors.push({ atMs: second * 1000, requestTotal: total } as Floor)
    }
    return risesWithItsTotal(floors, moments)
  }
  expect(rises((second) => 10 + second)).toBe(true)
  expect(rises(() => 30)).toBe(false)
  expect(rises((second) => 60 - 50 * Math.cos((2 * Math.PI * second) / 90))).toBe(false)
})
