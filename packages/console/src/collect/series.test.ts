import { SECOND_MS } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { FakeProcess, FakeService, healthy } from '../testing/fake-service.ts'
import { MAX_ROWS, SeriesRing, slowShare } from './series.ts'

function fill(count: number): SeriesRing {
  const process: FakeProcess = new FakeService('web', { nowMs: 0, behaviour: healthy }).workers[0]!
  const ring = new SeriesRing()
  for (let second = 1; second <= count; second++) ring.push(process.batch(second * SECOND_MS).samples[0]!)
  return ring
}

test('never keeps more than a quarter of an hour at one a second, and the newest of it', () => {
  const ring = fill(MAX_ROWS + 250)
  const { atMs } = ring.points(0)
  expect(ring.count).toBe(MAX_ROWS)
  expect([atMs[0], atMs.at(-1), atMs.length]).toEqual([251_000, (MAX_ROWS + 250) * SECOND_MS, MAX_ROWS])
  expect(atMs).toEqual([...atMs].sort((one, other) => one - other))
})

test('sums and means a window', () => {
  const window = fill(40).window(20 * SECOND_MS, 40 * SECOND_MS, 1000)!
  expect(window).toMatchObject({ requestCount: 800, requestsPerSec: 40, slowCount: expect.closeTo(0, 1) as number })
  expect(window.sql).toMatchObject({ queryCount: 1600, runMsP50: expect.closeTo(1.1) as number })
  expect(fill(5).window(60 * SECOND_MS, 90 * SECOND_MS, 1000)).toBeNull()
})

test('tells the traffic under which statements took their time, not that of the whole window', () => {
  const process = new FakeService('web', { nowMs: 0, behaviour: healthy }).workers[0]!
  const ring = new SeriesRing()
  for (let second = 1; second <= 30; second++) {
    if (second > 26) process.behaviour = { ...healthy, requestsPerSec: 160, sqlRunMsP50: 300 }
    ring.push(process.batch(second * SECOND_MS).samples[0]!)
  }
  const { arrivalsPerSec, believedSql } = ring.window(0, 30 * SECOND_MS, 1000)!
  expect([arrivalsPerSec, believedSql.arrivalsPerSec]).toEqual([56, expect.closeTo(160, -1)])
})

test('counts what came in, whether it was answered or not; of an agent that does not tell, what was answered', () => {
  const rates = [true, false].map((isTold) => {
    const process = new FakeService('web', { nowMs: 0, behaviour: { answeredRatio: 0.25 } }).workers[0]!
    const ring = new SeriesRing()
    for (let second = 1; second <= 10; second++) {
      const sample = process.batch(second * SECOND_MS).samples[0]!
      ring.push(isTold ? sample : { ...sample, http: { ...sample.http!, arrivedCount: null } })
    }
    const { requestsPerSec, arrivalsPerSec, newestArrivalsPerSec } = ring.window(0, 10 * SECOND_MS, 1000)!
    return [requestsPerSec, arrivalsPerSec, newestArrivalsPerSec]
  })
  expect(rates).toEqual([
    [10, 40, 40],
    [10, 10, 10],
  ])
})

test('estimates the share of slow answers from p50 and p99', () => {
  expect(slowShare(100, 1000, 1000)).toBeCloseTo(0.01, 3)
  expect(slowShare(1000, 3000, 1000)).toBe(1)
  expect(slowShare(6, 38, 1000)).toBeLessThan(0.0001)
  expect(slowShare(0, 0, 1000)).toBe(0)
})
