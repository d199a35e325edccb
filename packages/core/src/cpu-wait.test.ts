import { expect, test } from 'vitest'
import { CpuWait } from './cpu-wait.ts'
import { SECOND_MS } from './duration.ts'
import { ManualClock } from './testing/manual-clock.ts'

test('tells for which share of the time in which a thread wanted a processor it waited for one', () => {
  let text: string | null = '9000000000 2000000000 1000'
  const clock = new ManualClock()
  const wait = new CpuWait(() => text, clock)
  clock.advance(2 * SECOND_MS)
  text = '9500000000 3500000000 1100'
  expect(wait.read()).toBe(0.75)
  // It slept all the time.
  expect(wait.read()).toBeNull()
  // It woke a thousand times for next to nothing.
  text = '9502000000 3510000000 2100'
  expect(wait.read()).toBe(0)
  text = null
  expect(wait.read()).toBeNull()
})

test.each([null, '', 'no numbers here', '0 0 0'])('where the kernel tells nothing (%j) nothing is told', (text) => {
  expect(new CpuWait(() => text, new ManualClock()).read()).toBeNull()
})

test('of a thread that sleeps nearly all the time no share is told: of next to nothing, any share is chance', () => {
  const clock = new ManualClock()
  let text = '9000000000 2000000000 1000'
  const wait = new CpuWait(() => text, clock)
  // Ten turns in two seconds, of two tenths of a millisecond each, for which it waited 1.3 ms.
  clock.advance(2 * SECOND_MS)
  text = '9002000000 2013000000 1010'
  expect(wait.read()).toBe(0)
  // The same within a tenth of a second held up whatever it had to do.
  clock.advance(0.1 * SECOND_MS)
  text = '9004000000 2026000000 1020'
  expect(wait.read()).toBeCloseTo(0.87)
})

test('tells how long it has waited, and reading begins anew', () => {
  let text: string | null = '9000000000 2000000000 1000'
  const wait = new CpuWait(() => text, new ManualClock())
  text = '9500000000 3500000000 1100'
  expect([wait.waitedMs(), wait.waitedMs()]).toEqual([1500, 1500])
  wait.read()
  expect(wait.waitedMs()).toBe(0)
  text = null
  expect(wait.waitedMs()).toBe(0)
})
