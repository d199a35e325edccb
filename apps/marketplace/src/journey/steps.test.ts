import { createSeededRandom } from '@plimsoll/core'
import { expect, test } from 'vitest'

import { arrival, drawStep, transitions, type Step } from './steps.ts'

test('the odds of every place are a hundred percent', () => {
  for (const odds of [arrival, ...Object.values(transitions)]) {
    expect(odds.reduce((sum, [, percent]) => sum + percent, 0)).toBe(100)
  }
})

test('shoppers take the steps of a marketplace: home 10, category 20, search 20, product 35, add 8, cart 4, checkout 2', () => {
  const random = createSeededRandom(1)
  const counts = new Map<Step, number>()
  const sessionCount = 50_000
  let stepCount = 0
  for (let session = 0; session < sessionCount; session++) {
    for (let step = drawStep(random, arrival); step !== 'leave'; step = drawStep(random, transitions[step])) {
      counts.set(step, (counts.get(step) ?? 0) + 1)
      stepCount++
    }
  }
  const mix = { home: 10, category: 20, search: 20, product: 35, add: 8, cart: 4, checkout: 2 }
  for (const [step, percent] of Object.entries(mix)) {
    // Out of 99: the hundredth step is a seller's.
    const share = (counts.get(step as Step)! / stepCount) * 99
    expect(Math.abs(share - percent), `${step} ${share}`).toBeLessThan(Math.max(0.3, percent * 0.05))
  }
  expect(stepCount / sessionCount).toBeGreaterThan(10.5)
  expect(stepCount / sessionCount).toBeLessThan(11.5)
})
