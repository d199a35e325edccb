import { expect, test } from 'vitest'

import { describeOnlyErrors, isAnswered, shareToAsk } from './capacity.ts'

const taste = { clients: 16, perSec: 16 / 3 }

test('a service that only waits is asked nearly all it can do', () => {
  expect(shareToAsk([taste, { clients: 128, perSec: 128 / 3 }])).toBe(0.9)
})

test('a service that waits for what is scarce is asked half, or those who wait would be ever more', () => {
  expect(shareToAsk([taste, { clients: 128, perSec: 12 }])).toBe(0.5)
})

test('a service that answers soon is asked half, however many it answers at once', () => {
  expect(
    shareToAsk([
      { clients: 16, perSec: 100 },
      { clients: 128, perSec: 800 },
    ]),
  ).toBe(0.5)
})

test('where nothing was asked but a taste, half of that is asked', () => {
  expect(shareToAsk([taste])).toBe(0.5)
})

test('a service that was cold at its first answers and computes them is asked half', () => {
  expect(
    shareToAsk([
      { clients: 16, perSec: 20 },
      { clients: 128, perSec: 400 },
    ]),
  ).toBe(0.5)
})

test('who refuses is answered for, and who answers what its journeys find wrong is not', () => {
  const lap = { failureCount: 30, failures: { 'check-failed': 30 } }
  expect(isAnswered(lap, 429)).toBe(true)
  expect(isAnswered(lap, null)).toBe(false)
  expect(isAnswered({ failureCount: 31, failures: { ...lap.failures, dropped: 1 } }, 429)).toBe(false)
  expect(isAnswered({ failureCount: 0, failures: {} }, 429)).toBe(false)
})

test('who answered before is not said to have failed every request', () => {
  const seen = {
    total: { requestCount: 30, failures: { 'check-failed': 30 } },
    routes: [{ route: 'GET /x' }],
    firstErrorStatus: 429,
  }
  expect(describeOnlyErrors(seen, true)).toMatch(/^Of the last 30 requests every one failed: .*From there on nothing/)
  expect(describeOnlyErrors(seen, false)).toMatch(/^Every request failed: .*So nothing was soaked/)
})
