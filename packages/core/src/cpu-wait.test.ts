import { expect, test } from 'vitest'
import { CpuWait } from './cpu-wait.ts'

test('tells how long a thread waited each time it wanted a processor', () => {
  let text: string | null = '9000000000 2000000000 1000'
  const wait = new CpuWait(() => text)
  text = '9500000000 3500000000 1100'
  expect(wait.read()).toBe(15)
  // It slept all the time.
  expect(wait.read()).toBeNull()
  text = null
  expect(wait.read()).toBeNull()
})

test.each([null, '', 'no numbers here', '0 0 0'])('where the kernel tells nothing (%j) nothing is told', (text) => {
  expect(new CpuWait(() => text).read()).toBeNull()
})
