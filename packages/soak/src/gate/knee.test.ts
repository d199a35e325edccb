import { createSeededRandom, nextNormal, type Random } from '@plimsoll/core'
import { expect, test } from 'vitest'

import { KneeSearch, type Knee, type KneeStep } from './knee.ts'

/** A service with some workers, each busy for `serviceMs` with a request: latency as queueing theory has it, with noise. */
function search(workers: number, serviceMs: number, random: Random, change: Partial<KneeStep> = {}): Knee {
  const limit = (workers * 1000) / serviceMs
  const course = new KneeSearch({ capacityPerSec: limit * (0.9 + 0.2 * random.next()) })
  for (let rate = course.nextPerSec; rate !== null; rate = course.nextPerSec) {
    const busy = Math.min(0.999, rate / limit)
    // Sakasegawa's approximation of the wait of a queue with several servers.
    const waitMs = (serviceMs * busy ** (Math.sqrt(2 * (workers + 1)) - 1)) / (workers * (1 - busy))
    const hiccupMs = random.next() < 0.05 ? 40 : 0
    const p50 = (serviceMs + waitMs) * Math.exp(0.08 * nextNormal(random)) + hiccupMs
    const answeredPerSec = Math.min(rate, limit)
    course.add({ ratePerSec: rate, answeredPerSec, p50, p99: 3 * p50, failureShare: 0, isStarved: false, ...change })
  }
  return course.knee
}

test('the knee of a queue is found between half of its limit and the limit, in 95 of a hundred searches', () => {
  const random = createSeededRandom(5)
  let right = 0
  for (let run = 0; run < 200; run++) {
    const workers = 1 + Math.floor(random.next() * 16)
    const serviceMs = 5 + 40 * random.next()
    const limit = (workers * 1000) / serviceMs
    const { why, lowPerSec, highPerSec } = search(workers, serviceMs, random)
    // One worker alone is at twice its idle latency at half its limit.
    const lowest = workers === 1 ? 0.4 : 0.55
    if (why === 'found' && lowPerSec >= lowest * limit && highPerSec! <= 1.1 * limit) right++
  }
  expect(right / 200).toBeGreaterThanOrEqual(0.95)
})

test('a service that fails is beyond its knee, and one that is never bent has none', () => {
  const failing = new KneeSearch({ capacityPerSec: 1000 })
  const flat = new KneeSearch({ capacityPerSec: 1000 })
  for (const course of [failing, flat]) {
    for (let rate = course.nextPerSec; rate !== null; rate = course.nextPerSec) {
      const failureShare = course === failing && rate > 500 ? 0.2 : 0
      course.add({ ratePerSec: rate, answeredPerSec: rate, p50: 2, p99: 3, failureShare, isStarved: false })
    }
  }
  expect(failing.knee.why).toBe('found')
  expect(failing.knee.lowPerSec).toBeLessThanOrEqual(500)
  expect(failing.knee.highPerSec).toBeGreaterThan(500)
  expect(failing.knee.highPerSec! / failing.knee.lowPerSec).toBeLessThanOrEqual(1.1)
  expect(flat.knee).toMatchObject({ why: 'not-reached', highPerSec: null })
})

test('a load generator that gives out first is told, and no knee', () => {
  const course = new KneeSearch({ capacityPerSec: 1000 })
  for (let rate = course.nextPerSec; rate !== null; rate = course.nextPerSec)
    course.add({ ratePerSec: rate, answeredPerSec: rate, p50: 2, p99: 3, failureShare: 0, isStarved: rate > 600 })
  expect(course.knee).toMatchObject({ why: 'generator', highPerSec: null })
  expect(course.knee.lowPerSec).toBeLessThanOrEqual(600)
})

test('one bad moment is no knee', () => {
  const course = new KneeSearch({ capacityPerSec: 1000 })
  let count = 0
  for (let rate = course.nextPerSec; rate !== null; rate = course.nextPerSec) {
    count++
    course.add({
      ratePerSec: rate,
      answeredPerSec: rate,
      p50: count === 5 ? 90 : 2,
      p99: 99,
      failureShare: 0,
      isStarved: false,
    })
  }
  expect(course.knee.why).toBe('not-reached')
})
