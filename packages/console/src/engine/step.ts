import { formatDuration, MINUTE_MS } from '@plimsoll/core'
import type { CommandResult, Signal } from '@plimsoll/core/wire'
import type { ConsoleConfig } from '../config.ts'
import { callSomebodyElse, callWhoIsDue, escalateNow, startEscalation, tellTeams } from '../escalation/escalate.ts'
import { gravity, isGraver } from '../incident/grouping.ts'
import { type IncidentRecord, keyOf, MAX_ALERTS, type TimerKind } from '../incident/incident.ts'
import { incidentLifecycle, next } from '../incident/lifecycle.ts'
import { measure } from '../incident/then-now.ts'
import { approveAction, mitigate, receiveResult } from '../mitigation/mitigate.ts'
import { isServing, type ServedCounts, type ServiceFacts } from '../rule/facts.ts'
import type { Alert } from '../rule/rule.ts'
import { runChecks } from '../runbook/run.ts'
import { inDigest, sentences } from '../words.ts'
import { acknowledge, reassign, resolve, snooze, takeOver, wake } from './acts.ts'
import { createIncident, subjectOf } from './create-incident.ts'
import { Draft, type Step } from './draft.ts'
import { refreshSentence } from './headline.ts'
import { mute, speakFor, unmute } from './quiet.ts'

/** Everything that can happen to an incident. */
export type IncidentEvent =
  | { type: 'alert'; alert: Alert; facts: ServiceFacts }
  | { type: 'clear'; fingerprint: string }
  | { type: 'review'; facts: ServiceFacts; served: ServedCounts }
  | { type: 'result'; result: CommandResult }
  | { type: 'timer'; kind: TimerKind }
  /** @param gatheredCount how many other messages went out with it, as one digest */
  | { type: 'delivered'; to: string; channel: string; reason: string; gatheredCount: number }
  /** @param lostCall the call that it was the last hope of; null while others of the same call were reached, or may be */
  | { type: 'undeliverable'; to: string; channel: string; reason: string; error: string; lostCall: string | null }
  | { type: 'acknowledge'; by: string; note: string }
  | { type: 'resolve'; by: string; note: string }
  | { type: 'approve'; actionId: string; by: string }
  | { type: 'note'; by: string; note: string }
  | { type: 'snooze'; by: string; untilMs: number; note: string }
  | { type: 'reassign'; by: string; teams: string[]; note: string }
  | { type: 'escalate'; by: string; note: string }
  | { type: 'mute'; because: string }
  | { type: 'unmute' }
  /** A smaller problem follows from this one; nobody is called for it. */
  | { type: 'speaks-for'; fingerprint: string; sentence: string }
  | { type: 'merge'; by: string; into: number }
  | { type: 'take-over'; by: string; from: IncidentRecord }

const MAX_CLAIMS = 20
/** Of a curve: a few hours of floors, or the minutes that matter. */
const MAX_POINTS = 240
const MAX_ROUTES = 10

/**
 * What happens next. Pure: reads nothing but its arguments and does nothing; the committer stores the answer in one
 * transaction. An event that comes too late changes nothing.
 */
export function step(record: IncidentRecord, event: IncidentEvent, nowMs: number): Step {
  const draft = new Draft(record, nowMs)
  switch (event.type) {
    case 'alert':
      takeAlert(draft, event.alert, event.facts)
      break
    case 'clear':
      clearAlert(draft, event.fingerprint)
      break
    case 'review':
      review(draft, event.facts, event.served)
      break
    case 'result':
      receiveResult(draft, event.result)
      break
    case 'timer':
      fire(draft, event.kind)
      break
    case 'delivered':
      draft.say(
        'sent',
        `${channelWords[event.channel] ?? event.channel} (${event.reason}) accepted for ${event.to}${inDigest(event.gatheredCount)}.`,
      )
      break
    case 'undeliverable':
      draft.say('undeliverable', `${event.to} could not be reached by ${event.channel}: ${event.error}`)
      if (event.lostCall !== null) callSomebodyElse(draft, event.lostCall)
      break
    case 'acknowledge':
      acknowledge(draft, event.by, event.note)
      break
    case 'resolve':
      if (next(incidentLifecycle, draft.record.state, 'resolve')) resolve(draft, event.by, event.note)
      break
    case 'approve':
      approveAction(draft, event.actionId, event.by)
      break
    case 'note':
      draft.say('note', sentences(`${event.by}: ${event.note}`), 'person')
      break
    case 'snooze':
      snooze(draft, event)
      break
    case 'reassign':
      reassign(draft, event)
      break
    case 'escalate':
      if (draft.record.state !== 'resolved') escalateNow(draft, event.by, event.note)
      break
    case 'mute':
      mute(draft, event.because)
      break
    case 'unmute':
      unmute(draft)
      break
    case 'speaks-for':
      speakFor(draft, event.fingerprint, event.sentence)
      break
    case 'merge':
      if (draft.record.state === 'resolved') break
      draft.record.mergedInto = event.into
      resolve(draft, event.by, `Merged into ${keyOf(event.into)}, which goes on`)
      break
    case 'take-over':
      takeOver(draft, event.from, event.by)
      break
  }
  return draft.finish()
}

