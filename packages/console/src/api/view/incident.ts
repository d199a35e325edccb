import { isForeign } from '../../rule/fingerprint.ts'
import type { Verdict } from '@plimsoll/core/wire'
import { callOf } from '../../escalation/next-step.ts'
import { describeFelt } from '../../incident/felt.ts'
import { keyOf, type IncidentRecord } from '../../incident/incident.ts'
import { tellThenNow } from '../../incident/then-now.ts'
import { findPlaybook } from '../../mitigation/playbook.ts'
import type {
  ActionStatus,
  ActionView,
  Incident,
  IncidentSummary,
  Mark,
  NotificationView,
  TimelineEntry,
} from '../contract.ts'

export function toSummary(record: IncidentRecord): IncidentSummary {
  return {
    id: record.id,
    key: keyOf(record.id),
    service: record.service,
    state: record.state,
    severity: record.severity,
    verdict: verdictOf(record),
    cause: record.cause,
    sentence: record.sentence,
    openedAtMs: record.openedAtMs,
    acknowledgedAtMs: record.acknowledgedAtMs,
    acknowledgedBy: record.acknowledgedBy,
    mitigatedAtMs: record.mitigatedAtMs,
    resolvedAtMs: record.resolvedAtMs,
    revision: record.revision,
  }
}

/** For the colour. What is mitigated and still leaks is growing: no danger, no rest. */
function verdictOf(record: IncidentRecord): Verdict {
  if (record.state === 'resolved') return 'recovered'
  const isFiring = record.alerts.some(({ clearedAtMs }) => clearedAtMs === null)
  if (!isFiring) return 'recovered'
  if (record.mitigatedAtMs !== null) return 'growing'
  if (record.cause === 'leak') {
    const leak = record.alerts.find(({ cause, clearedAtMs }) => cause === 'leak' && clearedAtMs === null)
    const isSinking = record.claims.some(
      ({ signal }) => signal.verdict === 'sinking' && leak?.instances.includes(signal.instance),
    )
    return isSinking ? 'sinking' : 'leaking'
  }
  return { critical: 'leaking', warning: 'growing', info: 'afloat' }[record.severity] as Verdict
}

export function toIncident(
  record: IncidentRecord,
  timeline: TimelineEntry[],
  notifications: NotificationView[],
  postmortem: string | null,
): Incident {
  const { escalation, calmSinceMs, proofMs } = record
  const call = escalation.dueAtMs === null ? null : callOf(escalation.policy, escalation.step, escalation.startedAtMs)
  const playbook = findPlaybook(record.playbooks, record)
  return {
    ...toSummary(record),
    ask: describeAsk(record),
    blastRadius: {
      sentence: describeFelt(record),
      processCount: record.processCount,
      affectedNames: [...new Set(record.alerts.flatMap(({ instanceNames }) => instanceNames))],
      routes: record.routes,
      requestCount: record.served.requestCount,
      failedRequestCount: record.served.errorCount,
      slowRequestCount: record.served.slowCount,
    },
    alerts: record.alerts.map(({ instances: _instances, ...alert }) => alert),
    checks: record.checks.map(({ differsSinceMs: _differsSinceMs, ...check }) => check),
    conclusion: record.conclusion,
    culprit: record.culprit,
    thenNow: tellThenNow(record.compared),
    evidence: record.claims.map(({ name, limitBytes, signal }) => ({
      instance: signal.instance,
      name,
      limitBytes: signal.slope?.unit === 'countPerMin' ? null : limitBytes,
      unit: signal.slope?.unit === 'countPerMin' ? ('count' as const) : ('bytes' as const),
      series: signal.series,
      slopePerMin: signal.slope?.estimate ?? null,
      timeToLimitMs: signal.timeToLimitMs,
    })),
    actions: record.actions.map(
      ({ deliverTo: _to, toBytes: _bytes, deadlineMs: _deadline, worstRatioBefore: _ratio, ...action }) => ({
        ...action,
        // Before it is done it holds only what was measured before.
        effect: action.status === 'done' ? action.effect : null,
      }),
    ),
    timeline,
    notifications,
    responders: record.responders,
    nextEscalation: call && { level: call.level, atMs: escalation.dueAtMs!, teams: call.teams },
    proof:
      calmSinceMs === null || record.state === 'resolved'
        ? null
        : { sinceMs: calmSinceMs, untilMs: calmSinceMs + proofMs, windowMs: proofMs },
    deploy: record.deploy,
    playbook: playbook && playbook.steps.length > 0 ? { name: playbook.name, steps: playbook.steps } : null,
    marks: marksOf(record),
    postmortem,
  }
}

function describeAsk(record: IncidentRecord): string {
  const waiting = record.actions.find(({ status }) => status === 'asked')
  if (record.state === 'resolved') {
    const nothing = 'Nothing. Read the draft of the postmortem and add what people know.'
    const wasFiring = record.alerts.some(
      ({ fingerprint, clearedAtMs }) => isForeign(fingerprint) && clearedAtMs === record.resolvedAtMs,
    )
    return record.resolvedBy !== undefined && wasFiring
      ? `${nothing} Whoever sends its alert may stop now: if it is still sent when alerts.resolveTimeout (5 min by default) is past, a new incident opens.`
      : nothing
  }
  if (waiting) return `Approve it, or leave it: ${waiting.sentence}.`
  if (record.state === 'open' && record.severity !== 'info') return 'Acknowledge it, so that nobody else is woken.'
  if (record.calmSinceMs !== null) return 'Nothing now: it resolves by itself when the calm lasts.'
  if (record.culprit && record.mitigatedAtMs !== null) {
    return `Cure ${record.culprit.file}:${record.culprit.line}. Until then the processes are kept afloat.`
  }
  if (record.conclusion.kind === 'database') return 'Look at the database. The service itself is not touched.'
  if (record.conclusion.kind === 'load') return 'Decide whether to add capacity. Nothing is flushed or replaced.'
  return 'Watch it; what is done and found appears here.'
}

function marksOf(record: IncidentRecord): Mark[] {
  return [
    { atMs: record.openedAtMs, kind: 'incident', label: keyOf(record.id) },
    ...(record.deploy ? [{ atMs: record.deploy.atMs, kind: 'deploy' as const, label: record.deploy.version }] : []),
    ...record.actions
      .filter(wasAskedFor)
      .map((action) => ({ ...toMark(action), label: `${action.targetName} ${actionWords[action.kind]}` })),
  ]
}

const unasked: ReadonlySet<ActionStatus> = new Set(['would', 'asked', 'refused', 'failed', 'expired'])

/** Whether it leaves a trace in the charts: who carries it out did not refuse or fail. */
export function wasAskedFor({ status }: Pick<ActionView, 'status'>): boolean {
  return !unasked.has(status)
}

/** In the chart of the process itself. */
export function toMark({ requestedAtMs, kind }: Pick<ActionView, 'requestedAtMs' | 'kind'>): Mark {
  return { atMs: requestedAtMs, kind: 'action', label: actionWords[kind] }
}

const actionWords: Record<ActionView['kind'], string> = {
  'clear-cache': 'cleared',
  'shrink-cache': 'shrunk',
  rotate: 'replaced',
  'shed-load': 'sheds load',
  'capture-profile': 'profiled',
  'capture-snapshot': 'snapshot',
}
