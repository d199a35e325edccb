import { Session } from 'node:inspector/promises'
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import { expect, test } from 'vitest'
import { pprofOfCpu, pprofOfHeap, type V8CpuProfile, type V8HeapProfile } from '../attribute/pprof-of.ts'
import { encodePprof } from './pprof.ts'

/** Reads it back with a library of somebody else's; stacks by name, innermost first. */
function decode(bytes: Uint8Array) {
  const profile = Profile.decode(gunzipSync(bytes))
  const text = (index: number | bigint) => profile.stringTable.strings[Number(index)]!
  const functions = new Map(profile.function.map((one) => [Number(one.id), one]))
  const locations = new Map(profile.location.map((one) => [Number(one.id), one]))
  return {
    profile,
    types: profile.sampleType.map(({ type, unit }) => `${text(type)}/${text(unit)}`),
    samples: profile.sample.map(({ locationId, value }) => ({
      stack: locationId.map((id) => {
        const { functionId, line } = locations.get(Number(id))!.line[0]!
        const { name, filename } = functions.get(Number(functionId))!
        return `${text(name)} ${text(filename)}:${line}`
      }),
      values: value.map(Number),
    })),
  }
}

test('a profile is read back by others as it was: stacks, values, times, what is told twice only once', () => {
  const render = { functionName: 'render', file: 'file:///srv/pages.js', line: 12 }
  const handle = { functionName: 'handle', file: 'file:///srv/main.js', line: 300 }
  const atMs = 1_764_000_000_123
  const { profile, types, samples } = decode(
    encodePprof({
      sampleTypes: [
        { type: 'inuse_samples', unit: 'count' },
        { type: 'inuse_space', unit: 'bytes' },
      ],
      samples: [
        { stack: [render, handle], values: [3, 5_000_000_000] },
        { stack: [handle], values: [1, 70_000] },
        { stack: [], values: [1, 0] },
      ],
      atMs,
      durationMs: 2500,
      period: { type: 'space', unit: 'bytes', value: 65_536 },
    }),
  )
  expect(types).toEqual(['inuse_samples/count', 'inuse_space/bytes'])
  expect(samples).toEqual([
    {
      stack: ['render file:///srv/pages.js:12', 'handle file:///srv/main.js:300'],
      values: [3, 5_000_000_000],
    },
    { stack: ['handle file:///srv/main.js:300'], values: [1, 70_000] },
    { stack: [], values: [1, 0] },
  ])
  expect(profile.function).toHaveLength(2)
  expect(profile.location).toHaveLength(2)
  expect(Number(profile.timeNanos) / 1e6).toBeCloseTo(atMs, 0)
  expect(Number(profile.durationNanos)).toBe(2_500_000_000)
  expect(Number(profile.period)).toBe(65_536)
})

test("V8's own heap and CPU profiles come through", async () => {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.start')
  await session.post('HeapProfiler.startSampling', { samplingInterval: 4096 })
  const kept: string[][] = []
  function keepThousands() {
    for (let index = 0; index < 4000; index++) kept.push(Array.from({ length: 40 }, (_, at) => `${index} ${at}`))
  }
  keepThousands()
  const { profile: heap } = await session.post('HeapProfiler.getSamplingProfile')
  const { profile: cpu } = await session.post('Profiler.stop')
  session.disconnect()
  const alive = decode(encodePprof(pprofOfHeap(heap as unknown as V8HeapProfile, Date.now(), 4096)))
  const ofOurs = alive.samples.filter(({ stack }) => stack.some((frame) => frame.startsWith('keepThousands ')))
  const bytes = ofOurs.reduce((sum, { values }) => sum + values[1]!, 0)
  expect(bytes).toBeGreaterThan(1e6)
  expect(ofOurs[0]!.stack.some((frame) => frame.includes('pprof.test.ts'))).toBe(true)
  const { types, samples } = decode(encodePprof(pprofOfCpu(cpu as unknown as V8CpuProfile, Date.now())))
  expect(types).toEqual(['sample/count', 'wall/nanoseconds'])
  expect(samples.reduce((sum, { values }) => sum + values[0]!, 0)).toBe(cpu.samples!.length)
  expect(kept).toHaveLength(4000)
})
