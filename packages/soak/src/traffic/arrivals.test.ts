import { createSeededRandom } from '@plimsoll/core'
import { expect, test } from 'vitest'

import { createArrivals, ramp, spike, steady, step, type RateCurve } from './arrivals.ts'

function instants(curve: RateCurve, untilMs: number, seed = 7): number[] {
  const arrivals = createArrivals(curve, createSeededRandom(seed))
  const seen: number[] = []
  for (; arrivals.nextAtMs <= untilMs; arrivals.advance()) seen.push(arrivals.nextAtMs)
  return seen
}

const between = (seen: number[], fromMs: number, toMs: number) =>
  seen.filter((atMs) => atMs >= fromMs && atMs < toMs).length

test('gaps are exponential: their distribution is nowhere farther from the law than chance allows', () => {
  const seen = instants(steady(100), 200_000)
  const gaps = seen.map((atMs, index) => atMs - (seen[index - 1] ?? 0)).sort((a, b) => a - b)
  // Kolmogorov and Smirnov: 1.63/√n is passed by chance in one of a hundred samples.
  const distances = gaps.map((gapMs, index) => Math.abs(1 - Math.exp(-gapMs / 10) - (index + 0.5) / gaps.length))
  expect(Math.max(...distances)).toBeLessThan(1.63 / Math.sqrt(gaps.length))
})

test('counts of a second scatter as a Poisson count does: their variance is their mean', () => {
  const seen = instants(steady(40), 1_000_000)
  const counts = Array.from({ length: 1000 }, (_, second) => between(seen, second * 1000, second * 1000 + 1000))
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (counts.length - 1)
  expect(mean).toBeGreaterThan(39)
  expect(mean).toBeLessThan(41)
  expect(variance / mean).toBeGreaterThan(0.87)
  expect(variance / mean).toBeLessThan(1.13)
})

test('the same seed gives the same instants, another seed gives others', () => {
  expect(instants(steady(50), 5000)).toEqual(instants(steady(50), 5000))
  expect(instants(steady(50), 5000, 8)).not.toEqual(instants(steady(50), 5000))
})

test('a ramp brings the area under it', () => {
  const seen = instants(ramp(0, 200, 100_000), 100_000)
  expect(seen.length).toBeGreaterThan(9700)
  expect(seen.length).toBeLessThan(10_300)
  expect(between(seen, 0, 50_000) / seen.length).toBeCloseTo(0.25, 1)
})

test('a step is five times as much from its instant on, a spike ends again', () => {
  const stepped = instants(step(100, 50_000, 5), 100_000)
  expect(between(stepped, 50_000, 100_000) / between(stepped, 0, 50_000)).toBeCloseTo(5, 0)
  const spiked = instants(spike(100, 20_000, 5, 20_000), 60_000)
  expect(between(spiked, 20_000, 40_000) / between(spiked, 40_000, 60_000)).toBeCloseTo(5, 0)
  expect(between(spiked, 0, 20_000)).toBeLessThan(2300)
})

test('a curve that follows at run time takes over at once, also from a rate of zero', () => {
  const arrivals = createArrivals(steady(0), createSeededRandom(3))
  expect(arrivals.nextAtMs).toBe(Infinity)
  arrivals.follow(steady(1000), 60_000)
  expect(arrivals.nextAtMs).toBeGreaterThan(60_000)
  expect(arrivals.nextAtMs).toBeLessThan(60_020)
  let count = 0
  for (; arrivals.nextAtMs < 70_000; arrivals.advance()) count++
  expect(count).toBeGreaterThan(9600)
  expect(count).toBeLessThan(10_400)
  arrivals.follow(steady(0), 70_000)
  expect(arrivals.nextAtMs).toBe(Infinity)
})

test('following the same curve again and again changes no instant', () => {
  const left = createArrivals(steady(10), createSeededRandom(5))
  const right = createArrivals(steady(10), createSeededRandom(5))
  for (let atMs = 0; atMs < 20_000; atMs += 7) {
    right.follow(steady(10), atMs)
    expect(right.nextAtMs).toBeCloseTo(left.nextAtMs, 6)
    while (left.nextAtMs <= atMs + 7) {
      left.advance()
      right.advance()
    }
  }
})

test('a curve that cannot be is refused with every fault', () => {
  expect(() => createArrivals([], createSeededRandom(1))).toThrow('1 to 1000 points')
  expect(() =>
    createArrivals(
      [
        { atMs: 5, ratePerSec: -1 },
        { atMs: 1, ratePerSec: 1e9 },
      ],
      createSeededRandom(1),
    ),
  ).toThrow(/\[0\]\.ratePerSec.*\[1\]\.ratePerSec.*\[1\]\.atMs/)
})
