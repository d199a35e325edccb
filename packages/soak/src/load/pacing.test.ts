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
