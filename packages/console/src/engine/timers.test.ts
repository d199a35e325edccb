import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import type { TimerRow } from '../storage/timers.ts'
import { TimerHints } from './timers.ts'

test('a timer that became due while the console was down waits until all is ready, and later ones fire on time', () => {
  const clock = new ManualClock()
  const fired: number[] = []
  const hints = new TimerHints(clock, ({ incidentId }) => fired.push(incidentId))
  const timer = (incidentId: number, inMs: number): TimerRow => {
    return { kind: 'escalate', incidentId, dueAtMs: clock.nowMs() + inMs, generation: 1 }
  }
  hints.remember(timer(1, -60_000))
  hints.remember(timer(2, 5000))
  clock.advance(1000)
  expect(fired).toEqual([])
  hints.fireDue()
  expect(fired).toEqual([1])
  clock.advance(4000)
  expect(fired).toEqual([1, 2])
})
