import { formatDuration, MINUTE_MS } from '@plimsoll/core'
import { calledTeams, restartEscalation, stopEscalation, tellTeams } from '../escalation/escalate.ts'
import { gravity } from '../incident/grouping.ts'
import { type IncidentRecord, keyOf } from '../incident/incident.ts'
import { incidentLifecycle, isUnderWay, next } from '../incident/lifecycle.ts'
import { listNames, sentences } from '../words.ts'
import type { Draft } from './draft.ts'

/* What people say to an incident, and what ends it. */

/** Whoever got no answer asks again within this time, over a restart of ours. */
const REPEAT_MS = MINUTE_MS

export function acknowledge(draft: Draft, by: string, note: string): void {
  const { record, nowMs } = draft
  const state = next(incidentLifecycle, record.state, 'acknowledge')
  if (!state) return
  record.state = state
  record.acknowledgedAtMs = nowMs
  record.acknowledgedBy = by
  draft.say(
    'acknowledge',
    sentences(`${by} has it, ${formatDuration(nowMs - record.openedAtMs)} after the opening`, note),
    'person',
  )
  stopEscalation(draft)
  tellTeams(draft, calledTeams(draft), 'acknowledged', `ack:${record.sequence}`)
  const { acknowledgeTimeoutMs } = record.escalation.policy
  setWake(draft, acknowledgeTimeoutMs === null ? null : nowMs + acknowledgeTimeoutMs)
}

function setWake(draft: Draft, atMs: number | null): void {
  draft.record.wakeAtMs = atMs
  draft.timer('wake', atMs)
}

/** Whoever has it asked for quiet until then, or is believed to be asleep: calling begins anew, from the first level. */
export function wake(draft: Draft): void {
  const { record, nowMs } = draft
  const state = next(incidentLifecycle, record.state, 'reopen')
  record.wakeAtMs = null
  if (!state || record.calmSinceMs !== null) return
  const since = formatDuration(nowMs - (record.acknowledgedAtMs ?? nowMs))
  draft.say('reopen', `${record.acknowledgedBy} has it since ${since}, and it is not over: calling begins anew.`)
  record.state = state
  record.acknowledgedAtMs = null
  record.acknowledgedBy = null
  restartEscalation(draft)
}

export function snooze(draft: Draft, { by, untilMs, note }: { by: string; untilMs: number; note: string }): void {
  const { record, nowMs } = draft
  if (record.state === 'resolved' || untilMs <= nowMs) return
  acknowledge(draft, by, '')
  draft.say('snooze', sentences(`${by} wants to be asked again in ${formatDuration(untilMs - nowMs)}`, note), 'person')
  setWake(draft, untilMs)
}

export function reassign(draft: Draft, { by, teams, note }: { by: string; teams: string[]; note: string }): void {
  const { record } = draft
  if (record.state === 'resolved') return
  draft.say('reassign', sentences(`${by} handed it to ${listNames(teams)}`, note), 'person')
  if (isCalledJustNow(draft, teams)) return
  const { policy } = record.escalation
  record.escalation.policy = {
    ...policy,
    levels: [{ afterMs: 0, teams }, ...policy.levels.filter(({ afterMs }) => afterMs > 0)],
  }
  record.state = 'open'
  record.acknowledgedAtMs = null
  record.acknowledgedBy = null
  setWake(draft, null)
  draft.effect({ type: 'cancel-pages' })
  restartEscalation(draft)
}

/**
 * Said again, because the answer was lost: who was called moments ago is not called anew. Once anybody else was called since, or they
 * have had their time, it is another request, and they are.
 */
function isCalledJustNow({ record, nowMs }: Draft, teams: string[]): boolean {
  const { policy, generation, step, isStarted, startedAtMs } = record.escalation
  const isFirstCall = record.state === 'open' && generation > 0 && isStarted && step === 1
  return isFirstCall && nowMs - startedAtMs <= REPEAT_MS && policy.levels[0]?.teams.join() === teams.join()
}

export function takeOver(draft: Draft, from: IncidentRecord, by: string): void {
  const { record } = draft
  if (record.state === 'resolved') return
  for (const alert of from.alerts) {
    if (!record.alerts.some(({ fingerprint }) => fingerprint === alert.fingerprint))
      record.alerts.push(structuredClone(alert))
  }
  if (from.alerts.some(({ clearedAtMs }) => clearedAtMs === null) && record.calmSinceMs !== null) {
    record.calmSinceMs = null
    draft.timer('resolve', null)
  }
  if (gravity[from.severity] > gravity[record.severity]) record.severity = from.severity
  draft.say('merge', `${by} merged ${keyOf(from.id)} into this: ${from.sentence}`, 'person')
}

export function resolve(draft: Draft, by: string | null, note: string): void {
  const { record, nowMs } = draft
  record.state = 'resolved'
  record.resolvedAtMs = nowMs
  if (by !== null) record.resolvedBy = by
  for (const alert of record.alerts) alert.clearedAtMs ??= nowMs
  for (const action of record.actions) {
    if (!isUnderWay(action.status) && action.status !== 'asked') continue
    draft.effect({ type: 'withdraw-command', id: action.id })
    action.status = 'expired'
    action.endedAtMs = nowMs
  }
  draft.say(
    'resolve',
    sentences(by === null ? 'Resolved' : `${by} resolved it`, note),
    by === null ? 'machine' : 'person',
  )
  // Who says that a silent process is no problem says that it was meant to go.
  for (const alert of record.alerts) {
    if (by === null || alert.cause !== 'silence') continue
    for (const instance of alert.instances) draft.effect({ type: 'retire', instance })
  }
  stopEscalation(draft)
  draft.timer('resolve', null)
  draft.timer('stakeholders', null)
  setWake(draft, null)
  record.mute = null
  const told = [...calledTeams(draft), ...(record.severity === 'critical' ? (record.stakeholders?.teams ?? []) : [])]
  tellTeams(draft, told, 'resolved', 'resolved')
}
