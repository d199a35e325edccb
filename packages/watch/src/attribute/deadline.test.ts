import { expect, test } from 'vitest'
import { deadlineOf, deadlineSince } from './deadline.ts'

const NOW_MS = Date.UTC(2026, 4, 10, 12)

test('a moment ahead is a deadline under whatever name, one that has passed only under a name that means it', () => {
  expect(deadlineOf({ t: NOW_MS + 75_000, v: 'page' }, NOW_MS)).toBe(NOW_MS + 75_000)
  expect(deadlineOf({ createdAt: NOW_MS - 5000, body: '' }, NOW_MS)).toBeNull()
  expect(deadlineOf({ createdAt: NOW_MS - 9000, expiresAt: new Date(NOW_MS - 4000) }, NOW_MS)).toBe(NOW_MS - 4000)
  expect(deadlineOf({ data: 1, maxAge: NOW_MS - 1000 }, NOW_MS)).toBe(NOW_MS - 1000)
  expect(deadlineOf({ exp: 1, expires: Math.round(NOW_MS / 1000) + 60 }, NOW_MS)).toBe(NOW_MS + 60_000)
})

test('durations, prices, distant dates and what is no object are no deadlines', () => {
  expect(deadlineOf({ ttl: 60_000, price: 1999, id: 4711 }, NOW_MS)).toBeNull()
  expect(deadlineOf({ bornAt: NOW_MS + 90 * 24 * 3600 * 1000 }, NOW_MS)).toBeNull()
  expect(deadlineOf('2026', NOW_MS)).toBeNull()
  expect(deadlineOf([NOW_MS + 1000], NOW_MS)).toBeNull()
})

test('an entry may be nothing but the moment at which it goes', () => {
  expect(deadlineOf(NOW_MS + 300_000, NOW_MS)).toBe(NOW_MS + 300_000)
  expect(deadlineOf(new Date(NOW_MS + 60_000), NOW_MS)).toBe(NOW_MS + 60_000)
  expect(deadlineOf(NOW_MS - 1000, NOW_MS)).toBeNull()
  expect(deadlineOf(1999, NOW_MS)).toBeNull()
})

test('an entry that waits for the sweep is held to what it said before, for a minute', () => {
  const entry = { t: NOW_MS + 5000, v: 'page' }
  const before = deadlineSince(null, entry, NOW_MS)
  expect(before).toBe(NOW_MS + 5000)
  expect(deadlineSince(before, entry, NOW_MS + 9000)).toBe(before)
  expect(deadlineSince(before, { t: NOW_MS + 80_000, v: 'next' }, NOW_MS + 15_000)).toBe(NOW_MS + 80_000)
  expect(deadlineSince(before, entry, NOW_MS + 66_000)).toBeNull()
  expect(deadlineSince(null, entry, NOW_MS + 9000)).toBeNull()
})

test('what another entry said and has taken with it holds for none that says nothing', () => {
  const before = deadlineSince(null, { runAt: NOW_MS + 6 * 3_600_000 }, NOW_MS)
  expect(before).toBe(NOW_MS + 6 * 3_600_000)
  expect(deadlineSince(before, { v: 1 }, NOW_MS + 60_000)).toBeNull()
})

test('in the last second before its moment an entry is held to it', () => {
  const entry = { t: NOW_MS + 5000, v: 'page' }
  expect(deadlineSince(NOW_MS + 5000, entry, NOW_MS + 4000)).toBe(NOW_MS + 5000)
})

test('no getter is called', () => {
  const value = Object.defineProperty({}, 'expiresAt', {
    enumerable: true,
    get() {
      throw new Error('asked the host')
    },
  })
  expect(deadlineOf(value, NOW_MS)).toBeNull()
})
