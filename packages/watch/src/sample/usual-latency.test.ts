import { expect, test } from 'vitest'
import { UsualLatency } from './usual-latency.ts'

/** How many of so many readings are bad. */
const countBad = (latency: UsualLatency, p99Ms: number, count: number) =>
  Array.from({ length: count }, () => latency.isBad(p99Ms)).filter(Boolean).length

test('an outage is bad while it is new', () => {
  const latency = new UsualLatency()
  expect(countBad(latency, 20, 30)).toBe(0)
  expect(countBad(latency, 3000, 10)).toBe(10)
  expect(countBad(latency, 20, 10)).toBe(0)
})

test('a service that always takes a second is soon taken for what it is', () => {
  const latency = new UsualLatency()
  expect(countBad(latency, 1000, 20)).toBeGreaterThan(10)
  expect(countBad(latency, 1000, 30)).toBe(0)
  expect(countBad(latency, 8000, 5)).toBe(5)
})
