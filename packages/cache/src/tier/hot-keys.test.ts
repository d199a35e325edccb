import { createSeededRandom, nextBelow } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { HotKeys } from './hot-keys.ts'

test('finds the keys that are asked for most among many that are asked for once', () => {
  const random = createSeededRandom(7)
  const hot = new HotKeys(20)
  for (let n = 0; n < 50_000; n++) hot.note(n % 3 === 0 ? `hot ${nextBelow(random, 20)}` : `once ${n}`)
  const top = hot.top(20)
  expect(top.filter((key) => key.startsWith('hot')).length).toBeGreaterThanOrEqual(18)
})

test('old fame fades', () => {
  const hot = new HotKeys(5)
  for (let n = 0; n < 1000; n++) hot.note('old')
  for (let n = 0; n < 5000; n++) hot.note(n % 2 ? 'new' : `once ${n}`)
  expect(hot.top(2)[0]).toBe('new')
})

test('never counts more keys than its bound, though all of them be hot', () => {
  const hot = new HotKeys(10)
  for (let round = 0; round < 5; round++) for (let n = 0; n < 200; n++) hot.note(`${n}`)
  expect(hot.top(Infinity).length).toBeLessThanOrEqual(80)
})
