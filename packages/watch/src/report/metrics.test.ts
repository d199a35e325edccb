import { expect, test } from 'vitest'
import type { Identity, Sample } from '@plimsoll/core/wire'
import { metrics } from '../metrics.ts'
import { MetricTotals } from './metrics.ts'

const identity = { startedAtMs: 1_700_000_000_000, nodeVersion: '24.1.0' } as Identity
const sample = (more: Partial<Sample> = {}): Sample => ({
  atMs: 0,
  windowMs: 2000,
  memory: {
    rssBytes: 90e6,
    heapUsedBytes: 30e6,
    heapTotalBytes: 40e6,
    heapLimitBytes: 128e6,
    externalBytes: 2e6,
    arrayBuffersBytes: 1e6,
    floorBytes: null,
    floorAtMs: null,
  },
  gc: { majorCount: 1, minorCount: 4, pauseMs: 20, pauseMsMax: 15, cpuShare: 0.01 },
  eventLoop: { utilization: 0.2, delayMsP50: 1, delayMsP99: 9, delayMsMax: 20 },
  cpuShare: 0.25,
  cpuWaitShare: null,
  cgroup: null,
  http: null,
  routes: [],
  sql: null,
  caches: [],
  sites: [],
  handleCount: 12,
  threadCount: 11,
  ...more,
})
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('#'))

test('windows add up to totals, and what is not known is not shown', () => {
  const totals = new MetricTotals()
  const routes = [{ route: 'GET /p/:id', requestCount: 10, errorCount: 1, latencyMsP99: 40 }]
  totals.add(sample({ routes }))
  totals.add(sample({ routes }))
  const lines = linesOf(totals.render(identity, [], null))
  expect(lines).toContain('process_cpu_seconds_total 1')
  expect(lines).toContain('plimsoll_gc_major_total 2')
  expect(lines).toContain('plimsoll_http_requests_total{route="GET /p/:id"} 20')
  expect(lines).toContain('plimsoll_http_latency_p99_seconds{route="GET /p/:id"} 0.04')
  expect(lines.some((line) => line.startsWith('plimsoll_heap_after_major_bytes'))).toBe(false)
  expect(lines.some((line) => line.startsWith('process_open_fds'))).toBe(false)
})

test('a verdict is one of five, the others are 0', () => {
  const totals = new MetricTotals()
  totals.add(sample())
  const lines = linesOf(totals.render(identity, [{ memory: 'heap', verdict: 'leaking', timeToLimitMs: 90_000 }], 40))
  expect(lines.filter((line) => line.startsWith('plimsoll_verdict'))).toHaveLength(5)
  expect(lines).toContain('plimsoll_verdict{memory="heap",verdict="leaking"} 1')
  expect(lines).toContain('plimsoll_verdict{memory="heap",verdict="sinking"} 0')
  expect(lines).toContain('plimsoll_time_to_limit_seconds{memory="heap"} 90')
})

test('routes are bounded, labels are escaped, and each metric is explained once', () => {
  const totals = new MetricTotals()
  for (let index = 0; index < 200; index++) {
    totals.add(sample({ routes: [{ route: `GET /"${index}\n`, requestCount: 1, errorCount: 0, latencyMsP99: 1 }] }))
  }
  const text = totals.render(identity, [], null)
  expect(linesOf(text).filter((line) => line.startsWith('plimsoll_http_requests_total'))).toHaveLength(61)
  expect(text).toContain('plimsoll_http_requests_total{route="other"} 140')
  expect(text).toContain(String.raw`route="GET /\"0\n"`)
  expect(text.match(/# TYPE plimsoll_http_requests_total counter/g)).toHaveLength(1)
})

test('without a watch, metrics say so', () => {
  expect(metrics()).toMatch(/^# the Plimsoll watch is not attached/)
})
