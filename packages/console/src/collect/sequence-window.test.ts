import { createSeededRandom } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { SequenceWindow, WINDOW } from './sequence-window.ts'

test('takes each number of the window once, in whatever order they come', () => {
  const random = createSeededRandom(7)
  const window = new SequenceWindow()
  const arrived = new Set<number>()
  let highest = 0
  for (let turn = 0; turn < 20_000; turn++) {
    const sequence = Math.max(1, highest - 200 + Math.floor(random.next() * 205))
    expect(window.take(sequence)).toBe(!arrived.has(sequence))
    arrived.add(sequence)
    highest = Math.max(highest, sequence)
    expect(window.highest).toBe(highest)
  }
})

test('what is older than the window passes for arrived, after a leap, too', () => {
  const window = new SequenceWindow()
  const width = Number(WINDOW)
  expect([window.take(0), window.take(0)]).toEqual([true, false])
  expect(window.take(Number.MAX_SAFE_INTEGER)).toBe(true)
  expect(window.take(Number.MAX_SAFE_INTEGER - width)).toBe(false)
  expect(window.take(Number.MAX_SAFE_INTEGER - width + 1)).toBe(true)
  expect(window.take(Number.MAX_SAFE_INTEGER - width + 1)).toBe(false)
})
