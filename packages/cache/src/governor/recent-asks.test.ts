import { expect, test } from 'vitest'
import { RecentAsks } from './recent-asks.ts'

test('tells how many asks ago a key was asked for, and nothing of one that never was or was forgotten', () => {
  const asks = new RecentAsks()
  const ask = (hash: number): number => {
    asks.count()
    return asks.ageOf(hash)
  }
  // 0 is what an empty place holds.
  expect(ask(0)).toBeGreaterThan(1e9)
  expect(ask(7)).toBeGreaterThan(1e9)
  asks.count()
  expect(ask(7)).toBe(2)
  expect(ask(0)).toBe(4)
  asks.forget(7)
  expect(ask(7)).toBeGreaterThan(1e9)
  asks.forgetAll()
  expect(ask(0)).toBeGreaterThan(1e9)
})

test('a key that took the place of another does not have its age', () => {
  const asks = new RecentAsks()
  asks.count()
  asks.ageOf(5)
  asks.count()
  expect(asks.ageOf(5 + 2 ** 11)).toBeGreaterThan(1e9)
  asks.count()
  expect(asks.ageOf(5)).toBeGreaterThan(1e9)
})
