import { labelsOf } from '../incident/incident.ts'
import { isServing, type ServiceFacts } from './facts.ts'
import type { Alert, Rule } from './rule.ts'

interface RuleState {
  /** Since when it is seen without a break; null while it is not. */
  seenSinceMs: number | null
  lastSeenAtMs: number
  isFiring: boolean
}

/** What outlives a restart of it. */
export type StoredRuleState = RuleState & { fingerprint: string; service: string }

/** What rules remember between two evaluations, by fingerprint. */
export type RuleMemory = Map<string, RuleState>

export interface Evaluation {
  /** Fires, for the first time or still: the latest words of each. */
  firing: Alert[]
  /** Fingerprints of those that stopped just now. */
  cleared: string[]
}

/**
 * Judges one service. Where nobody talks there is nothing to judge: only silence itself is, and what fired stays as it was,
 * for a target that vanished has not recovered.
 */
export function evaluateRules(rules: readonly Rule[], facts: ServiceFacts, memory: RuleMemory): Evaluation {
  const isHeard = facts.processes.some((process) => isServing(process) && process.presence === 'alive')
  const evaluation: Evaluation = { firing: [], cleared: [] }
  for (const rule of rules) {
    if (!isHeard && rule.cause !== 'silence' && rule.cause !== 'database') continue
    const fingerprint = `${facts.service}/${rule.cause}/${rule.name}`
    const state = memory.get(fingerprint) ?? { seenSinceMs: null, lastSeenAtMs: -Infinity, isFiring: false }
    const finding = rule.judge(facts)
    if (finding && (finding.level === 'firing' || state.isFiring)) {
      state.seenSinceMs ??= facts.atMs
      state.lastSeenAtMs = facts.atMs
      state.isFiring ||= facts.atMs - state.seenSinceMs >= rule.forMs
      if (state.isFiring) {
        evaluation.firing.push({
          fingerprint,
          service: facts.service,
          rule: rule.name,
          cause: rule.cause,
          severity: finding.severity ?? rule.severity,
          instances: finding.instances,
          sentence: finding.sentence,
          group: rule.group ?? '',
          labels: labelsOf(facts.service, {
            rule: rule.name,
            severity: finding.severity ?? rule.severity,
            cause: rule.cause,
          }),
          annotations: { summary: finding.sentence },
        })
      }
    } else if (state.isFiring) {
      if (facts.atMs - state.lastSeenAtMs >= rule.keepMs) {
        state.isFiring = false
        state.seenSinceMs = null
        evaluation.cleared.push(fingerprint)
      }
    } else {
      state.seenSinceMs = null
    }
    memory.set(fingerprint, state)
  }
  return evaluation
}

/** After a restart: what an open incident says is firing goes on firing until it is seen to be gone for its time. */
export function rememberFiring(memory: RuleMemory, fingerprint: string, nowMs: number): void {
  memory.set(fingerprint, { seenSinceMs: nowMs, lastSeenAtMs: nowMs, isFiring: true })
}
