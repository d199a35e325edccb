import { formatDuration } from '@plimsoll/core'
import type { RequestSummary } from '@plimsoll/soak/traffic'
import type { ArmRecord, IncidentGist } from './record.ts'
import type { Scenario } from './scenario.ts'

/** One promise, held against what was measured in this run. */
export interface Judged {
  promise: string
  measured: string
  holds: boolean
}

/** Holds Plimsoll's arm to its promises. Pure: the same records give the same verdict. */
export function judgePromises(scenario: Scenario, arms: readonly ArmRecord[]): Judged[] {
  const find = (name: ArmRecord['arm']) => arms.find((record) => record.arm === name)
  const then = find('as-in-2023')
  const ours = find('with-plimsoll')
  if (!then || !ours) return [{ promise: 'All arms ran to their end', measured: `${arms.length} did`, holds: false }]

  const { milestones } = ours
  const deathMs = then.milestones.firstDeath
  const opened = milestones.opened
  const within = (promise: string, fromMs: number | null, atMs: number | null, limitMs: number): Judged => {
    const spanMs = fromMs === null || atMs === null ? null : atMs - fromMs
    return {
      promise,
      // The owner of a first guess may own the right line as well, and was called for that.
      measured: spanMs === null ? 'never' : spanMs < 0 ? `${formatDuration(-spanMs)} before` : formatDuration(spanMs),
      holds: spanMs !== null && spanMs <= limitMs,
    }
  }
  const share = milestones.detected !== null && deathMs !== null ? milestones.detected / deathMs : null
  const allowedFailures = 0.001 * then.traffic.total.failureCount
  const affected = then.traffic.total.affectedSessionCount / Math.max(1, then.traffic.total.sessionCount)

  return [
    {
      promise: `The leak is signalled at ≤ ${percent(scenario.maxSignalledShare)} of the first arm's time to death`,
      measured:
        share === null
          ? 'never'
          : `${percent(share)} (${formatDuration(milestones.detected!)} of ${formatDuration(deathMs!)})`,
      holds: share !== null && share >= 0 && share <= scenario.maxSignalledShare,
    },
    {
      promise: 'It is signalled before the first failed request, time-out or p99 above 1 s',
      measured:
        milestones.firstHarm === null ? 'no harm at all' : `first harm at ${formatDuration(milestones.firstHarm)}`,
      holds:
        milestones.detected !== null && (milestones.firstHarm === null || milestones.detected < milestones.firstHarm),
    },
    {
      promise: 'One problem is one incident, and none was opened before it',
      measured: [ours.incidents?.length ?? 0, ...(ours.incidents ?? []).map(tellIncident)].join('; '),
      holds: isOneIncident(ours.incidents ?? []) && ours.incidents?.[0]?.cause === 'leak',
    },
    within('The database is exonerated ≤ 10 s after the incident opens', opened, milestones.databaseExonerated, 10_000),
    within('The line is named ≤ 60 s after it opens', opened, milestones.lineNamed, 60_000),
    {
      promise: 'File, line and variable are the planted ones',
      measured: ours.culprit
        ? `${ours.culprit.file}:${ours.culprit.line} ${ours.culprit.variable ?? ''}`.trim()
        : 'no culprit',
      holds: ours.isCulpritRight === true,
    },
    within('The owner is paged ≤ 5 s after that', milestones.lineNamed, milestones.ownerPaged, 5_000),
    within('Mitigated ≤ 120 s after it opens', opened, milestones.mitigated, 120_000),
    {
      promise: 'No checkout fails',
      measured: `${ours.traffic.total.checkouts.failedCount} of ${ours.traffic.total.checkouts.attemptedCount}`,
      holds: ours.traffic.total.checkouts.failedCount === 0 && ours.traffic.total.checkouts.attemptedCount > 0,
    },
    {
      promise: 'Failed requests are ≤ 0.1 % of the first arm’s',
      measured: `${tellFailures(ours.traffic.total.failures)}, against ${then.traffic.total.failureCount}`,
      holds: ours.traffic.total.failureCount <= allowedFailures,
    },
    ...(scenario.minAffectedShare === null
      ? []
      : [
          {
            promise: `The first arm affects at least ${percent(scenario.minAffectedShare)} of its shoppers`,
            measured: percent(affected),
            holds: affected >= scenario.minAffectedShare,
          },
        ]),
    generatorKeptUp(arms),
    nobodyHangs(ours),
    ...lastAct(scenario, ours),
  ]
}

