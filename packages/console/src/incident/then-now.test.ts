import { MiB } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { createFacts, createProcess, createWindow } from '../../test/facts.ts'
import { compareFromNow, measure, tellThenNow } from './then-now.ts'

const traffic = (latencyMsP99: number, errorsPerSec = 0) => ({
  requestCount: 1200,
  errorCount: 0,
  slowCount: 0,
  requestsPerSec: 412.3,
  errorsPerSec,
  latencyMsP50: 6,
  latencyMsP99,
})

test('what it was when it opened stands beside what it is now, and beside what is usual', () => {
  const sinking = createProcess({
    name: 'web-2',
    depthBytes: 171 * MiB,
    recent: createWindow({ gcCpuShare: 0.31 }),
  })
  const opened = createFacts([createProcess(), sinking], {
    atMs: 1000,
    traffic: traffic(840, 0.25),
    usualRequestsPerSec: 400,
    usualLatencyMsP99: 38,
  })
  const replaced = createFacts([createProcess(), createProcess({ name: 'web-2' })], {
    atMs: 9000,
    traffic: traffic(38),
  })
  const compared = compareFromNow(opened)
  expect(tellThenNow({ ...compared, now: measure(replaced) })).toEqual({
    thenAtMs: 1000,
    nowAtMs: 9000,
    rows: [
      { what: 'Deepest process', usual: null, then: 'web-2: 171 MB of 256 MB', now: 'web-1: 60 MB of 256 MB' },
      { what: 'Requests', usual: '400/s', then: '412/s', now: '412/s' },
      { what: 'Failed', usual: null, then: '0.3/s', now: '0/s' },
      { what: 'Slowest p99', usual: '38 ms', then: '840 ms', now: '38 ms' },
      { what: 'Garbage collection', usual: null, then: 'web-2: 31 %', now: 'web-1: 2 %' },
      { what: 'Serving', usual: null, then: '2 processes', now: '2 processes' },
    ],
  })
})

test('where nobody ever reported, and in records of before, there is nothing to compare', () => {
  expect(tellThenNow(compareFromNow(createFacts([])))).toBeNull()
  expect(tellThenNow(null)).toBeNull()
})

test('a worker that is gone is not the deepest', () => {
  const gone = createProcess({ name: 'web-9', depthBytes: 250 * MiB, presence: 'gone' })
  expect(measure(createFacts([gone, createProcess()])).deepest).toMatchObject({ name: 'web-1' })
})
