import { expect, test } from 'vitest'
import { History } from './history.ts'

test('an endless series stays small, reaches back to its first item and is dense where it is new', () => {
  const history = new History<number>(100)
  for (let item = 0; item < 100_000; item++) history.push(item)
  expect(history.items.length).toBeLessThanOrEqual(100)
  expect(history.items[0]).toBe(0)
  expect(history.items.slice(-20)).toEqual(Array.from({ length: 20 }, (_, index) => 99_980 + index))
  expect([...history.items]).toEqual([...history.items].sort((left, right) => left - right))
  expect(history.last).toBe(99_999)
})
