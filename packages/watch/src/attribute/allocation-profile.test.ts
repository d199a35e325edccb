import inspector from 'node:inspector'
import { expect, test } from 'vitest'
import { findRetainingSites } from '../detect/retaining-site.ts'
import { AllocationProfile, gatherSites, joinShortest } from './allocation-profile.ts'

test('tells the function whose allocations stay from the one that only makes garbage', () => {
  const profile = new AllocationProfile(() => false)
  expect(profile.start()).toBeNull()
  const kept: unknown[] = []
  function keepSome(): void {
    for (let index = 0; index < 20_000; index++) kept.push({ index, text: `kept ${index}` })
  }
  function wasteSome(): number {
    let length = 0
    for (let index = 0; index < 20_000; index++) length += JSON.stringify({ index, text: `wasted ${index}` }).length
    return length
  }
  let sites
  for (let window = 0; window < 5; window++) {
    keepSome()
    wasteSome()
    sites = profile.read(window)!.sites
  }
  profile.stop()
  const [best] = findRetainingSites(sites!)
  expect(best!.frame.functionName).toBe('keepSome')
  expect(best!.share).toBeGreaterThan(0.6)
  expect(kept.length).toBe(100_000)
})

test('tells a hot function from the one that it was compiled into', () => {
  const kept: unknown[] = []
  function keepOne(index: number): void {
    kept.push({ index, text: `kept ${index}` })
  }
  function callOften(): void {
    for (let index = 0; index < 50_000; index++) keepOne(index)
  }
  for (let round = 0; round < 10; round++) callOften()
  const profile = new AllocationProfile(() => false)
  expect(profile.start()).toBeNull()
  profile.keepFunctionsApart()
  for (let round = 0; round < 5; round++) callOften()
  const { sites, areFunctionsApart } = profile.read(1)!
  profile.stop()
  expect(sites[0]!.stack[0]!.functionName).toBe('keepOne')
  expect(areFunctionsApart).toBe(true)
})

test('never samples beside another profiler', () => {
  const other = new inspector.Session()
  other.connect()
  other.post('HeapProfiler.startSampling', {})
  const profile = new AllocationProfile(() => false)
  expect(profile.start()).toMatch(/another profiler/)
  expect(profile.isRunning).toBe(false)
  other.post('HeapProfiler.stopSampling')
  other.disconnect()
})

test('the shortest windows are joined, so that all of them grow with the look and the last stays as it is', () => {
  let windows: Parameters<typeof joinShortest>[0] = []
  for (let reading = 1; reading <= 64; reading++) {
    windows = [...windows, { beganAtMs: (reading - 1) * 3000, endedAtMs: reading * 3000, lastBirth: reading }]
    if (windows.length > 12) windows = joinShortest(windows)
  }
  const lengths = windows.map(({ beganAtMs, endedAtMs }) => endedAtMs - beganAtMs)
  expect(windows).toHaveLength(12)
  expect(windows.at(-1)).toEqual({ beganAtMs: 189_000, endedAtMs: 192_000, lastBirth: 64 })
  expect(lengths.at(-1)).toBe(3000)
  expect(Math.max(...lengths)).toBeLessThanOrEqual(30_000)
  expect(Math.min(...lengths.slice(0, 6))).toBeGreaterThanOrEqual(9000)
})

test('of a deep stack both ends are told, from the allocation out to the code of the host that led there', () => {
  let id = 0
  const node = (functionName: string, url: string, children: object[] = []): object => ({
    id: ++id,
    callFrame: { functionName, url, lineNumber: id, columnNumber: 0 },
    children,
  })
  let tree = node('create', '/srv/node_modules/dom/node.js')
  const deepest = id
  for (let depth = 0; depth < 30; depth++) tree = node(`parse${depth}`, '/srv/node_modules/dom/parse.js', [tree])
  tree = node('route', '/srv/node_modules/web/app.js', [node('render', '/srv/server.js', [tree])])
  const samples = [{ size: 1000, nodeId: deepest, ordinal: 1 }]
  const profile = { head: node('(root)', '', [tree]), samples } as unknown as Parameters<typeof gatherSites>[0]
  const [site] = gatherSites(profile, [1], () => false)
  const names = site!.stack.map(({ functionName }) => functionName)
  expect(names[0]).toBe('create')
  expect(names.at(-1)).toBe('render')
  expect(names.length).toBeLessThanOrEqual(12)
})
