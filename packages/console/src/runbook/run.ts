import { formatDuration, SECOND_MS } from '@plimsoll/core'
import type { Draft } from '../engine/draft.ts'
import { callOwner } from '../escalation/escalate.ts'
import { findOwner } from '../escalation/ownership.ts'
import { matchCache } from '../mitigation/match-cache.ts'
import type { ServiceFacts } from '../rule/facts.ts'
import { sentences } from '../words.ts'
import { describeCulprit } from './check/culprit.ts'
import { conclude, runbook } from './verdict.ts'

/** A verdict that was told changes only when another has been seen for so long. Guilt once proven stays proven. */
const STEADY_MS = 5 * SECOND_MS

/** Asks every question of the runbook again, tells what changed, and draws the conclusion. */
export function runChecks(draft: Draft, facts: ServiceFacts): void {
  nameCulprit(draft, facts)
  const { record, nowMs } = draft
  for (const check of runbook) {
    const known = record.checks.find(({ name }) => name === check.name)
    if (!known || (known.verdict === 'guilty' && known.decidedAtMs !== null)) continue
    const finding = check.judge(facts, record)
    if (!finding) continue
    if (known.verdict === finding.verdict && known.decidedAtMs !== null) {
      known.differsSinceMs = null
      // The numbers move with every sample; the words of the verdict were told and stay.
      known.evidence = finding.evidence
      continue
    }
    const isTakenBack = known.decidedAtMs !== null && finding.verdict !== 'guilty'
    if (isTakenBack && nowMs - (known.differsSinceMs ??= nowMs) < STEADY_MS) continue
    Object.assign(known, finding, { decidedAtMs: nowMs, differsSinceMs: null })
    draft.say('check', `${known.title} ${verdictWords[finding.verdict]} ${finding.sentence}`)
  }
  const conclusion = conclude(record.checks, facts)
  if (conclusion.kind === 'undecided' || conclusion.kind === record.conclusion.kind) return
  record.conclusion = conclusion
  // The rush may have come after the check was decided: its words follow.
  const asked = record.checks.find(({ name }) => name === 'leak-or-load')
  if (asked && conclusion.kind === 'load') asked.sentence = conclusion.sentence
  draft.say('conclusion', conclusion.sentence)
}

const verdictWords = { ok: 'No.', suspect: 'Perhaps.', guilty: 'Yes.', unknown: 'Unknown.' } as const

/** Takes over the culprit a leak claim names, the surest one, and calls its owner. */
function nameCulprit(draft: Draft, facts: ServiceFacts): void {
  const { record, nowMs } = draft
  const named = facts.processes
    .flatMap((process) => (process.leak?.culprit ? [{ culprit: process.leak.culprit, process }] : []))
    .sort((one, other) => other.culprit.confidence - one.culprit.confidence)[0]
  if (!named) return
  const known = record.culprit
  if (known && known.confidence >= named.culprit.confidence) return
  const cache = matchCache(named.culprit, named.process.caches)
  const owner = findOwner(facts.policy.ownership, named.culprit, cache)
  const isSame = known?.file === named.culprit.file && known.line === named.culprit.line
  const namedAtMs = isSame ? known.namedAtMs : nowMs
  record.culprit = { ...named.culprit, namedAtMs, team: owner?.team ?? null, cache }
  if (isSame) return
  const after = formatDuration(nowMs - record.openedAtMs)
  draft.say('culprit', sentences(`${describeCulprit(named.culprit)} holds on, named ${after} after the opening`))
  if (owner && owner.team !== known?.team) callOwner(draft, owner.team, owner.because)
  else if (!owner)
    draft.say('owner', `Nobody owns ${named.culprit.file} in the ownership map, so no further team is called.`)
}
