import { expect, test } from 'vitest'
import type { HolderSeries } from './detector.ts'
import { handleGrowth, threadGrowth } from './count-growth.ts'
import type { Moment, View } from './detector.ts'
import { holdersInStep } from './in-step.ts'

const holder = (id: number, countAt: (second: number) => number, more: Partial<HolderSeries> = {}): HolderSeries => ({
  id,
  kind: 'map',
  path: `map${id}`,
  script: null,
  points: Array.from({ length: 60 }, (_, index) => ({
    atMs: index * 4000,
    count: countAt(index * 4),
    requestTotal: index * 40,
  })),
  hasLetGo: false,
  removal: 'possible',
  bound: null,
  entryBytes: 200,
  entryExternalBytes: 0,
  ...more,
})
const horizon = { nowMs: 240_000, limitAtMs: 900_000 }
const series = Array.from({ length: 40 }, (_, index) => [index * 6000, 50e6 + index * 6 * 700_000] as const)

test('what comes one by one with the memory is named before what comes otherwise or ends', () => {
  const steady = holder(1, (second) => 7 * second)
  const early = holder(2, (second) => Math.min(100, 20 * second))
  const bounded = holder(3, (second) => 7 * second, { bound: 3000 })
  const found = holdersInStep([early, bounded, steady], series, 512, horizon)
  expect(found.map(({ id }) => id)).toEqual([1])
  expect(found[0]!.perEntry).toBeCloseTo(100_000, -3)
})

test('a bound that is met long after the limit excuses nobody', () => {
  const clients = holder(1, (second) => 7 * second, { bound: 100_000 })
  expect(holdersInStep([clients], series, 512, horizon)).toMatchObject([{ id: 1, fate: 'tended' }])
})

test('a bound in bytes excuses who will have kept so many before the limit, and nobody else', () => {
  const pages = (more: Partial<HolderSeries>) =>
    holdersInStep([holder(1, (second) => 7 * second, { bound: 100 * 1024 * 1024, ...more })], series, 512, horizon)
  // 7 entries of 60 kB each second: full in four minutes, and the limit is eleven away.
  expect(pages({ entryBytes: 60_000 })).toEqual([])
  expect(pages({ entryBytes: 60, entryExternalBytes: 60_000 })).toEqual([])
  expect(pages({ entryBytes: 200 })).toMatchObject([{ id: 1, fate: 'tended' }])
})

test('entries that would each stand for next to nothing are not meant', () => {
  expect(holdersInStep([holder(1, (second) => 5000 * second)], series, 512, horizon)).toEqual([])
})

const view = (of: (second: number) => Partial<Moment>, holders: HolderSeries[] = []): View =>
  ({
    nowMs: 240_000,
    moments: Array.from({ length: 120 }, (_, index) => ({ atMs: index * 2000, ...of(index * 2) })),
    holders,
    descriptorLimit: 8192,
  }) as unknown as View

test('descriptors that are never closed are a leak, with when the limit is met and who holds them', () => {
  const leaking = view((second) => ({ descriptorCount: 30 + 10 * second }), [holder(1, (second) => 10 * second)])
  const finding = handleGrowth.judge(leaking)!
  expect(finding).toMatchObject({ verdict: 'leaking', memory: 'handles', limitBytes: 8192 })
  expect(finding.slope).toMatchObject({ estimate: 600, unit: 'countPerMin' })
  expect(finding.timeToLimitMs![0] / 1000).toBeCloseTo((8192 - 30 - 2380) / 10, -1)
  expect(finding.holders[0]).toMatchObject({ id: 1 })
})

test('connections that reach a plateau, a pool of threads and an uncounted process are none', () => {
  expect(handleGrowth.judge(view((second) => ({ descriptorCount: 30 + Math.min(400, 10 * second) })))).toBeNull()
  expect(threadGrowth.judge(view((second) => ({ threadCount: 11 + Math.min(8, Math.floor(second / 5)) })))).toBeNull()
  expect(handleGrowth.judge(view(() => ({ descriptorCount: null })))).toBeNull()
})

test('a thread for each job is a leak without a limit of its own', () => {
  const finding = threadGrowth.judge(view((second) => ({ threadCount: 11 + Math.floor(second / 4) })))
  expect(finding).toMatchObject({ verdict: 'leaking', memory: 'threads', timeToLimitMs: null })
})
