import { expect, test } from 'vitest'
import { EventLoopSource } from './event-loop.ts'

test('a beat that comes late is the delay of the loop, and a reading begins anew', () => {
  const source = new EventLoopSource(250, 1000)
  for (const atMs of [1250, 1501, 1751, 2900]) source.noteBeat(atMs)
  expect(source.read()).toMatchObject({ delayMsP50: 0, delayMsP99: 899, delayMsMax: 899 })
  source.noteBeat(3160)
  expect(source.read()).toMatchObject({ delayMsP50: 10, delayMsP99: 10, delayMsMax: 10 })
  expect(source.read()).toMatchObject({ delayMsP50: 0, delayMsP99: 0, delayMsMax: 0 })
})
