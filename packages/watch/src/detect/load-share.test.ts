import { expect, test } from 'vitest'
import type { Floor } from '../sample/floor-gauge.ts'
import type { Moment } from './detector.ts'
import { shareBesidesLoad } from './load-share.ts'

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
