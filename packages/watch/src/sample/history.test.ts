import { expect, test } from 'vitest'
import { History } from './history.ts'

test('an endless series stays small, reaches back to its first item and is dense where it is new', () => {
  const history = new History<number>(100)
  for (let item = 0; item < 100_000; item++) history.push(item)
  expect(history.items.length).toBeLessThanOrEqual(100)
  expect(history.items[0]).toBe(0)
  expect(history.items.slice(-6)).toEqual(Array.from({ length: 6 }, (_, index) => 99_994 + index))
  expect([...history.items]).toEqual([...history.items].sort((left, right) => left - right))
  expect(history.last).toBe(99_999)
})

test('each third of what was seen so far is seen at several points, however much that is', () => {
  for (const total of [150, 240, 1000, 20_000]) {
    const history = new History<number>(90)
    for (let item = 0; item < total; item++) history.push(item)
    const countIn = (from: number, to: number) =>
      history.items.filter((item) => item >= from * total && item < to * total).length
    expect(
      [countIn(0, 1 / 3), countIn(1 / 3, 2 / 3), countIn(2 / 3, 1)].every((count) => count >= 3),
      `${total}`,
    ).toBe(true)
  }
})
