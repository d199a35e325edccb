import { MiB } from '@plimsoll/core'
import { expect, test } from 'vitest'

import type { Facts } from '../gate/facts.ts'
import { Pacing } from './pacing.ts'

const MB = 1e6

/** A service that keeps for 4 s what it is asked: measured, and idle again. */
function pacingOf(heapLimitBytes: number): Pacing {
  const pacing = new Pacing({ heapLimitBytes, config: { forMs: null }, floors: [] as unknown[] } as Facts)
  pacing.note(0, 6 * MB)
  pacing.note(200, 8 * MB)
  for (const heapBytes of [36 * MB, 36 * MB, 36 * MB, 28 * MB, 21 * MB, 14 * MB, 6 * MB]) pacing.note(3000, heapBytes)
  return pacing
}

test('as much as will be asked can be tried twice, though what came the first time is there still', () => {
  const pacing = pacingOf(256 * MiB)
  expect(pacing.hasRoomFor(2150)).toBe(true)
  pacing.note(5150, 26 * MB)
  expect(pacing.hasRoomFor(2150)).toBe(true)
  // As a pace until the next floor it would be too much.
  expect(pacing.requestsToNextFloor()).toBeLessThan(2150)
})

test('no more is tried than a service has lived through, nor than a small heap has room for', () => {
  const pacing = pacingOf(64 * MiB)
  expect(pacing.hasRoomFor(3001)).toBe(false)
  pacing.note(5150, 26 * MB)
  expect(pacing.hasRoomFor(2150)).toBe(false)
})

test('a rate of first answers alone is doubled while the service idles and its heap lasts, and no other is', () => {
  const facts = { heapLimitBytes: 128 * MiB, config: { forMs: null }, floors: [] as unknown[], ratePerSec: 30 } as Facts
  const pacing = new Pacing(facts)
  const lap = (latencyMsP50: number) => ({ requestCount: 45, failureCount: 0, latencyMsP50, latencyMsP90: 20 })
  // Two hundred answers have compiled as many templates; since then nothing comes.
  pacing.note(0, 6 * MB)
  pacing.note(200, 40 * MB)
  for (let requests = 245; requests < 600; requests += 45) pacing.note(requests, 40 * MB)
  pacing.askMore(lap(2.4), 1500)
  expect(facts.ratePerSec).toBe(30)
  pacing.beginLow(200)
  pacing.askMore(lap(2.4), 1500)
  expect(facts.ratePerSec).toBe(60)
  pacing.askMore(lap(8), 1500)
  expect(facts.ratePerSec).toBe(60)
  for (const latencyMs of [2, 1, 1]) pacing.askMore(lap(latencyMs), 1500)
  expect(facts.ratePerSec).toBe(200)

  facts.ratePerSec = 30
  // Who hangs, refuses or is slow for some is not idle.
  pacing.askMore({ ...lap(0), requestCount: 0 }, 1500)
  pacing.askMore({ ...lap(0), failureCount: 45 }, 1500)
  pacing.askMore({ ...lap(1), latencyMsP90: 2000 }, 1500)
  expect(facts.ratePerSec).toBe(30)

  for (let requests = 645; requests < 900; requests += 45) pacing.note(requests, (requests - 245) * 0.1 * MB)
  pacing.askMore(lap(2.4), 1500)
  expect(facts.ratePerSec).toBe(30)
})
