import { MiB } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { WalkNeed, type Footprint } from './walk-need.ts'

const still: Footprint = { lastingBytes: 40 * MiB, rssBytes: 90 * MiB, handleCount: 12 }

/** Seconds until a walk is worth its time, of a process that is looked at every two; null for an hour without one. */
function secondsUntilGrown(limitBytes: number, at: (second: number) => Partial<Footprint>): number | null {
  const need = new WalkNeed(limitBytes)
  for (let second = 0; second < 3600; second += 2) if (need.hasGrown({ ...still, ...at(second) })) return second
  return null
}

test('a process whose memory stands still, or goes up and down by little, needs no walk', () => {
  expect(secondsUntilGrown(128 * MiB, () => ({}))).toBeNull()
  const sawtooth = (second: number) => ({
    lastingBytes: (40 + (second % 60) / 120) * MiB,
    rssBytes: (90 + (second % 3)) * MiB,
  })
  expect(secondsUntilGrown(512 * MiB, sawtooth)).toBeNull()
})

test('a leak of a megabyte a minute is walked for within a minute under a small limit, and before it took a hundredth of a large one', () => {
  const leak = (second: number) => ({ lastingBytes: (40 + second / 60) * MiB })
  expect(secondsUntilGrown(128 * MiB, leak)).toBeLessThan(60)
  expect(secondsUntilGrown(2048 * MiB, leak)!).toBeLessThan((0.01 * 2048 * 60) / 1)
})

test('what grows outside of the heap, and handles, are worth a walk as well', () => {
  expect(secondsUntilGrown(512 * MiB, (second) => ({ rssBytes: (90 + second / 20) * MiB }))).toBe(80)
  expect(secondsUntilGrown(512 * MiB, (second) => ({ handleCount: 12 + second / 4 }))).toBe(64)
})

test('growth counts from the least since the last walk, and anew after each', () => {
  const need = new WalkNeed(512 * MiB)
  expect(need.hasGrown({ ...still, lastingBytes: 60 * MiB })).toBe(false)
  expect(need.hasGrown({ ...still, lastingBytes: 30 * MiB })).toBe(false)
  expect(need.hasGrown({ ...still, lastingBytes: 33 * MiB })).toBe(true)
  need.noteWalk(true)
  expect(need.hasGrown({ ...still, lastingBytes: 33 * MiB })).toBe(false)
  // What a walk had no time for is not known, however still it stands.
  need.noteWalk(false)
  expect(need.hasGrown({ ...still, lastingBytes: 33 * MiB })).toBe(true)
})
