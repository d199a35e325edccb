import { expect, test } from 'vitest'
import { CpuWait } from './cpu-wait.ts'

test('tells for which share of the time in which a thread wanted a processor it waited for one', () => {
  let text: string | null = '9000000000 2000000000 1000'
  const wait = new CpuWait(() => text)
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
  expect(new CpuWait(() => text).read()).toBeNull()
})

test('tells how long it has waited, and reading begins anew', () => {
  let text: string | null = '9000000000 2000000000 1000'
  const wait = new CpuWait(() => text)
  text = '9500000000 3500000000 1100'
  expect([wait.waitedMs(), wait.waitedMs()]).toEqual([1500, 1500])
  wait.read()
  expect(wait.waitedMs()).toBe(0)
  text = null
  expect(wait.waitedMs()).toBe(0)
})