/** On two cores that also serve, the generator waits for its turn now and then. It must not be what made a shopper wait. */
const MAX_GENERATOR_DELAY_MS_P99 = 100
const MAX_MISSED_SHARE = 0.001

export function generatorKeptUp(arms: readonly ArmRecord[]): Judged {
  const verdicts = arms.map(({ traffic }) => traffic.generator)
  const delayMs = Math.max(...verdicts.map(({ eventLoopDelayMsP99 }) => eventLoopDelayMsP99))
  const missedShare = Math.max(...verdicts.map((verdict) => verdict.missedShare))
  return {
    promise: `The load generator kept up: its own delay p99 ≤ ${MAX_GENERATOR_DELAY_MS_P99} ms, no shopper was turned away by it`,
    measured: `${Math.round(delayMs)} ms, ${percent(missedShare)} turned away`,
    holds: delayMs <= MAX_GENERATOR_DELAY_MS_P99 && missedShare <= MAX_MISSED_SHARE,
  }
}

/** Requests under way when the traffic ends are waited for; one that still hangs then is in no other count. */
export function nobodyHangs({ traffic }: ArmRecord): Judged {
  return {
    promise: 'No request still hangs at the end, and every journey ran as it is written',
    measured: [`${traffic.unfinishedCount} hang`, ...traffic.journeyFaults.messages].join('; '),
    holds: traffic.unfinishedCount === 0 && traffic.journeyFaults.count === 0,
  }
}

/** `latency 12 s before the fault: p99 is 2 s.` */
export function tellIncident({ cause, sinceFaultMs, sentence }: IncidentGist): string {
  const when =
    sinceFaultMs < 0
      ? `${formatDuration(-sinceFaultMs)} before the fault`
      : `${formatDuration(sinceFaultMs)} after the fault`
  return `${cause} ${when}: ${sentence}`
}

/** One, and after the fault. */
export function isOneIncident(incidents: readonly IncidentGist[]): boolean {
  return incidents.length === 1 && incidents[0]!.sinceFaultMs >= 0
}

function lastAct(scenario: Scenario, ours: ArmRecord): Judged[] {
  if (!scenario.hasLastAct) return []
  return [
    {
      promise: 'The cured cache is deployed worker by worker without a failed request',
      measured: ours.lastActFailures ? tellFailures(ours.lastActFailures) : 'not deployed',
      holds: ours.lastActFailures !== null && Object.keys(ours.lastActFailures).length === 0,
    },
    {
      promise: 'The cured floor lies below the leaking one',
      measured: ours.floors
        ? `${Math.round(ours.floors.curedBytes / 2 ** 20)} MB against ${Math.round(ours.floors.leakingBytes / 2 ** 20)} MB`
        : 'not measured',
      holds: ours.floors !== null && ours.floors.curedBytes < ours.floors.leakingBytes,
    },
  ]
}

/** `2 failed: 1 dropped, 1 timed-out`. */
function tellFailures(failures: RequestSummary['failures']): string {
  const kinds = Object.entries(failures)
  if (kinds.length === 0) return '0 failed'
  return `${kinds.reduce((sum, [, count]) => sum + count, 0)} failed: ${kinds.map(([kind, count]) => `${count} ${kind}`).join(', ')}`
}

export function percent(ratio: number): string {
  const value = ratio * 100
  return value > 0 && value < 1 ? `${value.toFixed(2)} %` : `${Math.round(value)} %`
}
