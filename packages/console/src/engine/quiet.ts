import { callWhoIsDue, startEscalation, stopEscalation } from '../escalation/escalate.ts'
import { MAX_ALERTS } from '../incident/incident.ts'
import type { Draft } from './draft.ts'

/* When nobody is to be called, and when again. */

export function mute(draft: Draft, because: string): void {
  const { record, nowMs } = draft
  if (record.state === 'resolved' || record.mute?.because === because) return
  record.mute = { sinceMs: record.mute?.sinceMs ?? nowMs, because }
  draft.say('mute', `Nobody is called for it for now: ${because}.`)
  stopEscalation(draft)
}

/** The time that was quiet does not count: who would have been called then is called as much later. */
export function unmute(draft: Draft): void {
  const { record, nowMs } = draft
  if (!record.mute) return
  record.escalation.startedAtMs += nowMs - record.mute.sinceMs
  draft.say('unmute', `It is heard again: no longer quiet because of ${record.mute.because}.`)
  record.mute = null
  startEscalation(draft)
  callWhoIsDue(draft)
}

export function speakFor(draft: Draft, fingerprint: string, sentence: string): void {
  const { record } = draft
  if (record.state === 'resolved' || record.spokenFor?.includes(fingerprint)) return
  record.spokenFor = [...(record.spokenFor ?? []), fingerprint].slice(-MAX_ALERTS)
  draft.say('inhibit', `Follows from this, so nobody is called for it: ${sentence}`)
}
