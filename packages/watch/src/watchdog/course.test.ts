import { expect, test } from 'vitest'
import type { Finding, View } from '../detect/detector.ts'
import { course, Course } from './course.ts'

const finding = (verdict: Finding['verdict'], currentBytes = 60e6): Finding => ({
  kind: 'memory-growth',
  memory: 'heap',
  verdict,
  severity: 'info',
  slope: null,
  timeToLimitMs: [1000, 2000],
  limitBytes: 100e6,
  currentBytes,
  growthBytes: 30e6,
  windowMs: 60_000,
  bytesPerRequest: null,
  requestsPerSecond: 100,
  series: [],
  holders: [],
  isCertain: false,
  doubts: [],
})

/** A moment at which the floor stands somewhere and so many requests come a second. */
function viewAt(nowMs: number, floorBytes: number, requestsPerSecond = 100): View {
  const floor = {
    atMs: nowMs,
    heapBytes: floorBytes,
    externalBytes: 0,
    budgetedBytes: 0,
    requestTotal: 0,
    isProvoked: true,
  }
  const moments = [nowMs - 10_000, nowMs].map((atMs) => ({ atMs, requestTotal: (atMs / 1000) * requestsPerSecond }))
  return { nowMs, floors: [floor], moments } as unknown as View
}

test('every verdict can be left again', () => {
  for (const [verdict, cells] of Object.entries(course)) {
    expect(Object.values(cells).filter((next) => next !== verdict).length, verdict).toBeGreaterThan(0)
  }
})

test('one window does not make a leak, unless it is certain', () => {
  const doubtful = new Course()
  expect(doubtful.advance(finding('leaking'), viewAt(0, 60e6), 60e6)).toBeNull()
  expect(doubtful.advance(finding('leaking'), viewAt(5000, 61e6), 61e6)).toBe('leaking')
  expect(new Course().advance({ ...finding('leaking'), isCertain: true }, viewAt(0, 60e6), 60e6)).toBe('leaking')
})

test('a leak does not flap back to growing, and sinks from there', () => {
  const leak = new Course()
  for (const atMs of [0, 5000]) leak.advance(finding('leaking'), viewAt(atMs, 60e6), 60e6)
  for (const atMs of [10_000, 15_000, 20_000])
    expect(leak.advance(finding('growing'), viewAt(atMs, 62e6), 62e6)).toBeNull()
  for (const atMs of [25_000]) leak.advance(finding('sinking'), viewAt(atMs, 80e6), 80e6)
  expect(leak.advance(finding('sinking'), viewAt(30_000, 82e6), 82e6)).toBe('sinking')
})

test('it has recovered when half of the growth is gone', () => {
  const leak = new Course()
  for (const atMs of [0, 5000]) leak.advance(finding('leaking'), viewAt(atMs, 60e6), 60e6)
  expect(leak.advance(null, viewAt(10_000, 35e6), 35e6)).toBeNull()
  expect(leak.advance(null, viewAt(15_000, 35e6), 35e6)).toBe('recovered')
  for (const atMs of [20_000]) leak.advance(null, viewAt(atMs, 35e6), 35e6)
  expect(leak.verdict).toBe('afloat')
})

test('or when it stands still for long under traffic, but not because nobody asks', () => {
  const busy = new Course()
  const idle = new Course()
  for (const atMs of [0, 5000])
    for (const each of [busy, idle]) each.advance(finding('leaking'), viewAt(atMs, 60e6), 60e6)
  for (let atMs = 10_000; atMs <= 120_000; atMs += 5000) {
    busy.advance(null, viewAt(atMs, 60e6), 60e6)
    idle.advance(null, viewAt(atMs, 60e6, 1), 60e6)
  }
  expect(['recovered', 'afloat']).toContain(busy.verdict)
  expect(idle.verdict).toBe('leaking')
})

test('growth is not worth a word before it is a twentieth of the limit', () => {
  const small = new Course()
  for (const atMs of [0, 5000, 10_000])
    small.advance({ ...finding('growing'), growthBytes: 1e6 }, viewAt(atMs, 20e6), 20e6)
  expect(small.verdict).toBe('afloat')
})