const channelWords: Record<string, string> = {
  mail: 'Mail',
  webhook: 'Webhook',
  slack: 'Slack message',
  'slack-bot': 'Slack message',
  pagerduty: 'PagerDuty event',
  alertmanager: 'Alert',
  'alertmanager-webhook': 'Alertmanager webhook',
}

/** Whether an alert that fires on tells an incident anything it does not know. */
export function isNews(record: IncidentRecord, alert: Alert): boolean {
  const known = record.alerts.find(({ fingerprint }) => fingerprint === alert.fingerprint)
  return (
    known?.clearedAtMs !== null ||
    known.sentence !== alert.sentence ||
    known.severity !== alert.severity ||
    known.instances.join() !== alert.instances.join() ||
    JSON.stringify(known.labels) !== JSON.stringify(alert.labels)
  )
}

/** The first step of a new incident: who it is about, who is called. */
export function open(alert: Alert, facts: ServiceFacts, config: ConsoleConfig, nowMs: number): Step {
  const draft = new Draft(createIncident(alert, facts, config, nowMs), nowMs)
  draft.say('opened', alert.sentence)
  takeAlert(draft, alert, facts)
  // Before the review: where the machine can't help it calls harder, and then somebody must be called already.
  startEscalation(draft)
  review(draft, facts, { requestCount: 0, errorCount: 0, slowCount: 0 })
  startUpdates(draft)
  return draft.finish()
}

/** Stakeholders hear of what is critical. */
function startUpdates(draft: Draft): void {
  const { stakeholders, severity } = draft.record
  if (stakeholders && severity === 'critical') draft.timer('stakeholders', draft.nowMs + stakeholders.afterMs)
}

function takeAlert(draft: Draft, alert: Alert, facts: ServiceFacts): void {
  const { record, nowMs } = draft
  const instanceNames = namesOf(alert.instances, facts)
  const known = record.alerts.find(({ fingerprint }) => fingerprint === alert.fingerprint)
  if (record.calmSinceMs !== null) {
    record.calmSinceMs = null
    draft.timer('resolve', null)
    callWhoIsDue(draft)
  }
  if (!known) {
    const { fingerprint, rule, cause, severity, sentence, instances, labels, annotations } = alert
    const times = { firstAtMs: nowMs, lastAtMs: nowMs, clearedAtMs: null }
    record.alerts.push({
      fingerprint,
      rule,
      cause,
      severity,
      sentence,
      instances,
      instanceNames,
      ...times,
      labels,
      annotations,
    })
    if (record.alerts.length > MAX_ALERTS) record.alerts.splice(0, 1)
    if (record.alerts.length > 1) draft.say('alert', `Joined: ${alert.sentence}`)
  } else {
    if (known.clearedAtMs !== null) draft.say('alert', `Again: ${alert.sentence}`)
    const isNews = known.clearedAtMs !== null || known.instances.join() !== alert.instances.join()
    known.clearedAtMs = null
    known.lastAtMs = nowMs
    known.instances = alert.instances
    known.instanceNames = [...new Set([...known.instanceNames, ...instanceNames])].slice(0, 50)
    known.sentence = alert.sentence
    known.severity = alert.severity
    known.labels = alert.labels
    known.annotations = alert.annotations
    if (isNews) draft.touch()
  }
  if (isGraver(alert.cause, record.cause)) {
    record.cause = alert.cause
    record.subject = subjectOf(alert)
    record.groupKey = ''
    draft.touch()
  }
  if (gravity[alert.severity] > gravity[record.severity]) {
    record.severity = alert.severity
    draft.touch()
    startEscalation(draft)
    callWhoIsDue(draft)
    startUpdates(draft)
  }
}

