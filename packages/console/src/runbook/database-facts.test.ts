import type { Sample } from '@plimsoll/core/wire'
import { expect, test } from 'vitest'
import { createDatabase, createFacts, createProcess, createWindow } from '../../test/facts.ts'
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
            believedSql: { queryCount: 0, runMsP50: 0, spanMs: 0, requestsPerSec: 0 },
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
            believedSql: { queryCount: 90, runMsP50: 400, spanMs: 2000, requestsPerSec: 40 },
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
  const believedSql = { ...slowSql, spanMs: 30_000, requestsPerSec: whileSlowPerSec }
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

test.each([
  [40, 'guilty'],
  [400, 'suspect'],
] as const)('a slow answer while %i requests come in 2 s is %s', (requestCount, verdict) => {
  const http = { requestCount, errorCount: 0, latencyMsP50: 6, latencyMsP99: 38, latencyMsMax: 50 }
  const latest = { windowMs: 2000, http } as Sample
  const database = createDatabase({ roundTripMs: 700, slowCount: 3 })
  const facts = createFacts([createProcess({ latest })], { database, usualRequestsPerSec: 40 })
  expect(judgeDatabase(facts).verdict).toBe(verdict)
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
