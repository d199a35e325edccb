import type { Sample } from '@plimsoll/core/wire'
import { expect, test } from 'vitest'
import { createDatabase, createFacts, createProcess, createWindow } from '../../test/facts.ts'
import { SeriesRing } from '../collect/series.ts'
import type { DatabaseFacts } from '../rule/facts.ts'
import { FakeService, healthy } from '../testing/fake-service.ts'
import { accusedSince, judgeDatabase } from './database-facts.ts'

const slowSql = { queryCount: 900, errorCount: 0, waitMsP99: 900, runMsP50: 400, runMsP99: 900 }
const starved = createProcess({ recent: createWindow({ sql: slowSql, gcCpuShare: 0.41, eventLoopUtilization: 0.93 }) })
const free = createProcess({ name: 'web-2' })
const slow = (name: string, cpuWaitShare = 0.1) =>
  createProcess({ name, recent: createWindow({ sql: slowSql, cpuWaitShare }) })
const busy = (howMany: number) =>
  Array.from({ length: howMany }, (_, at) =>
    createProcess({ name: `busy-${at}`, recent: createWindow({ sql: slowSql, eventLoopUtilization: 0.93 }) }),
  )
const short = (howMany: number) => Array.from({ length: howMany }, (_, at) => slow(`short-${at}`, 0.9))

test.each([
  ['is acquitted when it answers', createFacts([free], { database: createDatabase() }), 'ok'],
  [
    'is acquitted of what a starved worker measures',
    createFacts([starved, free], { database: createDatabase() }),
    'ok',
  ],
  [
    'is guilty when it does not answer twice',
    createFacts([free], { database: createDatabase({ roundTripMs: null, failureCount: 2 }) }),
    'guilty',
  ],
  [
    'is suspect when it did not answer once',
    createFacts([free], { database: createDatabase({ roundTripMs: null, failureCount: 1 }) }),
    'suspect',
  ],
  [
    'is guilty when statements of free workers run long',
    createFacts([slow('web-1'), slow('web-2')], { database: createDatabase() }),
    'guilty',
  ],
  [
    'is acquitted of a handful of statements that ran long where nobody asks for more',
    createFacts([createProcess({ recent: createWindow({ sql: { ...slowSql, queryCount: 6 } }) })], {
      database: createDatabase(),
    }),
    'ok',
  ],
  [
    'is guilty when it was gone in between',
    createFacts([free], { atMs: 9000, database: createDatabase({ restartedAtMs: 5000 }) }),
    'guilty',
  ],
  [
    'is acquitted of what workers measure on a machine without processor time',
    createFacts([slow('web-1', 0.9), slow('web-2', 0.9)], { database: createDatabase() }),
    'ok',
  ],
  [
    'is not convicted by the one worker that is hardly starved, where most are',
    createFacts([slow('web-1', 0.9), slow('web-2', 0.6), slow('web-3', 0.9)], { database: createDatabase() }),
    'ok',
  ],
  [
    'is acquitted of the long statements of who has just started and answers nobody',
    createFacts(
      [
        createProcess({
          name: 'seed',
          recent: createWindow({ sql: slowSql, requestCount: 0, usualSqlRunMsP50: null }),
        }),
      ],
      { database: createDatabase() },
    ),
    'ok',
  ],
  [
    'is guilty when all workers that can tell say so, however many are too busy to tell',
    createFacts([slow('web-1'), slow('web-2'), ...busy(6)], { database: createDatabase() }),
    'guilty',
  ],
  [
    'is guilty when all workers on machines with processor time say so, however many are starved',
    createFacts([slow('web-1'), slow('web-2'), ...short(6)], { database: createDatabase() }),
    'guilty',
  ],
  [
    'is acquitted when most of those who can tell see nothing',
    createFacts(
      [slow('web-1'), slow('web-2'), ...[1, 2, 3].map((at) => createProcess({ name: `free-${at}` })), ...busy(3)],
      {
        database: createDatabase(),
      },
    ),
    'ok',
  ],
  [
    'is not convicted by one free worker beside many busy ones',
    createFacts([slow('web-1'), ...busy(6)], { database: createDatabase() }),
    'ok',
  ],
  [
    'is not convicted by several that are hardly starved, where most are',
    createFacts([slow('web-1', 0.6), slow('web-2', 0.5), ...short(6)], { database: createDatabase() }),
    'ok',
  ],
  [
    'is acquitted of slow statements from before its process was free',
    createFacts(
      [
        createProcess({
          recent: createWindow({
            sql: slowSql,
            believedSql: { queryCount: 0, runMsP50: 0, spanMs: 0, arrivalsPerSec: 0, onset: null },
          }),
        }),
      ],
      { database: createDatabase() },
    ),
    'ok',
  ],
  [
    'is acquitted of one sample of slow statements',
    createFacts(
      [
        createProcess({
          recent: createWindow({
            sql: slowSql,
            believedSql: { queryCount: 90, runMsP50: 400, spanMs: 2000, arrivalsPerSec: 40, onset: null },
          }),
        }),
      ],
      { database: createDatabase() },
    ),
    'ok',
  ],
  [
    'is unknown when nobody asks it and all who could tell are starved',
    createFacts([slow('web-1', 0.9), slow('web-2', 0.9)]),
    'unknown',
  ],
  [
    'is suspect when it answers too late on a starved machine',
    createFacts([free], { database: createDatabase({ roundTripMs: null, failureCount: 4, isStarved: true }) }),
    'suspect',
  ],
  [
    'is guilty when even that does not explain how late it is',
    createFacts([free], { database: createDatabase({ roundTripMs: null, failureCount: 5, isStarved: true }) }),
    'guilty',
  ],
  ['is unknown when nobody knows it', createFacts([createProcess({ recent: null })]), 'unknown'],
] as const)('%s', (_story, facts, verdict) => {
  expect(judgeDatabase(facts).verdict).toBe(verdict)
})

