import type { IncidentRecord } from '../incident/incident.ts'
import { isUnderWay } from '../incident/lifecycle.ts'
import { describeLeak, worstLeak } from '../rule/builtin.ts'
import type { ServiceFacts } from '../rule/facts.ts'
import { describeCulprit } from '../runbook/check/culprit.ts'
import { listNames, sentences } from '../words.ts'
import type { Draft } from './draft.ts'

export function refreshSentence(draft: Draft, facts: ServiceFacts): void {
  const { record } = draft
  const sentence = describeNow(record, facts)
  if (sentence === record.sentence) return
  record.sentence = sentence
  draft.touch()
}

/** The gravest thing that is true now. */
function describeNow(record: IncidentRecord, facts: ServiceFacts): string {
  const lastDone = record.actions.findLast(({ status }) => status === 'done')
  const worst =
    record.cause === 'leak' ? worstLeak(facts.processes.filter(({ presence }) => presence === 'alive')) : undefined
  const running = record.actions.find(({ status }) => isUnderWay(status))
  if (worst) {
    const doing = running ? `${running.targetName} is being helped.` : ''
    const words = describeLeak(worst, worst.leak!)
    // A process that took over may claim what leaks before it can name it: its predecessor did.
    const { culprit } = record
    const known = culprit && !words.includes(culprit.file) ? `${describeCulprit(culprit)} lets nothing go` : ''
    return sentences(words, known, doing)
  }
  if (record.mitigatedAtMs !== null && lastDone) return sentences(describeHeldLeak(record), lastDone.sentence)
  if (record.conclusion.kind === 'load' || record.conclusion.kind === 'database') return record.conclusion.sentence
  const firing = record.alerts.filter(({ clearedAtMs }) => clearedAtMs === null)
  const lead = firing.find(({ cause }) => cause === record.cause) ?? firing[0]
  return lead?.sentence ?? record.sentence
}

/** Mitigated is not cured: who reads the headline must still learn what leaks. */
function describeHeldLeak({ culprit, claims, alerts }: IncidentRecord): string {
  if (culprit) return `${describeCulprit(culprit)} lets nothing go; it is held in check`
  const names = [...new Set(claims.map(({ name }) => name))]
  const who = names.length > 0 ? names : (alerts.find(({ cause }) => cause === 'leak')?.instanceNames ?? [])
  return `A leak in ${listNames(who)}, not yet traced to a line, is held in check`
}
