import { createSeededRandom, MiB, nextNormal } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { cgroupPressure } from './cgroup-pressure.ts'
import type { Moment, View } from './detector.ts'
import { StallWatch } from './event-loop-stall.ts'
import { external } from './external.ts'
import { gcThrash } from './gc-thrash.ts'
import { findHeapLimit } from '../sample/source/process.ts'
import { heapFloor } from './heap-floor.ts'
import { nativeGrowth } from './native-growth.ts'
import { timeToLimit } from './time-to-limit.ts'

const random = createSeededRandom(1973)
const noise = (bytes: number) => nextNormal(random) * bytes

interface Curve {
  seconds: number
  everySeconds: number
  heap?: (second: number) => number
  external?: (second: number) => number
  rss?: (second: number) => number
}

/** A service that serves 100 requests a second while its memory follows the curves; no collection explains anything. */
function viewOf({ seconds, everySeconds, heap = () => 20 * MiB, external: outside = () => MiB, rss }: Curve): View {
  const instants = Array.from({ length: Math.floor(seconds / everySeconds) + 1 }, (_, index) => index * everySeconds)
  const floors = instants.map((second) => ({
    atMs: second * 1000,
    heapBytes: heap(second),
    externalBytes: outside(second),
    budgetedBytes: 0,
    requestTotal: second * 100,
    isProvoked: true,
  }))
  const moments = instants.map((second): Moment => {
    const heapBytes = heap(second) + 5 * MiB
    return {
      atMs: second * 1000,
      windowMs: everySeconds * 1000,
      rssBytes: rss ? rss(second) : heapBytes + outside(second) + 40 * MiB,
      heapUsedBytes: heapBytes,
      heapTotalBytes: heapBytes,
      externalBytes: outside(second),
      requestTotal: second * 100,
      gcShare: 0.01,
      gcPauseMsMax: 5,
      majorCount: 0,
      cgroupBytes: null,
      pressureAvg10: null,
    }
  })
  return {
    nowMs: seconds * 1000,
    floors,
    moments,
    holders: [],
    retaining: [],
    heapLimitBytes: 100 * MiB,
    cgroupLimitBytes: null,
    memoryLimitBytes: 1024 * MiB,
  }
}

test('a heap that rises straight is a leak, though nobody explains it', () => {
  const finding = heapFloor.judge(
    viewOf({ seconds: 90, everySeconds: 4, heap: (second) => 20 * MiB + second * 0.4 * MiB + noise(0.3 * MiB) }),
  )
  expect(finding).toMatchObject({ verdict: 'leaking', memory: 'heap' })
  expect(finding!.slope!.estimate / (24 * MiB)).toBeCloseTo(1, 0)
  const [earliest, latest] = finding!.timeToLimitMs!
  expect(earliest).toBeLessThan(112_000)
  expect(latest).toBeGreaterThan(112_000)
})

test('the heap may end with 80 % of its limit in use, so the soonest end is that far away', () => {
  const at = (seconds: number) =>
    heapFloor.judge(viewOf({ seconds, everySeconds: 4, heap: (second) => 20 * MiB + second * 0.4 * MiB }))!
      .timeToLimitMs
  const [soonest, latest] = at(100)!
  expect(soonest).toBeCloseTo(50_000, -3)
  expect(latest).toBeCloseTo(100_000, -3)
  expect(at(152)![0]).toBe(0)
})

test('what was freed or has stood still for long is no growth, though a line through the floors still rises', () => {
  const leaking = viewOf({ seconds: 120, everySeconds: 2, heap: (second) => (20 + second * 0.25) * MiB })
  expect(heapFloor.judge(leaking)).toMatchObject({ verdict: 'leaking' })
  const then = (seconds: number[], heapMib: number): View => {
    const last = leaking.floors.at(-1)!
    const floors = seconds.map((second) => ({
      ...last,
      atMs: second * 1000,
      heapBytes: heapMib * MiB,
      requestTotal: 100 * second,
    }))
    return { ...leaking, nowMs: seconds.at(-1)! * 1000, floors: [...leaking.floors, ...floors] }
  }
  expect(heapFloor.judge(then([122], 21))).toBeNull()
  expect(heapFloor.judge(then([150, 300, 600], 50))).toBeNull()
})

