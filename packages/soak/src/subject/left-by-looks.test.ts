import { expect, test } from 'vitest'

import { LeftByLooks } from './left-by-looks.ts'

const bytes = (heapBytes: number, externalBytes = 0) => ({ heapBytes, externalBytes })

test('what looks have left is taken off every floor, one look after another', () => {
  const left = new LeftByLooks()
  expect(left.takeOff(bytes(8, 2))).toEqual(bytes(8, 2))
  left.note(bytes(8, 2), bytes(11, 3))
  expect(left.takeOff(bytes(12, 4))).toEqual(bytes(9, 3))
  left.note(bytes(9, 3), bytes(13, 4))
  expect(left.takeOff(bytes(13, 4))).toEqual(bytes(9, 3))
})

test('a cache that empties during a look makes no later floor larger than it is, and earlier looks still count', () => {
  const left = new LeftByLooks()
  left.note(bytes(8, 5), bytes(6, 1))
  expect(left.takeOff(bytes(8, 5))).toEqual(bytes(8, 5))
  left.note(bytes(8, 5), bytes(10, 5))
  left.note(bytes(8, 5), bytes(5, 5))
  expect(left.takeOff(bytes(7, 5))).toEqual(bytes(5, 5))
})

test('a service that more than doubles while it is looked at has grown itself', () => {
  const left = new LeftByLooks()
  left.note(bytes(8), bytes(100))
  expect(left.takeOff(bytes(100))).toEqual(bytes(92))
})
