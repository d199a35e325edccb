import type { TrafficReport } from '@plimsoll/soak/traffic'
import { expect, test } from 'vitest'
import { noMilestones, type ArmRecord, type IncidentGist } from './record.ts'
import { trials } from './options.ts'
import { scenarioOf } from './trial.ts'

const slowDatabase: IncidentGist = {
  sentence: 'Queries take 900 ms.',
  cause: 'latency',
  conclusion: 'database',
  sinceFaultMs: 9_000,
}
const leak: IncidentGist = { sentence: 'pages leaks.', cause: 'leak', conclusion: 'leak', sinceFaultMs: 9_000 }
const load: IncidentGist = { sentence: 'p99 is 2 s.', cause: 'latency', conclusion: 'load', sinceFaultMs: 9_000 }
const crash: IncidentGist = { sentence: 'web-1 died.', cause: 'crash', conclusion: 'undecided', sinceFaultMs: 9_000 }

function brokenOf(name: string, changes: Partial<ArmRecord>): string[] {
  const record = {
    arm: 'with-plimsoll',
    seconds: [{ sinceFaultMs: 0, requestCount: 40, failureCount: 0, latencyMsP99: 5, rssBytes: {} }],
    milestones: noMilestones,
    traffic: { total: { requestCount: 40, failureCount: 0 } } as TrafficReport,
    incidents: [],
    actions: [],
    ...changes,
  } as unknown as ArmRecord
  const trial = trials.find((candidate) => candidate.name === name)!
  return trial
    .judge(record)
    .filter(({ holds }) => !holds)
    .map(({ promise }) => promise)
}

test('a healthy shop opens no incident and fails nobody', () => {
  expect(brokenOf('cured', {})).toEqual([])
  expect(brokenOf('cured', { incidents: [leak] })).toEqual(['No incident is opened'])
  const failing = { total: { requestCount: 40, failureCount: 1 } } as TrafficReport
  expect(brokenOf('cured', { traffic: failing })).toEqual(['No request fails'])
})

test('a slow database is blamed, and nothing else is touched', () => {
  expect(brokenOf('slow-database', { incidents: [slowDatabase] })).toEqual([])
  expect(brokenOf('slow-database', { incidents: [load] })).toEqual(['It blames the database'])
  expect(brokenOf('slow-database', { incidents: [slowDatabase, leak] })).toEqual([
    'One problem is one incident, and none was opened before it',
    'No leak is claimed',
  ])
  expect(brokenOf('slow-database', { incidents: [slowDatabase], actions: ['web-1 was replaced'] })).toEqual([
    'No cache is cleared and no worker replaced',
  ])
})

test('five times the traffic may hurt, and then it is load', () => {
  const second = (sinceFaultMs: number, requestCount: number) => ({
    sinceFaultMs,
    requestCount,
    failureCount: 0,
    latencyMsP99: 5,
    rssBytes: {},
  })
  const seconds = [second(-1000, 40), second(1000, 60), second(2000, 90)]
  expect(brokenOf('traffic-x5', { seconds })).toEqual([])
  expect(brokenOf('traffic-x5', { seconds, incidents: [load] })).toEqual([])
  for (const incident of [slowDatabase, { ...load, sinceFaultMs: -1 }])
    expect(brokenOf('traffic-x5', { seconds, incidents: [incident] })).toEqual([
      'If it hurts, it is load and not a leak',
    ])
  expect(brokenOf('traffic-x5', { seconds: seconds.slice(0, 2) })).toEqual([
    'At least twice as many requests come as before',
  ])
})

test('what is killed is told, and comes back', () => {
  expect(brokenOf('killed-worker', { incidents: [crash] })).toEqual([])
  expect(brokenOf('killed-worker', {})).toEqual([
    'One problem is one incident, and none was opened before it',
    'The crash is told',
  ])
  const seconds = [{ sinceFaultMs: 80_000, requestCount: 40, failureCount: 2, latencyMsP99: 5, rssBytes: {} }]
  expect(brokenOf('killed-database', { incidents: [slowDatabase], seconds })).toEqual([
    'It comes back by itself: nothing fails in the last half minute',
  ])
  expect(brokenOf('killed-database', { incidents: [slowDatabase], seconds: [] })).toHaveLength(1)
  expect(brokenOf('killed-worker', { incidents: [{ ...crash, sinceFaultMs: -1 }] })).toHaveLength(1)
})

test('a trial watches as long as its trouble lasts, or longer', () => {
  for (const trial of trials) {
    expect(trial.troubleMs, trial.name).toBeLessThanOrEqual(scenarioOf(trial).leakMs['with-plimsoll'])
  }
})