test('a collection with a bound that was met late, and weighs less than it keeps, excuses the growth until it is full', () => {
  const view = viewOf({ seconds: 90, everySeconds: 4, heap: (second) => 20 * MiB + second * 0.4 * MiB })
  const frame = { script: 'file:///srv/server.js', line: 9, column: 1, functionName: null }
  const instants = Array.from({ length: 26 }, (_, index) => 40 + index * 2)
  const pages = {
    id: 1,
    kind: 'map' as const,
    path: 'pages.#cache',
    script: 'file:///srv/lru.js',
    points: instants.map((second) => ({ atMs: second * 1000, count: second * 100, requestTotal: second * 100 })),
    hasLetGo: false,
    removal: 'possible' as const,
    bound: 9000,
    // 45 % of what really comes with each: its strings are joined from parts, which nobody can see.
    entryBytes: Math.round(0.45 * 0.004 * MiB),
    entryExternalBytes: 0,
  }
  const judge = (bound: number | null) =>
    heapFloor.judge({ ...view, retaining: [{ frame, share: 1, livingCount: 8 }], holders: [{ ...pages, bound }] })
  expect(judge(9000)).toMatchObject({ verdict: 'growing', holders: [{ id: 1 }] })
  expect(judge(null)).toMatchObject({ verdict: 'leaking', holders: [{ id: 1 }] })
  expect(judge(null)!.doubts).toEqual(['that its code takes entries out later than this look lasted'])
  // Full only when the process has long been dead, or half a minute from now.
  expect(judge(1_000_000)).toMatchObject({
    verdict: 'leaking',
    doubts: ['that its code keeps it within a bound that is not reached yet'],
  })
  expect(judge(12_000)).toMatchObject({ verdict: 'growing' })
})

test('warm-up, a fill that bends, a single step and noise are none', () => {
  const curves: Record<string, (second: number) => number> = {
    warmUp: (second) => 20 * MiB + 8 * MiB * (1 - Math.exp(-second / 20)),
    fill: (second) => 20 * MiB + 50 * MiB * (1 - Math.exp(-second / 40)),
    step: (second) => (second < 45 ? 20 : 45) * MiB,
    noise: () => 40 * MiB,
  }
  for (const [name, heap] of Object.entries(curves)) {
    // As a live detector does: at every window on the way.
    for (let seconds = 10; seconds <= 240; seconds += 4) {
      const finding = heapFloor.judge(
        viewOf({ seconds, everySeconds: 4, heap: (second) => heap(second) + noise(0.2 * MiB) }),
      )
      expect(['leaking', 'sinking'], `${name} after ${seconds} s`).not.toContain(finding?.verdict)
    }
  }
})

test('near its limit a leak sinks', () => {
  const finding = heapFloor.judge(
    viewOf({ seconds: 160, everySeconds: 4, heap: (second) => 20 * MiB + second * 0.4 * MiB + noise(0.2 * MiB) }),
  )
  expect(finding).toMatchObject({ verdict: 'sinking', severity: 'critical' })
})

test('buffers that pile up are told apart from the heap', () => {
  const view = viewOf({
    seconds: 300,
    everySeconds: 5,
    external: (second) => 10 * MiB + second * 1.5 * MiB + noise(MiB),
  })
  expect(external.judge(view)).toMatchObject({ memory: 'external', verdict: 'leaking' })
  expect(heapFloor.judge(view)).toBeNull()
})

test('a cache that fills outside of the heap hides no leak on it, and is none itself', () => {
  const filled = (second: number) => second * 1.5 * MiB
  const view = viewOf({
    seconds: 300,
    everySeconds: 5,
    heap: (second) => 20 * MiB + second * 0.2 * MiB + noise(0.2 * MiB),
    external: (second) => 10 * MiB + filled(second) + noise(0.2 * MiB),
  })
  const floors = view.floors.map((floor) => ({ ...floor, budgetedOffHeapBytes: filled(floor.atMs / 1000) }))
  expect(heapFloor.judge({ ...view, floors })).toMatchObject({ memory: 'heap' })
  expect(external.judge({ ...view, floors })).toBeNull()
})

