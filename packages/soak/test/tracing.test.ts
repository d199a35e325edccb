import { openSession } from '../src/probe/inspector.ts'
import { AllocationSampler } from '../src/probe/allocation.ts'
import { startCoverage } from '../src/probe/coverage.ts'
import { Tracing } from '../src/probe/tracing.ts'
import { expect, test } from 'vitest'

test('while it traces, a hot function is told from the one that it was compiled into, and nothing from before counts', () => {
  const kept: unknown[] = []
  function keepOne(index: number): void {
    kept.push({ index, text: `kept ${index}` })
  }
  function callOften(): void {
    for (let index = 0; index < 50_000; index++) keepOne(index)
  }
  const sampler = new AllocationSampler(openSession())
  expect(sampler.trace()).toBe('allocations are not sampled')
  expect(sampler.start()).toBeNull()
  for (let round = 0; round < 10; round++) callOften()
  const beforeBytes = sampler.read().reduce((sum, { liveBytes }) => sum + liveBytes, 0)
  expect(sampler.trace()).toBeNull()
  callOften()
  const sites = sampler.endTrace()
  expect(sites[0]!.stack[0]!.functionName).toBe('keepOne')
  expect(sites.reduce((sum, { liveBytes }) => sum + liveBytes, 0)).toBeLessThan(beforeBytes)
  // It samples as before.
  expect(Array.isArray(sampler.read())).toBe(true)
  expect(kept.length).toBe(550_000)
})

test('a trace tells both who allocates what stays and which functions were called', () => {
  const kept: unknown[] = []
  function keepTraced(index: number): void {
    kept.push({ index, text: `traced ${index}` })
  }
  const session = openSession()
  const sampler = new AllocationSampler(session)
  sampler.start()
  const tracing = new Tracing(session, sampler)
  expect(tracing.start()).toBeNull()
  for (let index = 0; index < 20_000; index++) keepTraced(index)
  const { sites, ran } = tracing.stop()
  expect(ran.map(({ script }) => script)).toContain(import.meta.url)
  expect(sites.some(({ stack }) => stack[0]?.functionName === 'keepTraced')).toBe(true)
  expect(kept.length).toBe(20_000)
})

test('where the counting of calls has been ended meanwhile, nothing is told of them, and nothing fails', () => {
  const session = openSession()!
  const read = startCoverage(session)!
  session.post('Profiler.stopPreciseCoverage')
  expect(read()).toEqual([])
})

test('tells which functions were called while it was asked, by where they stand in the text', () => {
  const early = new Function('return 1 //# sourceURL=file:///app/early.js') as () => number
  early()
  const read = startCoverage(openSession())!
  const late = new Function('return 2 //# sourceURL=file:///app/late.js') as () => number
  late()
  const scripts = read().map(({ script }) => script)
  expect(scripts).toContain('file:///app/late.js')
  expect(scripts).not.toContain('file:///app/early.js')
  expect(early()).toBe(1)
})
