import { expect, test } from 'vitest'

import { SubjectLostError } from '../errors.ts'
import { resolveSoakConfig, type SoakConfig } from '../options.ts'
import { exitCodeOf } from '../result.ts'
import type { TrafficReport } from '../traffic/traffic.ts'
import { concludeSoak, tellBothTries } from './conclude.ts'
import type { Facts } from './facts.ts'
import { GrowthCourse } from './growth.ts'

const requests = {
  requestCount: 10_000,
  failureCount: 0,
  failures: {},
  slowCount: 0,
  responseBytes: 1,
  latencyMsP50: 1,
  latencyMsP90: 2,
  latencyMsP99: 3,
  latencyMsMax: 4,
}
const checkouts = { attemptedCount: 0, failedCount: 0, declinedCount: 0, paidMinor: 0, lostMinor: 0 }
const sessions = { sessionCount: 1, affectedSessionCount: 0, missedSessionCount: 0, checkouts, latency: [] }

function facts(generator: { lateMs?: number; missedShare?: number } = {}, config: Partial<SoakConfig> = {}): Facts {
  const heap = new GrowthCourse()
  const external = new GrowthCourse({ marginBytes: 64 })
  const floors = Array.from({ length: 20 }, (_, index) => ({
    requestCount: index * 800,
    atMs: index * 1500,
    heapBytes: 8e6 + (index % 2) * 1000,
    externalBytes: 2e6,
    nativeBytes: 5e7,
    rssBytes: 9e7,
    descriptorCount: 30,
  }))
  for (const { requestCount, heapBytes, externalBytes } of floors) {
    heap.add([requestCount, heapBytes])
    external.add([requestCount, externalBytes])
  }
  const traffic: TrafficReport = {
    seed: 1,
    startedAtMs: 0,
    elapsedMs: 40_000,
    endedBy: 'stopped',
    total: { ...requests, ...sessions },
    phases: [{ phase: 'soak', fromMs: 0, ...requests, ...sessions }],
    routes: [{ route: 'GET /', ...requests }],
    firstErrorStatus: null,
    unfinishedCount: 0,
    journeyFaults: { count: 0, messages: [] },
    generator: {
      isBottleneck: false,
      why: [],
      eventLoopDelayMsP99: generator.lateMs ?? 1,
      eventLoopDelayMsMax: generator.lateMs ?? 1,
      missedShare: generator.missedShare ?? 0,
    },
  }
  return {
    config: resolveSoakConfig({ start: 'node server.js', get: ['/'], ...config }),
    heap,
    external,
    floors,
    routeCounts: floors.map(() => []),
    culprits: [],
    untouchedFloors: null,
    leak: null,
    hurried: null,
    emptied: null,
    explained: null,
    backlog: null,
    lost: null,
    isLostByHurry: false,
    invalidBecause: [],
    notes: [],
    traffic,
    lastPause: null,
    ratePerSec: 500,
    drivenMs: 30_000,
    elapsedMs: 40_000,
    nodeVersion: 'v22.0.0',
    heapLimitBytes: 4e9,
    comparison: null,
    knee: null,
  }
}

test('what failed after it died of its clock being moved is not its fault', () => {
  const seen = facts()
  seen.traffic!.total = { ...requests, ...sessions, failureCount: 400, failures: { refused: 400 } }
  const gateOf = (one: Facts) => concludeSoak(one).gates.find(({ name }) => name === 'errors')
  expect(gateOf(seen)).toMatchObject({ verdict: 'fail' })
  const lap = { ...requests, requestCount: 9600 }
  const lastPause = { ...lap, atMs: 38_000, routes: [], lap, sentCount: 9600 } as unknown as Facts['lastPause']
  expect(gateOf({ ...seen, lastPause, isLostByHurry: true })).toMatchObject({ verdict: 'pass' })
})

test('failed requests are told with the status of the first, which says more than that a check failed', () => {
  const seen = facts()
  const failures = { 'check-failed': 400 }
  Object.assign(seen.traffic!, { firstErrorStatus: 404 }).total = {
    ...requests,
    ...sessions,
    failureCount: 400,
    failures,
  }
  expect(concludeSoak(seen).gates.find(({ name }) => name === 'errors')).toMatchObject({
    verdict: 'fail',
    sentence: '400 requests failed (4 %): 400 check-failed (the first with status 404)',
  })
})

