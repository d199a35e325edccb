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
  let triedMs = 0
  const stage = {
    config: { capMs: 110_000 },
    noteCourse: () => Promise.resolve(reading(3000, heapBytes(atMs), atMs)),
    wait: (ms: number) => Promise.resolve(void (atMs += ms)),
    tell: () => {},
  }
  const tryRate = (ms: number) => {
    triedMs += ms
    atMs += ms
    return Promise.resolve(true)
  }
  const find = () => findBacklog(stage as unknown as Stage, reading(0, 6 * MB, 0), tryRate)
  return { find, restedMs: () => atMs - 3000, triedMs: () => triedMs }
}

/** A service that was asked 1000 times a second for 3 s, and is tried with so much; a request holds 10 KB until it is let go. */
function simulate(letGo: (cameMs: number[], atMs: number) => number, askedPerSec: number, roomForRequests = Infinity) {
  const came = Array.from({ length: 3000 }, (_, index) => index)
  let atMs = 3000
  const held = () => came.length - letGo(came, atMs)
  const stage = {
    config: { capMs: 110_000 },
    noteCourse: () => Promise.resolve(reading(3000, 6 * MB + 10_000 * held(), atMs)),
    wait: (ms: number) => Promise.resolve(void (atMs += ms)),
    tell: () => {},
  }
  const tryRate = (ms: number) => {
    if ((askedPerSec * ms) / 1000 > roomForRequests) return Promise.resolve(false)
    for (let index = 0; index < (askedPerSec * ms) / 1000; index++) came.push(atMs + (index * 1000) / askedPerSec)
    atMs += ms
    return Promise.resolve(true)
  }
  return findBacklog(stage as unknown as Stage, reading(0, 6 * MB, 0), tryRate)
}

/** Worked off one after another, so many a second, from when each came. */
const queue = (perSec: number) => (cameMs: number[], atMs: number) => {
  let freeMs = 0
  return cameMs.filter((came) => (freeMs = Math.max(freeMs, came) + 1000 / perSec) <= atMs).length
}
const keptFor = (ms: number) => (cameMs: number[], atMs: number) => cameMs.filter((came) => came + ms <= atMs).length

test('what is kept for a moment is no queue, and as much is asked as it answers', async () => {
  for (const ms of [500, 1000, 2000, 2500, 3000, 3500, 4000, 4500, 5000])
    expect(await simulate(keptFor(ms), 500)).toBeNull()
})

test('a queue that is worked off faster than it will be asked is none, one that is not is one', async () => {
  expect(await simulate(queue(700), 500)).toBeNull()
  for (const perSec of [100, 250, 400]) {
    const found = await simulate(queue(perSec), 500)
    expect(found).toBeGreaterThan(0.8 * perSec)
    expect(found).toBeLessThan(1.2 * perSec)
  }
})

test('a queue is one all the same where the heap has no room to ask as much as will be asked', async () => {
  for (const room of [0, 100, 1000]) expect(await simulate(queue(400), 500, room)).toBeGreaterThan(0.8 * 400)
})

test('a queue is waited for until it is worked off', async () => {
  const { find, restedMs, triedMs } = stageOf((atMs) => Math.max(6, 26 - atMs / 1000) * MB)
  const rate = await find()
  // 17 MB are left of 20, at 1 MB a second.
  expect(rate).toBeGreaterThan(140)
  expect(rate).toBeLessThan(160)
  expect(restedMs()).toBeGreaterThan(17_000)
  expect(restedMs()).toBeLessThan(22_000)
  // That long takes no time-out of a moment, so that nothing needs to be tried.
  expect(triedMs()).toBe(0)
})

test.each<[string, number, (atMs: number) => number]>([
  ['what is kept', 2300, () => 30 * MB],
  ['what hardly grew', 0, () => 8 * MB],
  ['connections that close', 300, (atMs) => (atMs > 3200 ? 7 : 12) * MB],
])('%s is no queue, and is not waited for', async (_, restMs, heapBytes) => {
  const { find, restedMs } = stageOf(heapBytes)
  expect(await find()).toBeNull()
  expect(restedMs()).toBe(restMs)
})
