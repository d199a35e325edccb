import type { TrafficReport } from '@plimsoll/soak/traffic'
import { expect, test } from 'vitest'
import { judgePromises } from './promises.ts'
import { noMilestones, type ArmRecord, type IncidentGist } from './record.ts'
import { createCharts, renderReport, renderSummary } from './report.ts'
import { armNames, fastScenario, fullScenario, type ArmName } from './scenario.ts'
import { createTable } from './table.ts'

const leakIncident: IncidentGist = {
  sentence: 'pages keeps 19.8 KB of every request.',
  cause: 'leak',
  conclusion: 'leak',
  sinceFaultMs: 52_000,
}

function createTraffic(failureCount: number, affectedSessionCount: number, failedCheckoutCount: number): TrafficReport {
  const total = {
    requestCount: 10_000,
    failureCount,
    failures: {},
    slowCount: 0,
    responseBytes: 0,
    latencyMsP50: 2,
    latencyMsP90: 5,
    latencyMsP99: 9,
    latencyMsMax: 20,
    sessionCount: 1000,
    affectedSessionCount,
    missedSessionCount: 0,
    checkouts: {
      attemptedCount: 50,
      failedCount: failedCheckoutCount,
      declinedCount: 0,
      paidMinor: 1,
      lostMinor: failedCheckoutCount * 4200,
    },
    latency: [],
  }
  return {
    seed: 1,
    startedAtMs: 0,
    elapsedMs: 1,
    endedBy: 'stopped',
    total,
    phases: [],
    routes: [],
    firstErrorStatus: null,
    unfinishedCount: 0,
    journeyFaults: { count: 0, messages: [] },
    generator: { isBottleneck: false, why: [], eventLoopDelayMsP99: 1, eventLoopDelayMsMax: 1, missedShare: 0 },
  } as unknown as TrafficReport
}

function createRecord(arm: ArmName, changes: Partial<ArmRecord> = {}): ArmRecord {
  return {
    arm,
    seconds: [{ sinceFaultMs: 0, requestCount: 40, failureCount: 0, latencyMsP99: 5, rssBytes: { 'web-1': 2 ** 26 } }],
    milestones: noMilestones,
    traffic: createTraffic(4000, 700, 12),
    deathCount: 3,
    restartCount: 0,
    culprit: null,
    isCulpritRight: null,
    incidents: null,
    incident: null,
    messages: [],
    kills: [],
    actions: [],
    postmortem: null,
    floors: null,
    lastActFailures: null,
    ...changes,
  }
}

const kept = [
  createRecord('as-in-2023', {
    milestones: { ...noMilestones, firstDeath: 150_000, firstHarm: 120_000, detected: 125_000 },
  }),
  createRecord('as-good-teams-today', { traffic: createTraffic(40, 30, 2) }),
  createRecord('with-plimsoll', {
    traffic: createTraffic(0, 0, 0),
    milestones: {
      ...noMilestones,
      detected: 50_000,
      opened: 52_000,
      databaseExonerated: 55_000,
      lineNamed: 60_000,
      ownerPaged: 61_000,
      mitigated: 80_000,
    },
    culprit: { file: 'src/leak/pages.ts', line: 12, variable: 'pages', sentence: 'web-2 is leaking <fast>.' },
    isCulpritRight: true,
    incidents: [leakIncident],
    floors: { leakingBytes: 100 * 2 ** 20, curedBytes: 60 * 2 ** 20 },
    lastActFailures: {},
  }),
]
const broken = (arms: ArmRecord[], scenario = fullScenario) =>
  judgePromises(scenario, arms)
    .filter(({ holds }) => !holds)
    .map(({ promise }) => promise)

test('every promise holds for a run in which all went as promised', () => {
  expect(broken(kept)).toEqual([])
})

