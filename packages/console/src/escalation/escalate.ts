import { formatDuration } from '@plimsoll/core'
import type { NotificationReason } from '../api/contract.ts'
import type { Draft } from '../engine/draft.ts'
import type { IncidentRecord } from '../incident/incident.ts'
import { listNames, sentences, showTeam } from '../words.ts'
import { callOf, dueCalls, type Call } from './next-step.ts'

/** Begins to call people, when the incident is grave enough and nobody was called yet. `info` wakes nobody. */
export function startEscalation(draft: Draft): void {
  const { record, nowMs } = draft
  if (record.severity === 'info' || record.escalation.isStarted || record.state !== 'open' || record.mute) return
  record.escalation.isStarted = true
  record.escalation.startedAtMs = nowMs
  if (record.escalation.policy.levels.length === 0) {
    draft.say(
      'page',
      'Nobody is called: the configuration has no escalation level. Add escalation.levels to reach people.',
    )
  }
  callWhoIsDue(draft)
}

/** Calls everybody who is due by now and sets the timer for the next call. */
export function callWhoIsDue(draft: Draft): void {
  const { record, nowMs } = draft
  const { escalation } = record
  if (record.state !== 'open' || !escalation.isStarted || record.mute || isSaidToBeOver(record)) return
  const { due, step, next } = dueCalls(escalation.policy, escalation.step, escalation.startedAtMs, nowMs)
  for (const [index, call] of due.entries()) callLevel(draft, call, keyOfCall(draft, escalation.step + index))
  escalation.step = step
  // A warning is told to the first level and left to it.
  escalation.dueAtMs = next && record.severity === 'critical' ? next.atMs : null
  draft.timer('escalate', escalation.dueAtMs)
}

/** Alerts of others end when they say so: while they wait for the proof of it, nobody further is woken. */
function isSaidToBeOver({ calmSinceMs, alerts }: IncidentRecord): boolean {
  return calmSinceMs !== null && alerts.every(({ fingerprint }) => fingerprint.startsWith('alert/'))
}

/** The machine can't help: the next level is called now instead of later. */
export function pageHarder(draft: Draft, why: string): void {
  const { record } = draft
  const { escalation } = record
  if (record.state === 'acknowledged') {
    tellTeams(draft, calledTeams(draft), 'update', `harder:${record.sequence}`)
    draft.say('page', `${why} Whoever acknowledged is told.`)
    return
  }
  callWhoIsDue(draft)
  const next = callOf(escalation.policy, escalation.step, escalation.startedAtMs)
  if (record.state !== 'open' || !escalation.isStarted || record.mute || !next) return
  draft.say('escalate', `${why} Level ${next.level} is called now instead of later.`)
  callLevel(draft, next, keyOfCall(draft, escalation.step))
  escalation.step++
  const following = callOf(escalation.policy, escalation.step, escalation.startedAtMs)
  escalation.dueAtMs = following && record.severity === 'critical' ? following.atMs : null
  draft.timer('escalate', escalation.dueAtMs)
}

/** Somebody wants more people on it, whatever the clock of the escalation says. */
export function escalateNow(draft: Draft, by: string, note: string): void {
  const { record } = draft
  const { escalation } = record
  const call = callOf(escalation.policy, escalation.step, escalation.startedAtMs)
  if (!call) return
  draft.say('escalate', sentences(`${by} calls level ${call.level} now`, note), 'person')
  callLevel(draft, call, keyOfCall(draft, escalation.step))
  escalation.step++
  if (record.state !== 'open' || !escalation.isStarted) return
  const following = callOf(escalation.policy, escalation.step, escalation.startedAtMs)
  escalation.dueAtMs = following && record.severity === 'critical' ? following.atMs : null
  draft.timer('escalate', escalation.dueAtMs)
}

/** From the first level, as if it had opened now. */
export function restartEscalation(draft: Draft): void {
  const { escalation } = draft.record
  escalation.generation++
  escalation.step = 0
  escalation.isStarted = false
  startEscalation(draft)
}

function keyOfCall({ record }: Draft, step: number): string {
  const { generation } = record.escalation
  return `${generation === 0 ? '' : `gen:${generation}/`}esc:${step}`
}

/**
 * A call reached nobody: the next level is called now. The last level is left to its own repeats, and a call that others followed
 * meanwhile to them.
 */
export function callSomebodyElse(draft: Draft, lostCall: string): void {
  const { id, state, escalation } = draft.record
  const { policy, step } = escalation
  const isLatest = lostCall === `inc:${id}/${keyOfCall(draft, step - 1)}`
  if (state === 'open' && step < policy.levels.length && isLatest)
    pageHarder(draft, `Nobody of level ${step} was reached.`)
}

/** A human has it: nobody else is woken. */
export function stopEscalation(draft: Draft): void {
  draft.record.escalation.dueAtMs = null
  draft.timer('escalate', null)
  draft.effect({ type: 'cancel-pages' })
}

/** Adds the team that owns what holds on, at once and with the evidence. */
export function callOwner(draft: Draft, team: string, because: string): void {
  addResponder(draft, team, because)
  draft.effect({ type: 'notify', team, reason: 'owner', level: null, key: `owner/team:${team}` })
  draft.say('owner', `Called because it ${because}: ${showTeam(team)}.`)
}

/** Everybody who was ever called for it. */
export function calledTeams({ record }: Draft): string[] {
  return record.responders.map(({ team }) => team)
}

export function tellTeams(draft: Draft, teams: readonly string[], reason: NotificationReason, key: string): void {
  for (const team of new Set(teams))
    draft.effect({ type: 'notify', team, reason, level: null, key: `${key}/team:${team}` })
}

function callLevel(draft: Draft, call: Call, key: string): void {
  const { record, nowMs } = draft
  for (const team of call.teams) {
    addResponder(draft, team, `level ${call.level}`)
    draft.effect({ type: 'notify', team, reason: 'page', level: call.level, key: `${key}/team:${team}` })
  }
  const since = nowMs - record.openedAtMs
  const after = since < 1000 ? '' : `, ${formatDuration(since)} after the opening`
  draft.say(call.level === 1 ? 'page' : 'escalate', `Level ${call.level} is called: ${listNames(call.teams)}${after}.`)
}

function addResponder({ record, nowMs }: Draft, team: string, because: string): void {
  const known = record.responders.find((responder) => responder.team === team)
  if (!known) record.responders.push({ team, because, sinceMs: nowMs })
  else if (!known.because.includes(because)) known.because = `${known.because}, ${because}`
}