test('native memory is claimed late, and slack that settles is not claimed', () => {
  const native = (grow: (second: number) => number) => (seconds: number) =>
    nativeGrowth.judge(
      viewOf({ seconds, everySeconds: 5, rss: (second) => 100 * MiB + grow(second) + noise(0.5 * MiB) }),
    )
  const leak = native((second) => second * MiB)
  expect(leak(60)).toBeNull()
  expect(leak(600)).toMatchObject({ memory: 'native', verdict: 'leaking' })
  // Nobody was seen to grow in step with it.
  expect(leak(600)!.doubts).toEqual([expect.stringContaining('worker thread')])
  const slack = native((second) => 80 * MiB * (1 - Math.exp(-second / 100)))
  for (let seconds = 60; seconds <= 900; seconds += 60) expect(slack(seconds)?.verdict).not.toBe('leaking')
})

test('a process that mostly collects garbage is told, one that collects a little is not', () => {
  const calm = viewOf({ seconds: 20, everySeconds: 2 })
  const busy = { ...calm, moments: calm.moments.map((moment) => ({ ...moment, gcShare: 0.7, majorCount: 3 })) }
  expect(gcThrash.judge(calm)).toBeNull()
  expect(gcThrash.judge(busy)).toMatchObject({ kind: 'gc-thrash', severity: 'critical' })
  expect(gcThrash.judge(busy)!.sentence).toContain('70 %')
})

test('a full container is told by those who fill it only', () => {
  const calm = viewOf({ seconds: 20, everySeconds: 2 })
  const inside = (cgroupBytes: number, rssBytes: number): View => ({
    ...calm,
    cgroupLimitBytes: 100 * MiB,
    moments: calm.moments.map((moment) => ({ ...moment, cgroupBytes, rssBytes })),
  })
  expect(cgroupPressure.judge(inside(97 * MiB, 80 * MiB))).toMatchObject({ severity: 'critical' })
  expect(cgroupPressure.judge(inside(97 * MiB, 10 * MiB))).toBeNull()
  expect(cgroupPressure.judge(inside(50 * MiB, 40 * MiB))).toBeNull()
})

test('a stall is told once it is over, a hang while it lasts, each once', () => {
  const watch = new StallWatch()
  expect(watch.note(1000, 900, () => 0)).toBeNull()
  expect(watch.note(4000, 1000, () => 0)).toBeNull()
  expect(watch.note(5000, 4900, () => 0)).toMatchObject({ kind: 'event-loop-stall' })
  expect(watch.note(6000, 5900, () => 0)).toBeNull()
  expect(watch.note(17_000, 6000, () => 0)).toMatchObject({ kind: 'hang', isHopeless: false })
  expect(watch.note(18_000, 6000, () => 0)).toBeNull()
  expect(watch.note(37_000, 6000, () => 0)).toMatchObject({ kind: 'hang', isHopeless: true })
  expect(watch.note(38_000, 6000, () => 0)).toBeNull()
})

test('who waits for a processor is not stuck', () => {
  const watch = new StallWatch()
  expect(watch.note(1000, 900, () => 0)).toBeNull()
  expect(watch.note(41_000, 1000, () => 32_000)).toBeNull()
  expect(watch.note(61_000, 1000, () => 32_000)).toMatchObject({ kind: 'hang', isHopeless: false })
  expect(watch.note(62_000, 61_000, () => 52_000)).toMatchObject({
    kind: 'event-loop-stall',
    sentence: 'stood still for 1 min: the machine had no processor for it for 52 s of them.',
  })
  expect(watch.note(63_000, 62_900, () => 0)).toBeNull()
})

test('the limit is where V8 gives up, not what it could address', () => {
  expect(findHeapLimit(['--max-old-space-size=96'], '', 20)).toBe(96 * MiB)
  expect(findHeapLimit([], '--max_old_space_size=128 --import=x', 24)).toBe(128 * MiB)
  expect(findHeapLimit(['--max-old-space-size=96'], '--max-old-space-size=128', 20)).toBe(96 * MiB)
  expect(findHeapLimit([], '', 20)).toBeGreaterThan(100 * MiB)
})

test('the way to the limit has an earliest and a latest end', () => {
  const { estimateMs, rangeMs } = timeToLimit(40, 100, { slope: 2, low: 1.5, high: 3, intercept: 0 })
  expect(estimateMs).toBe(30)
  expect(rangeMs).toEqual([20, 40])
  expect(timeToLimit(40, 100, { slope: 0, low: 0, high: 0, intercept: 0 }).estimateMs).toBe(Infinity)
})
