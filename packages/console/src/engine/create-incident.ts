import type { ConsoleConfig } from '../config.ts'
import { isDrill } from '../incident/drill.ts'
import type { IncidentRecord } from '../incident/incident.ts'
import { compareFromNow } from '../incident/then-now.ts'
import type { ServiceFacts } from '../rule/facts.ts'
import type { Alert } from '../rule/rule.ts'
import { findDeploy } from '../runbook/check/deploy.ts'
import { runbook } from '../runbook/verdict.ts'

/** As it stands the moment it opens: what the configuration says now goes for all of its life. */
export function createIncident(
  alert: Alert,
  facts: ServiceFacts,
  config: ConsoleConfig,
  nowMs: number,
): IncidentRecord {
  return {
    id: 0,
    service: alert.service,
    state: 'open',
    severity: alert.severity,
    cause: alert.cause,
    groupKey: alert.cause === 'other' ? alert.group : '',
    subject: subjectOf(alert),
    sentence: alert.sentence,
    openedAtMs: nowMs,
    acknowledgedAtMs: null,
    acknowledgedBy: null,
    mitigatedAtMs: null,
    resolvedAtMs: null,
    revision: 0,
    sequence: 0,
    alerts: [],
    checks: runbook.map(({ name, title }) => ({
      name,
      title,
      verdict: 'unknown',
      sentence: 'Being looked into.',
      evidence: [],
      startedAtMs: nowMs,
      decidedAtMs: null,
      differsSinceMs: null,
    })),
    conclusion: { kind: 'undecided', sentence: 'The checks are running.' },
    culprit: null,
    claims: [],
    actions: [],
    responders: [],
    escalation: {
      policy: config.escalation,
      isStarted: false,
      startedAtMs: nowMs,
      step: 0,
      dueAtMs: null,
      generation: 0,
    },
    stakeholders: isDrill(alert.fingerprint) ? null : config.stakeholders,
    playbooks: config.playbooks.filter(({ services }) => services.length === 0 || services.includes(alert.service)),
    mute: null,
    wakeAtMs: null,
    mergedInto: null,
    act: facts.policy.act,
    proofMs: alert.fingerprint.startsWith('alert/') ? config.alerts.proofMs : facts.policy.proofMs,
    calmSinceMs: null,
    usualRequestsPerSec: facts.usualRequestsPerSec,
    served: { requestCount: 0, errorCount: 0, slowCount: 0 },
    processCount: 0,
    routes: [],
    deploy: findDeploy(facts.deploys, nowMs),
    compared: compareFromNow(facts),
  }
}

/** `shop: a memory leak`: what mails and titles begin with. */
export function subjectOf({ service, cause, group }: Alert): string {
  return `${service}: ${cause === 'other' && group !== '' ? group : subjects[cause]}`
}

const subjects: Record<IncidentRecord['cause'], string> = {
  leak: 'a memory leak',
  database: 'database trouble',
  load: 'more traffic than usual',
  'crash-loop': 'crashes again and again',
  crash: 'a process crashed',
  headroom: 'little memory left',
  gc: 'garbage collection takes over',
  errors: 'requests fail',
  latency: 'answers are slow',
  'event-loop': 'an event loop stalls',
  silence: 'a process fell silent',
  other: 'a finding',
}