function clearAlert(draft: Draft, fingerprint: string): void {
  const { record, nowMs } = draft
  const alert = record.alerts.find((known) => known.fingerprint === fingerprint)
  if (!alert || alert.clearedAtMs !== null || record.state === 'resolved') return
  alert.clearedAtMs = nowMs
  alert.lastAtMs = nowMs
  draft.say('cleared', `No longer seen: ${alert.sentence}`)
  if (record.alerts.some(({ clearedAtMs }) => clearedAtMs === null)) return
  record.calmSinceMs = nowMs
  draft.timer('resolve', nowMs + record.proofMs)
  draft.say('calm', `Nothing fires any more. It counts as resolved when that lasts ${formatDuration(record.proofMs)}.`)
}

function review(draft: Draft, facts: ServiceFacts, served: ServedCounts): void {
  const { record } = draft
  if (record.state === 'resolved') return
  record.served.requestCount += served.requestCount
  record.served.errorCount += served.errorCount
  record.served.slowCount += served.slowCount
  if (record.compared) record.compared.now = measure(facts)
  record.processCount = facts.processes.filter((process) => isServing(process) && process.presence !== 'gone').length
  noteClaims(draft, facts)
  noteRoutes(draft, facts)
  runChecks(draft, facts)
  mitigate(draft, facts)
  refreshSentence(draft, facts)
}

function noteClaims(draft: Draft, facts: ServiceFacts): void {
  const { record } = draft
  if (record.cause !== 'leak') return
  for (const { leak, identity, limitBytes, floors } of facts.processes) {
    const claim = record.claims.find(({ signal }) => signal.instance === identity.instance)
    if (claim) extendSeries(claim.signal, floors)
    if (!leak) continue
    const known = record.claims.find(({ signal }) => signal.instance === leak.instance)
    if (known && known.signal.sequence >= leak.sequence) continue
    record.claims = record.claims.filter((claim) => claim !== known)
    record.claims.push({ name: identity.name, limitBytes, signal: { ...leak, series: leak.series.slice(-MAX_POINTS) } })
    if (record.claims.length > MAX_CLAIMS) record.claims.shift()
    draft.touch()
  }
}

/** The curve goes on after the claim: what an action did to it is the best part of the evidence. */
function extendSeries(signal: Signal, floors: readonly (readonly [number, number])[]): void {
  const { series, slope, memory } = signal
  if (slope?.unit !== 'bytesPerMin' || (memory !== 'heap' && memory !== 'external')) return
  const lastAtMs = series.at(-1)?.[0] ?? 0
  const fresh = floors.filter(([atMs]) => atMs > lastAtMs).map(([atMs, bytes]): [number, number] => [atMs, bytes])
  if (fresh.length > 0) signal.series = [...series, ...fresh].slice(-MAX_POINTS)
}

function noteRoutes({ record }: Draft, { processes, policy }: ServiceFacts): void {
  for (const { latest } of processes) {
    for (const { route, errorCount, latencyMsP99 } of latest?.routes ?? []) {
      const isFelt = errorCount > 0 || latencyMsP99 > policy.latencyObjectiveMs
      if (isFelt && !record.routes.includes(route) && record.routes.length < MAX_ROUTES) record.routes.push(route)
    }
  }
}

function fire(draft: Draft, kind: TimerKind): void {
  const { record, nowMs } = draft
  if (record.state === 'resolved') return
  if (kind === 'escalate') callWhoIsDue(draft)
  if (kind === 'stakeholders' && record.stakeholders) {
    const { teams, everyMs } = record.stakeholders
    const number = Math.floor((nowMs - record.openedAtMs) / Math.max(everyMs, MINUTE_MS))
    tellTeams(draft, teams, 'stakeholder', `note:${number}:${record.revision}`)
    draft.say('stakeholders', `Stakeholders are told how it stands: ${teams.join(', ')}.`)
    draft.timer('stakeholders', nowMs + everyMs)
  }
  if (kind === 'wake') wake(draft)
  if (kind === 'resolve' && record.calmSinceMs !== null) {
    resolve(draft, null, `Nothing fired for ${formatDuration(nowMs - record.calmSinceMs)}.`)
  }
}

function namesOf(instances: readonly string[], facts: ServiceFacts): string[] {
  const nameOf = new Map(facts.processes.map(({ identity }) => [identity.instance, identity.name]))
  return [...new Set(instances.map((instance) => nameOf.get(instance) ?? instance))]
}
