import type { CommandKind, Culprit, Severity, Verdict } from '@plimsoll/core/wire'
import type { Mark } from './services.ts'

export type IncidentState = 'open' | 'acknowledged' | 'resolved'

/** What it is about, the gravest explanation first found: a leak explains the latency that comes with it. */
export type IncidentCause =
  | 'leak'
  | 'database'
  | 'load'
  | 'crash-loop'
  | 'crash'
  | 'headroom'
  | 'gc'
  | 'errors'
  | 'latency'
  | 'event-loop'
  | 'silence'
  | 'other'

export interface IncidentSummary {
  id: number
  /** `INC-7` */
  key: string
  service: string
  state: IncidentState
  severity: Severity
  /** For the colour: `sinking`, `leaking`, `growing`; `recovered` once mitigated or resolved. */
  verdict: Verdict
  cause: IncidentCause
  /** The finding in one sentence with numbers. */
  sentence: string
  openedAtMs: number
  acknowledgedAtMs: number | null
  acknowledgedBy: string | null
  mitigatedAtMs: number | null
  resolvedAtMs: number | null
  /** Grows with every change. */
  revision: number
}

export interface IncidentList {
  incidents: IncidentSummary[]
}

export interface Incident extends IncidentSummary {
  /** What is asked of whoever reads it, in one sentence. */
  ask: string
  blastRadius: BlastRadius
  /** What fired and joined, the first one first. */
  alerts: AlertView[]
  checks: CheckView[]
  /** What the checks add up to. */
  conclusion: Conclusion
  culprit: IncidentCulprit | null
  /** What it was like when it opened, and is now. */
  thenNow: ThenNow | null
  /** Growth curves of the affected processes as they were told, and now. */
  evidence: EvidenceSeries[]
  actions: ActionView[]
  timeline: TimelineEntry[]
  notifications: NotificationView[]
  responders: ResponderView[]
  /** Null when nobody more will be called: acknowledged or resolved. */
  nextEscalation: { level: number; atMs: number; teams: string[] } | null
  /** Runs once nothing fires any more: resolved by itself at `untilMs`. */
  proof: { sinceMs: number; untilMs: number; windowMs: number } | null
  deploy: { version: string; previousVersion: string | null; atMs: number } | null
  /** What its team wants people to do; null without a playbook that says so. */
  playbook: { name: string; steps: string[] } | null
  marks: Mark[]
  /** Draft in Markdown; null until it is resolved. */
  postmortem: string | null
}

/** Ready-made words, side by side; `–` is what nobody knew. */
export interface ThenNow {
  thenAtMs: number
  nowAtMs: number
  rows: { what: string; usual: string | null; then: string; now: string }[]
}

/** Who feels it. */
export interface BlastRadius {
  sentence: string
  processCount: number
  affectedNames: string[]
  routes: string[]
  /** Served by the service since it opened. */
  requestCount: number
  failedRequestCount: number
  /** Estimated from the p50 and p99 of each window. */
  slowRequestCount: number
}

export interface AlertView {
  fingerprint: string
  rule: string
  cause: IncidentCause
  severity: Severity
  sentence: string
  /** As they came with it, or as ours would have them. */
  labels: Record<string, string>
  annotations: Record<string, string>
  instanceNames: string[]
  firstAtMs: number
  lastAtMs: number
  clearedAtMs: number | null
}

export type CheckVerdict = 'ok' | 'suspect' | 'guilty' | 'unknown'
export type CheckName = 'database' | 'worker-outlier' | 'leak-or-load' | 'culprit' | 'deploy'

export interface CheckView {
  name: CheckName
  title: string
  verdict: CheckVerdict
  sentence: string
  evidence: { label: string; value: string }[]
  startedAtMs: number
  /** When its verdict was last reached; null while it runs. */
  decidedAtMs: number | null
}

export interface Conclusion {
  kind: 'leak' | 'load' | 'database' | 'deploy' | 'undecided'
  sentence: string
}

export interface IncidentCulprit extends Culprit {
  namedAtMs: number
  /** Team that owns it after the ownership map; null when nobody does. */
  team: string | null
  /** Name of the registered cache that matches, if any. */
  cache: string | null
}

export interface EvidenceSeries {
  instance: string
  name: string
  limitBytes: number | null
  unit: 'bytes' | 'count'
  /** [atMs, floor] */
  series: [number, number][]
  slopePerMin: number | null
  timeToLimitMs: [number, number] | null
}

export type ActionStatus =
  'would' | 'asked' | 'requested' | 'running' | 'verifying' | 'done' | 'ineffective' | 'refused' | 'failed' | 'expired'

export interface ActionView {
  /** Also the command's idempotency key. */
  id: string
  kind: CommandKind
  target: string
  targetName: string
  cache: string | null
  status: ActionStatus
  sentence: string
  requestedAtMs: number
  startedAtMs: number | null
  endedAtMs: number | null
  effect: { beforeBytes: number; afterBytes: number } | null
  replacement: string | null
}

export interface TimelineEntry {
  sequence: number
  atMs: number
  by: 'machine' | 'person'
  /** `opened`, `alert`, `check`, `culprit`, `page`, `escalate`, `acknowledge`, `action`, `mitigated`, `resolve`, `note` … */
  kind: string
  sentence: string
}

/** `acknowledged` goes only where a system keeps a state of its own. */
export type NotificationReason = 'page' | 'owner' | 'update' | 'acknowledged' | 'stakeholder' | 'resolved'

export interface NotificationView {
  id: number
  incidentId: number
  channel: 'mail' | 'webhook' | 'slack' | 'slack-bot' | 'pagerduty' | 'alertmanager' | 'alertmanager-webhook'
  to: string
  team: string | null
  reason: NotificationReason
  level: number | null
  subject: string
  status: 'pending' | 'sending' | 'sent' | 'cancelled' | 'dead'
  attemptCount: number
  createdAtMs: number
  sentAtMs: number | null
  nextAttemptAtMs: number | null
  lastError: string | null
  /** So many other messages went out with it, as one digest. */
  gatheredCount: number
}

export interface ResponderView {
  team: string
  /** Why: `level 1`, `owns src/catalog/pages.ts`. */
  because: string
  sinceMs: number
}

export interface DeliveryLog {
  deliveries: NotificationView[]
}

/** What is well and what is not. */
export interface Diagnosis {
  findings: { name: string; verdict: 'ok' | 'warning' | 'bad'; sentence: string }[]
}
