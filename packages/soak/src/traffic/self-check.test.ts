import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'

import { Histogram } from './histogram.ts'
import { judgeGenerator, startEventLoopProbe } from './self-check.ts'

test('a probe that fires in time sees no delay', () => {
  const clock = new ManualClock()
  const probe = startEventLoopProbe(clock)
  clock.advance(1000)
  expect(probe.delays.count).toBe(100)
  expect(probe.delays.maxMs).toBe(0)
})

test('one stall of 100 ms counts as all the probes it hid', () => {
  let nowMs = 0
  let fire = () => {}
  const clock = { ...new ManualClock(), monotonicMs: () => nowMs, nowMs: () => nowMs, after: () => ({ cancel() {} }) }
  const probe = startEventLoopProbe({
    ...clock,
    every: (_: number, act: () => void) => ((fire = act), { cancel() {} }),
  })
  nowMs = 110
  fire()
  expect(probe.delays.count).toBe(10)
  expect(probe.delays.quantileMs(0.5)).toBeCloseTo(50, 0)
  expect(probe.takeMaxMs()).toBe(100)
  expect(probe.takeMaxMs()).toBe(0)
})

test('a calm generator is believed', () => {
  const delays = new Histogram()
  for (let probe = 0; probe < 1000; probe++) delays.record(1)
  const verdict = judgeGenerator({ delays, startedSessionCount: 5000, missedSessionCount: 5, maxSessions: 100 })
  expect(verdict).toMatchObject({ isBottleneck: false, why: [] })
})

test('a late event loop and missed sessions are told, with limits and remedies', () => {
  const delays = new Histogram()
  for (let probe = 0; probe < 100; probe++) delays.record(probe < 95 ? 1 : 8)
  const verdict = judgeGenerator({ delays, startedSessionCount: 900, missedSessionCount: 100, maxSessions: 50 })
  expect(verdict.isBottleneck).toBe(true)
  expect(verdict.missedShare).toBe(0.1)
  expect(verdict.why).toEqual([
    expect.stringMatching(/^the generator's own event loop was 8\.0 ms late at p99 \(limit 5 ms\)/),
    expect.stringMatching(/^100 sessions \(10\.0 %\) could not start because 50 were open: raise maxSessions/),
  ])
})