test('each promise is broken by the figure it speaks of', () => {
  const [then, today, ours] = kept as [ArmRecord, ArmRecord, ArmRecord]
  const withOurs = (changes: Partial<ArmRecord>) => broken([then, today, { ...ours, ...changes }])
  const late = (changes: Partial<ArmRecord['milestones']>) =>
    withOurs({ milestones: { ...ours.milestones, ...changes } })
  expect(late({ detected: 70_000, firstHarm: 65_000 })).toHaveLength(2)
  expect(late({ databaseExonerated: 63_000 })).toEqual([expect.stringContaining('exonerated')])
  expect(late({ lineNamed: null })).toEqual([
    expect.stringContaining('line is named'),
    expect.stringContaining('owner'),
  ])
  expect(late({ mitigated: 180_000 })).toEqual([expect.stringContaining('Mitigated')])
  expect(withOurs({ incidents: [leakIncident, { ...leakIncident, cause: 'database' }] })).toEqual([
    expect.stringContaining('one incident'),
  ])
  expect(withOurs({ incidents: [{ ...leakIncident, sinceFaultMs: -5_000 }] })).toEqual([
    expect.stringContaining('one incident'),
  ])
  expect(withOurs({ incidents: [{ ...leakIncident, cause: 'latency' }] })).toEqual([
    expect.stringContaining('one incident'),
  ])
  expect(late({ detected: -1_000 })).toEqual([expect.stringContaining('signalled')])
  expect(withOurs({ traffic: { ...createTraffic(0, 0, 0), unfinishedCount: 1 } })).toEqual([
    expect.stringContaining('hangs'),
  ])
  expect(withOurs({ isCulpritRight: false })).toEqual([expect.stringContaining('planted')])
  expect(withOurs({ traffic: createTraffic(5, 1, 0) })).toEqual([expect.stringContaining('0.1 %')])
  expect(withOurs({ traffic: createTraffic(0, 0, 1) })).toEqual([expect.stringContaining('checkout')])
  expect(withOurs({ lastActFailures: { dropped: 1 } })).toEqual([expect.stringContaining('worker by worker')])
  expect(broken([{ ...then, traffic: createTraffic(4000, 300, 12) }, today, ours])).toEqual([
    expect.stringContaining('50 % of its shoppers'),
  ])
})

test('a first arm that never died proves nothing', () => {
  const [then, today, ours] = kept as [ArmRecord, ArmRecord, ArmRecord]
  expect(broken([{ ...then, milestones: noMilestones }, today, ours])).toEqual([
    expect.stringContaining('time to death'),
  ])
})

test('the fast form may take 60 % and has no last act', () => {
  const [then, today, ours] = kept as [ArmRecord, ArmRecord, ArmRecord]
  const slower = {
    ...ours,
    milestones: { ...ours.milestones, detected: 80_000, opened: 52_000 },
    lastActFailures: null,
    floors: null,
  }
  expect(broken([then, today, slower], fastScenario)).toEqual([])
})

test('the table has history beside every arm, and the report escapes what it was told', () => {
  const table = createTable(kept)
  expect(table.columns).toHaveLength(1 + armNames.length)
  expect(table.rows.every(({ cells }) => cells.length === table.columns.length)).toBe(true)
  expect(table.rows.find(({ label }) => label === 'Mitigated')!.cells).toEqual(['3 h', 'never', 'never', '1 min 20 s'])
  const promises = judgePromises(fullScenario, kept)
  const html = renderReport(
    fullScenario,
    [...kept.slice(0, 2), { ...kept[2]!, actions: ['<b>rotated</b>'] }],
    promises,
    'npm run replay',
  )
  expect(html).not.toContain('<b>rotated')
  expect(html).not.toMatch(/(src|href)="http/)
  expect(renderSummary(kept, promises, 'npm run replay')).toContain('Repeat it: npm run replay')
})

test('all charts share one time axis that holds every arm', () => {
  const charts = createCharts(fullScenario, kept)
  expect(new Set(charts.map(({ fromMs, toMs }) => `${fromMs} ${toMs}`)).size).toBe(1)
})
