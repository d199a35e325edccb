import Ajv from 'ajv'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PlimsollError } from '../error.ts'
import {
  commandId,
  parseBatch,
  parseBatchReply,
  parseCommand,
  parseSignal,
  shapeOfBatch,
  WireVersionError,
  type Batch,
  type Sample,
  type Signal,
} from './index.ts'

const sample: Sample = {
  atMs: 1_683_727_200_000,
  windowMs: 2000,
  memory: {
    rssBytes: 100,
    heapUsedBytes: 60,
    heapTotalBytes: 80,
    heapLimitBytes: 256,
    externalBytes: 5,
    arrayBuffersBytes: 1,
    floorBytes: null,
    floorAtMs: null,
  },
  gc: { majorCount: 0, minorCount: 3, pauseMs: 4, pauseMsMax: 2, cpuShare: 0.01 },
  eventLoop: { utilization: 0.2, delayMsP50: 1, delayMsP99: 3, delayMsMax: 9 },
  cpuShare: 0.3,
  cpuWaitShare: 0.2,
  cgroup: null,
  http: { requestCount: 800, arrivedCount: 812, errorCount: 0, latencyMsP50: 2, latencyMsP99: 9, latencyMsMax: 20 },
  routes: [],
  sql: null,
  caches: [],
  sites: [],
  handleCount: 12,
  threadCount: null,
}

const signal: Signal = {
  version: 1,
  service: 'web',
  instance: 'web-1#1',
  sequence: 1,
  atMs: 1,
  sinceStartMs: 1,
  kind: 'memory-growth',
  severity: 'critical',
  verdict: 'leaking',
  memory: 'heap',
  signature: 'heap:src/pages.ts:pages',
  slope: { estimate: 3, low: 2, high: 4, unit: 'bytesPerMin' },
  timeToLimitMs: [1, 2],
  series: [[1, 2]],
  culprit: null,
  candidates: [],
  sentence: 'web-1 is leaking.',
  actions: [],
}

const batch: Batch = {
  version: 1,
  from: {
    service: 'web',
    instance: 'web-1#1',
    name: 'web-1',
    host: 'h',
    pid: 1,
    role: 'worker',
    controller: null,
    startedAtMs: 1,
    nodeVersion: 'v20',
    serviceVersion: null,
  },
  sequence: 1,
  samples: [sample],
  signals: [signal],
  results: [],
}

test('a batch survives the wire unchanged', () => {
  const farewell = { atMs: 5, exitCode: 143, pids: [7] }
  expect(parseBatch(JSON.parse(JSON.stringify({ ...batch, farewell })))).toEqual({ ...batch, farewell })
  // An agent of the version before knows no farewell.
  expect(parseBatch(JSON.parse(JSON.stringify(batch)))).toEqual({ ...batch, farewell: null })
})

test('an action has one key, whoever orders it, and never too long a one', () => {
  const action = {
    signature: 'heap:src/a.ts:1',
    instance: 'web-1#1',
    kind: 'clear-cache',
    cache: 'pages',
    attempt: 2,
  } as const
  expect(commandId(action)).toBe('heap:src/a.ts:1/web-1#1/clear-cache/pages/2')
  const long = { ...action, signature: 's'.repeat(200), instance: 'i'.repeat(200) }
  expect(commandId(long)).toHaveLength(300)
  expect(commandId(long)).not.toBe(commandId({ ...long, attempt: 3 }))
})

test('ignores fields it does not know, and keeps a kind of signal it does not know', () => {
  const later = { ...batch, mood: 'calm', signals: [{ ...signal, kind: 'disk-full', weather: 'fine' }] }
  expect(parseBatch(later).signals).toEqual([{ ...signal, kind: 'disk-full' }])
})

test('says which version it speaks when another arrives', () => {
  for (const parse of [parseBatch, parseBatchReply, parseSignal, parseCommand]) {
    expect(() => parse({ ...batch, version: 2 })).toThrow(WireVersionError)
  }
})

test('names the place of every fault of a malformed batch', () => {
  const wrong = { ...batch, sequence: 0, samples: [{ ...sample, memory: { ...sample.memory, rssBytes: 'much' } }] }
  expect(() => parseBatch(wrong)).toThrow(
    'Batch: sequence must be between 1 and 9007199254740991, and is 0; samples[0].memory.rssBytes must be a finite number.',
  )
})

test('the shape that is published takes what is taken, down to the least an agent may send', () => {
  const validate = new Ajv().compile(shapeOfBatch())
  const { service, instance, name, host, pid, role, startedAtMs, nodeVersion } = batch.from
  const { rssBytes, heapUsedBytes, heapTotalBytes, heapLimitBytes, externalBytes } = sample.memory
  const least = {
    version: 1,
    from: { service, instance, name, host, pid, role, startedAtMs, nodeVersion },
    sequence: 1,
    samples: [
      { atMs: 1, windowMs: 1, memory: { rssBytes, heapUsedBytes, heapTotalBytes, heapLimitBytes, externalBytes } },
    ],
  }
  for (const taken of [batch, least, { ...least, samples: undefined }]) {
    const arrived: unknown = JSON.parse(JSON.stringify(taken))
    expect(() => parseBatch(arrived)).not.toThrow()
    expect([validate(arrived), validate.errors]).toEqual([true, null])
  }
  for (const wrong of [
    { ...least, version: 2 },
    { ...least, from: { ...least.from, name: '' } },
    { ...least, sequence: 0 },
  ]) {
    expect(() => parseBatch(wrong)).toThrow()
    expect(validate(wrong)).toBe(false)
  }
})

test('a message without a version is told so', () => {
  expect(() => parseBatch({})).toThrow('The message has no "version"; this build speaks 1.')
})

test('whatever arrives, it is parsed or refused with a code, never a crash', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (body) => {
      const framed = typeof body === 'object' && body !== null ? { ...body, version: 1 } : body
      try {
        parseBatch(framed)
      } catch (error) {
        expect(error).toBeInstanceOf(PlimsollError)
      }
    }),
  )
})