test('what stays level under a generator that kept up is clean', () => {
  const result = concludeSoak(facts())
  expect(result.verdict).toBe('clean')
  expect(exitCodeOf(result)).toBe(0)
})

test('a generator without a CPU was the bottleneck: no verdict, whatever the memory did', () => {
  const result = concludeSoak(facts({ lateMs: 150 }))
  expect(result.verdict).toBe('invalid')
  expect(result.sentence).toContain('its own event loop was 150.0 ms late at p99 (limit 100 ms)')
  expect(exitCodeOf(result)).toBe(3)
})

test('a little lateness leaves the memory verdict, and is told beside the latencies; with a gate on them it does not', () => {
  const lenient = concludeSoak(facts({ lateMs: 8 }))
  expect(lenient.verdict).toBe('clean')
  expect(lenient.latencyMs!.isTrustworthy).toBe(false)
  expect(concludeSoak(facts({ lateMs: 8 }, { gates: { p99: '250 ms' } })).verdict).toBe('invalid')
})

test('a rate that was asked for and not driven is no verdict; one that soak chose itself may be missed', () => {
  expect(concludeSoak(facts({ missedShare: 0.01 }, { ratePerSec: 500 })).verdict).toBe('invalid')
  expect(concludeSoak(facts({ missedShare: 0.01 })).verdict).toBe('clean')
})

test('native memory is judged by what was read before the first snapshot', () => {
  const grown = facts()
  grown.floors = grown.floors.map((floor, index) => ({
    ...floor,
    nativeBytes: 5e7 + (index > 9 ? (index - 9) * 8e6 : 0),
  }))
  expect(concludeSoak({ ...grown, untouchedFloors: 10 }).gates.find(({ name }) => name === 'native')!.verdict).toBe(
    'pass',
  )
  const steady = grown.floors.map((floor, index) => ({ ...floor, nativeBytes: 5e7 + index * 4e6 }))
  expect(concludeSoak({ ...grown, floors: steady }).verdict).toBe('leak')
})

test('with visitors, the rate is that of their requests', () => {
  const journeys = { browse: { weight: 1, run: async () => {} } }
  expect(concludeSoak(facts({}, { journeys })).ratePerSec).toBe(507)
  expect(concludeSoak(facts()).ratePerSec).toBe(500)
})

test('caches that were emptied are named, with what they may hold', () => {
  const emptied = new Map([
    ['pages', 30 * 2 ** 20],
    ['searches', 2 ** 20],
  ])
  expect(concludeSoak({ ...facts(), emptied }).notes.join()).toMatch(
    /emptied before each floor from then on \(pages, searches\): full, they hold 31 MB/,
  )
})

test('a heap that rose until the process died of it has leaked, though nobody could be asked who holds it', () => {
  const dying = facts()
  const heap = new GrowthCourse()
  for (let floor = 0; !heap.isSuspected; floor++) heap.add([floor * 200, 75e6 + floor * 2e6 + (floor % 3) * 1000])
  const words =
    'FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory'
  const oom = new SubjectLostError(
    'died',
    `The service ended with exit code 134 under load. It wrote last:\n  ${words}`,
  )
  const result = concludeSoak({ ...dying, heap, lost: oom })
  expect(result.verdict).toBe('leak')
  expect(result.sentence).toMatch(/every request leaves .* behind .*its heap has been full, and it died of that/)
  const crash = new SubjectLostError('died', 'The service ended with exit code 9 under load.')
  expect(concludeSoak({ ...dying, heap, lost: crash }).verdict).toBe('not-sure')
})

test('a second try is told with its time, whether or not it finds a leak', () => {
  const first = { ...concludeSoak(facts()), verdict: 'not-sure' as const, elapsedMs: 1000 }
  const [clean, leak] = (['clean', 'leak'] as const).map((verdict) => ({ ...first, verdict, elapsedMs: 2000 }))
  expect(tellBothTries(first, leak!, 500, 25)).toMatchObject({ verdict: 'leak', elapsedMs: 3000 })
  const told = tellBothTries(first, clean!, 500, 25)
  expect(told).toMatchObject({ verdict: 'not-sure', elapsedMs: 3000 })
  expect(told.notes[0]).toMatch(/died of a full heap after 500 requests; .* asked 25 a second, and no leak was found$/)
})