test.each([
  [false, 'guilty'],
  [true, 'suspect'],
] as const)('a slow answer on a machine that is starved itself (%s) is %s', (isStarved, verdict) => {
  const database = createDatabase({ roundTripMs: 700, slowCount: 3, isStarved })
  expect(judgeDatabase(createFacts([free], { database })).verdict).toBe(verdict)
})

/** Two workers whose statements run long, over half a minute in which one was asked as often as is usual, or more often. */
const underTraffic = (requestsPerSec: number, whileSlowPerSec: number) => {
  const believedSql = { ...slowSql, spanMs: 30_000, arrivalsPerSec: whileSlowPerSec, onset: null }
  const processes = ['web-1', 'web-2'].map((name) =>
    createProcess({ name, recent: createWindow({ sql: slowSql, requestsPerSec, believedSql }) }),
  )
  return createFacts(processes, { database: createDatabase(), usualRequestsPerSec: 60 })
}

test.each([
  ['under a rush are no proof', 150, 150, 'suspect'],
  ['in the first seconds of a rush are none either', 45, 150, 'suspect'],
  ['from before a rush are one, whatever came after them', 90, 45, 'guilty'],
] as const)('slow statements %s', (_when, requestsPerSec, whileSlowPerSec, verdict) => {
  expect(judgeDatabase(underTraffic(requestsPerSec, whileSlowPerSec))).toMatchObject({ verdict, isExcused: false })
})

/** What is judged after two workers lived for so many seconds as told, 40 requests a second being the usual of each. */
function judgeAfter(
  phases: readonly (readonly [seconds: number, requestsPerSec: number, sqlRunMsP50: number, answeredRatio?: number])[],
) {
  const processes = ['web-1', 'web-2'].map((name) => {
    const worker = new FakeService('web', { nowMs: 0 }).workers[0]!
    const ring = new SeriesRing()
    let second = 0
    let latest: Sample | null = null
    for (const [seconds, requestsPerSec, sqlRunMsP50, answeredRatio = 1] of phases) {
      worker.behaviour = { ...healthy, requestsPerSec, sqlRunMsP50, answeredRatio }
      const untilSec = second + seconds
      // A sample that was asked for in between is as short as that.
      while (second < untilSec) {
        second = Math.min(second + 2, untilSec)
        latest = worker.batch(second * 1000).samples[0]!
        ring.push(latest)
      }
    }
    const recent = { ...ring.window((second - 30) * 1000, second * 1000, 1000, 1)!, usualSqlRunMsP50: 1 }
    return createProcess({ name, latest, recent })
  })
  return (database: DatabaseFacts) =>
    judgeDatabase(createFacts(processes, { database, usualRequestsPerSec: 80 })).verdict
}

test.each([
  [
    'while traffic was calm convict, whatever rush of tries came after',
    [
      [24, 40, 300],
      [6, 200, 300],
    ],
    'guilty',
  ],
  [
    'ever longer convict as well',
    [
      [10, 40, 1],
      [10, 40, 300],
      [10, 200, 3000],
    ],
    'guilty',
  ],
  [
    'since a rush are no proof',
    [
      [24, 40, 1],
      [6, 200, 300],
    ],
    'suspect',
  ],
  [
    'after a rush are none either',
    [
      [10, 40, 1],
      [10, 200, 300],
      [10, 40, 300],
    ],
    'suspect',
  ],
  [
    'since traffic rose step by step are none',
    [
      [14, 40, 1],
      [4, 80, 300],
      [12, 200, 300],
    ],
    'suspect',
  ],
] as const)('statements that were slow %s', (_when, phases, verdict) => {
  expect(judgeAfter(phases)(createDatabase())).toBe(verdict)
})

test.each([
  ['as ever', [[30, 40, 1]], 'guilty'],
  [
    'in a sample of milliseconds',
    [
      [30, 40, 1],
      [0.02, 150, 1],
    ],
    'guilty',
  ],
  [
    'in a rush that has just begun',
    [
      [26, 40, 1],
      [4, 200, 1],
    ],
    'suspect',
  ],
  [
    'in a rush of which most hang',
    [
      [15, 40, 1],
      [15, 200, 1, 0.2],
    ],
    'suspect',
  ],
  [
    'in a rush of tries that hang, after statements were slow while traffic was calm',
    [
      [10, 40, 1],
      [10, 40, 300],
      [10, 200, 300, 0.2],
    ],
    'guilty',
  ],
] as const)('a slow answer while requests come %s', (_when, phases, verdict) => {
  expect(judgeAfter(phases)(createDatabase({ roundTripMs: 700, slowCount: 3 }))).toBe(verdict)
})

test('tells waiting for a connection from statements that run long', () => {
  const { sentence } = judgeDatabase(createFacts([starved, free], { database: createDatabase() }))
  expect(sentence).toContain(
    'web-1 waits 900 ms for a connection because it is itself slow (event loop 93 % busy, 41 % in garbage collection)',
  )
})

test('it is accused from the first alert that still fires, not by an incident that is open for another reason', () => {
  const alert = (rule: string, firstAtMs: number, clearedAtMs: number | null) => ({
    alerts: [{ rule, firstAtMs, clearedAtMs }] as Parameters<typeof accusedSince>[0][number]['alerts'],
  })
  expect(accusedSince([alert('leak', 1000, null), alert('database', 2000, 3000)])).toBeNull()
  expect(accusedSince([alert('database', 2000, 3000), alert('database', 4000, null)])).toBe(4000)
})
