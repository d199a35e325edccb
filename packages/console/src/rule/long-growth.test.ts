import { createSeededRandom, DAY_MS, HOUR_MS, MiB, MINUTE_MS } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { judgeLongGrowth } from './long-growth.ts'

const STEP_MS = 10 * MINUTE_MS
const LIMIT = 256 * MiB

/** A process whose depth follows the hour of the day, with what else a real one does. */
function live(days: number, grow: (atMs: number) => number, seed = 1): [number, number][] {
  const { next: random } = createSeededRandom(seed)
  const dayBytes = random() * 0.2 * LIMIT
  const noise = 0.002 + random() * 0.02
  return Array.from({ length: (days * DAY_MS) / STEP_MS }, (_, index) => {
    const atMs = index * STEP_MS
    const warmUp = 0.05 * LIMIT * (1 - Math.exp(-atMs / HOUR_MS))
    const byHour = dayBytes * (1 - Math.cos((2 * Math.PI * atMs) / DAY_MS)) * (0.9 + 0.2 * random())
    return [atMs, 0.3 * LIMIT + warmUp + byHour + random() * noise * LIMIT + grow(atMs)]
  })
}

test('a leak that needs three days is seen on the second, whatever the hour does to the depth', () => {
  const perDay = 0.2 * LIMIT
  for (let seed = 1; seed <= 50; seed++) {
    const floors = live(2.1, (atMs) => (perDay * atMs) / DAY_MS, seed)
    const growth = judgeLongGrowth(floors)
    expect(growth, `seed ${seed}`).not.toBeNull()
    expect(growth!.bytesPerDay / perDay, `seed ${seed}`).toBeGreaterThan(0.8)
    expect(growth!.bytesPerDay / perDay, `seed ${seed}`).toBeLessThan(1.3)
    expect(judgeLongGrowth(floors.slice(0, 280)), 'before two days are over').toBeNull()
  }
})

test('a hundred processes that live thirty healthy days are accused of nothing', () => {
  const accused: string[] = []
  for (let seed = 1; seed <= 100; seed++) {
    const floors = live(30, () => 0, seed)
    for (let day = 2; day <= 30; day++) {
      const week = floors.slice(Math.max(0, day - 7) * 144, day * 144)
      if (judgeLongGrowth(week)) accused.push(`seed ${seed}, day ${day}`)
    }
  }
  expect(accused).toEqual([])
})

test('a cache that fills within a day, and a step up at a release of data, are no leak', () => {
  for (const tauMs of [3 * HOUR_MS, 12 * HOUR_MS]) {
    const filling = live(4, (atMs) => 0.3 * LIMIT * (1 - Math.exp(-atMs / tauMs)))
    for (let hours = 48; hours <= 96; hours++)
      expect([tauMs, hours, judgeLongGrowth(filling.slice(0, hours * 6))]).toEqual([tauMs, hours, null])
  }
  const step = live(6, (atMs) => (atMs > 2.4 * DAY_MS ? 0.15 * LIMIT : 0))
  for (let hours = 48; hours <= 144; hours += 2)
    expect([hours, judgeLongGrowth(step.slice(0, hours * 6))]).toEqual([hours, null])
})

test('hours nobody measured are left out, and half a day is not enough', () => {
  const floors = live(3, (atMs) => (0.2 * LIMIT * atMs) / DAY_MS)
  const withHole = floors.filter(([atMs]) => atMs < 1.2 * DAY_MS || atMs > 1.3 * DAY_MS)
  expect(judgeLongGrowth(withHole)).not.toBeNull()
  const hardlyAny = floors.filter(([atMs]) => atMs < 0.3 * DAY_MS || atMs > 2.6 * DAY_MS)
  expect(judgeLongGrowth(hardlyAny)).toBeNull()
  expect(judgeLongGrowth([])).toBeNull()
})
