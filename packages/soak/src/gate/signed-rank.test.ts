import { createSeededRandom, nextNormal } from '@plimsoll/core'
import { expect, test } from 'vitest'

import { shiftInterval } from './signed-rank.ts'

test('the bounds are those of the tables of the signed-rank test', () => {
  // n = 8: P(T ≤ 1) = 2/256 and P(T ≤ 3) = 5/256; powers of two make every average of two a different one.
  const differences = [1, 2, 4, 8, 16, 32, 64, 128]
  const averages = differences
    .flatMap((left, index) => differences.slice(index).map((right) => (left + right) / 2))
    .sort((left, right) => left - right)
  expect(shiftInterval(differences, 0.008)).toEqual({
    estimate: (averages[17]! + averages[18]!) / 2,
    low: averages[1],
    high: averages[34],
  })
  expect(shiftInterval(differences, 0.02).low).toBe(averages[3])
})

test('so few differences cannot bound anything at that confidence', () => {
  expect(shiftInterval([1, 2, 3], 0.01)).toEqual({ estimate: 2, low: -Infinity, high: Infinity })
  expect(shiftInterval([], 0.01)).toEqual({ estimate: 0, low: -Infinity, high: Infinity })
})

test('the error is what it says, with normal noise and with noise that has no mean', () => {
  const random = createSeededRandom(5)
  const noises = [() => nextNormal(random), () => Math.tan(Math.PI * (random.next() - 0.5))]
  for (const noise of noises) {
    let wrong = 0
    for (let run = 0; run < 2000; run++) if (shiftInterval(Array.from({ length: 12 }, noise), 0.05).low > 0) wrong++
    expect(wrong / 2000).toBeLessThan(0.06)
    expect(wrong / 2000).toBeGreaterThan(0.025)
  }
})
