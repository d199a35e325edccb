import type { Command, Severity, Signal } from '@plimsoll/core/wire'
import type {
  ActionView,
  ActPolicy,
  AlertView,
  CheckView,
  Conclusion,
  IncidentCause,
  IncidentCulprit,
  IncidentState,
  NotificationReason,
  ResponderView,
  TimelineEntry,
} from '../api/contract.ts'
import type { EscalationPolicy, StakeholderPolicy } from '../config.ts'
import type { Playbook } from '../mitigation/playbook.ts'
import type { ServedCounts } from '../rule/facts.ts'
import { alertNameOf } from '../rule/rule.ts'
import type { Compared } from './then-now.ts'

/** Of different rules that joined one incident. */
export const MAX_ALERTS = 200

/** One problem and all that is known of it. What is stored as one document; the pages see a view of it. */
export interface IncidentRecord {
  id: number
  service: string
  state: IncidentState
  severity: Severity
  cause: IncidentCause
  /** Tells problems of unknown cause apart; else empty. */
  groupKey: string
  /** Of its mails: stable, so that they stay one thread. */
  subject: string
  sentence: string
  openedAtMs: number
  acknowledgedAtMs: number | null
  acknowledgedBy: string | null
  mitigatedAtMs: number | null
  resolvedAtMs: number | null
  revision: number
  /** Of the latest timeline entry. */
  sequence: number
  alerts: AlertRecord[]
  checks: CheckRecord[]
  conclusion: Conclusion
  culprit: IncidentCulprit | null
  /** The latest leak claim of each process that had one, the newest last. */
  claims: ClaimRecord[]
  actions: ActionRecord[]
  responders: ResponderView[]
  escalation: EscalationRecord
  stakeholders: StakeholderPolicy | null
  /** As they were when it opened: which one is its own depends on its cause, which may change. */
  playbooks: Playbook[]
  /** Nobody is called for it meanwhile: a silence, a maintenance window, or a bigger incident that speaks for it. */
  mute: MuteRecord | null
  /** When whoever has it is asked again; null when nobody has it, or without limit. */
  wakeAtMs: number | null
  mergedInto: number | null
  /** Who said that it is over; absent when it ended by itself. */
  resolvedBy?: string
  /** Alerts of other services that follow from this one, and for which nobody was called. */
  spokenFor?: string[]
  /** Policy as it was when it opened. */
  act: ActPolicy
  proofMs: number
  /** Since when nothing fires; null while something does. */
  calmSinceMs: number | null
  /** Traffic as it was usual when it opened. */
  usualRequestsPerSec: number | null
  /** Served by the service since it opened. */
  served: ServedCounts
  processCount: number
  routes: string[]
  deploy: { version: string; previousVersion: string | null; atMs: number } | null
  /** Null in records of before. */
  compared: Compared | null
}

export interface MuteRecord {
  sinceMs: number
  /** `silence 6f1c…: planned work` */
  because: string
}

export interface AlertRecord extends AlertView {
  instances: string[]
  labels: Record<string, string>
  annotations: Record<string, string>
}

export interface CheckRecord extends CheckView {
  /** Since when it would say something else; a verdict changes only when that lasts. */
  differsSinceMs: number | null
}

export interface ClaimRecord {
  name: string
  limitBytes: number | null
  signal: Signal
}

export interface ActionRecord extends ActionView {
  /** Instance that carries it out. */
  deliverTo: string
  toBytes: number | null
  /** When it is given up, whatever stage it is in. */
  deadlineMs: number
  /** Deepest share of a limit in the service when it was asked for. */
  worstRatioBefore: number
}

export interface EscalationRecord {
  /** Snapshot: an edit of the configuration does not change a running escalation. */
  policy: EscalationPolicy
  isStarted: boolean
  startedAtMs: number
  /** Calls made so far; the next one is this one. */
  step: number
  dueAtMs: number | null
  /** How often calling began anew. */
  generation: number
}

/** What a step wants done in the world. Carried out in the step's own transaction as rows under unique keys. */
export type Effect =
  | { type: 'notify'; team: string; reason: NotificationReason; level: number | null; key: string }
  | { type: 'cancel-pages' }
  | { type: 'command'; command: Command; deliverTo: string }
  | { type: 'withdraw-command'; id: string }
  | { type: 'retire'; instance: string }

export const timerKinds = ['escalate', 'stakeholders', 'resolve', 'wake'] as const
export type TimerKind = (typeof timerKinds)[number]

/** Sets the one timer of its kind an incident has, or takes it away. */
export interface TimerChange {
  kind: TimerKind
  dueAtMs: number | null
}

/** It gets its number when it is stored. */
export type TimelineRecord = Omit<TimelineEntry, 'sequence'>

const noTemplates = { note: null, closing: null }

/** A record as an earlier version stored it, with what that version did not know. */
export function upgradeRecord(stored: IncidentRecord): IncidentRecord {
  const added = { groupKey: '', mute: null, wakeAtMs: null, mergedInto: null, playbooks: [], compared: null }
  return {
    ...added,
    ...stored,
    stakeholders: stored.stakeholders && { ...noTemplates, ...stored.stakeholders },
    alerts: stored.alerts.map((alert) => ({
      ...alert,
      labels: alert.labels ?? labelsOf(stored.service, alert),
      annotations: alert.annotations ?? { summary: alert.sentence },
    })),
    escalation: {
      ...stored.escalation,
      generation: stored.escalation.generation ?? 0,
      policy: {
        ...stored.escalation.policy,
        acknowledgeTimeoutMs: stored.escalation.policy.acknowledgeTimeoutMs ?? null,
      },
    },
  }
}

/** What an alert of ours is known by to silences and other systems. */
export function labelsOf(
  service: string,
  { rule, severity, cause }: { rule: string; severity: Severity; cause: IncidentCause },
): Record<string, string> {
  return { alertname: alertNameOf(rule), service, severity, cause }
}

export function keyOf(id: number): string {
  return `INC-${id}`
}
