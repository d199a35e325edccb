import { expect, test } from 'vitest'

import type { Stage } from '../stage.ts'
import { findBacklog, workedOffPerSec, type HeapReading } from './backlog.ts'

const MB = 1e6
const reading = (requestCount: number, heapBytes: number, atMs: number): HeapReading => ({
  requestCount,
  heapBytes,
  atMs,
})

test('what it works off a second is what it let go of while it rested, and what it did while it was asked', () => {
  // 1000 requests of 10 KB in 4 s, of which it works off 100 a second, leave 6 MB.
  const rate = workedOffPerSec(reading(0, 5 * MB, 0), reading(1000, 11 * MB, 4000), reading(1000, 9 * MB, 6000), 5 * MB)
  expect(rate).toBeCloseTo(100)
})

/** A service that was asked 3000 times and holds so much after so long. */
function stageOf(heapBytes: (atMs: number) => number) {
  let atMs = 3000
  const stage = {
    config: { capMs: 110_000 },
    noteCourse: () => Promise.resolve(reading(3000, heapBytes(atMs), atMs)),
    wait: (ms: number) => Promise.resolve(void (atMs += ms)),
    tell: () => {},
  }
  return { stage: stage as unknown as Stage, restedMs: () => atMs - 3000 }
}

test('a queue is waited for until it is worked off', async () => {
  const { stage, restedMs } = stageOf((atMs) => Math.max(6, 26 - atMs / 1000) * MB)
  const rate = await findBacklog(stage, reading(0, 6 * MB, 0))
  // 17 MB are left of 20, at 1 MB a second.
  expect(rate).toBeGreaterThan(140)
  expect(rate).toBeLessThan(160)
  expect(restedMs()).toBeGreaterThan(17_000)
  expect(restedMs()).toBeLessThan(22_000)
})

test.each<[string, number, (atMs: number) => number]>([
  ['what is kept', 2300, () => 30 * MB],
  ['what hardly grew', 0, () => 8 * MB],
  ['connections that close', 300, (atMs) => (atMs > 3200 ? 7 : 12) * MB],
])('%s is no queue, and is not waited for', async (_, restMs, heapBytes) => {
  const { stage, restedMs } = stageOf(heapBytes)
  expect(await findBacklog(stage, reading(0, 6 * MB, 0))).toBeNull()
  expect(restedMs()).toBe(restMs)
})
