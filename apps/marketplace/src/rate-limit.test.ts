import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { createRateLimit, rateLimits } from './rate-limit.ts'

test('lets a client do a thing so often in a minute, and another client as often', () => {
  const clock = new ManualClock()
  const limit = createRateLimit(clock)
  const taken = Array.from({ length: rateLimits['sign-in'] + 1 }, () => limit.take('sign-in', 'one'))
  expect(taken.filter(Boolean)).toHaveLength(rateLimits['sign-in'])
  expect(limit.take('sign-in', 'other')).toBe(true)
  expect(limit.take('checkout', 'one')).toBe(true)
  clock.advance(60_000)
  expect(limit.take('sign-in', 'one')).toBe(true)
})

test('a scale multiplies every limit', () => {
  const limit = createRateLimit(new ManualClock(), 2)
  const taken = Array.from({ length: 100 }, () => limit.take('sign-in', 'one'))
  expect(taken.filter(Boolean)).toHaveLength(2 * rateLimits['sign-in'])
})

test('clients beyond the counters share one, which is refused when it is full; those who have their own keep it', () => {
  const clock = new ManualClock()
  const limit = createRateLimit(clock)
  for (let number = 0; number < 20_000; number++) limit.take('sign-in', `client-${number}`)
  const taken = Array.from({ length: 100 }, (_, number) => limit.take('sign-in', `late-${number}`))
  expect(taken.filter(Boolean)).toHaveLength(rateLimits['sign-in'])
  expect(limit.take('sign-in', 'late-0')).toBe(false)
  expect(limit.take('checkout', 'late-0')).toBe(true)
  expect(limit.take('sign-in', 'client-0')).toBe(true)
  clock.advance(60_000)
  expect(limit.take('sign-in', 'late-0')).toBe(true)
})
