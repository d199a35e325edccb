import type { Severity } from '@plimsoll/core/wire'
import type { IncidentCause, NotificationView } from './incidents.ts'
import type { ActPolicy } from './services.ts'
import type { Session } from './session.ts'

type Role = Session['role']

export interface ContactView {
  channel: NotificationView['channel']
  to: string
}

export interface People {
  /** Of the configuration and with an account; `role` is null without an account. */
  people: { name: string; role: Role | null; hasPassword: boolean; teams: string[]; contacts: ContactView[] }[]
  teams: { name: string; members: string[]; contacts: ContactView[] }[]
}

export interface TokenList {
  tokens: {
    id: string
    name: string
    scope: 'agent' | 'alerts' | Role
    service: string | null
    createdBy: string
    createdAtMs: number
  }[]
}

/** Shown once: only its hash is kept. */
export interface NewToken {
  id: string
  token: string
}

export interface AuditLog {
  /** The newest first. */
  entries: { id: number; atMs: number; who: string; role: string; what: string; status: number }[]
}

export interface RuleList {
  rules: {
    name: string
    cause: IncidentCause
    severity: Severity
    forMs: number
    keepMs: number
    isBuiltin: boolean
    /** When it fires: in words, or as a comparison. */
    condition: string | null
  }[]
  /** Names of those that fire now. */
  firing: string[]
}

/** For a while nobody is called for what matches. */
export interface SilenceView {
  id: string
  /** As matchers: `service="web", alertname="PlimsollLeak"` */
  what: string
  state: 'pending' | 'active' | 'expired'
  startsAtMs: number
  endsAtMs: number
  by: string
  comment: string
  /** A maintenance window: it ends when the configuration says so. */
  isConfigured: boolean
  /** Alerts that fire and that it hides; of the first thousand that fire. */
  hiddenCount: number
}

export interface SilenceList {
  /** In force, to come, over: in this order. */
  silences: SilenceView[]
  /** What the open incidents are about and is heard, each with the matchers that would hide it. */
  firing: { what: string; sentence: string; incidentId: number }[]
}

/** One page for a service: who, when, how, and what is missing. */
export interface PlanView {
  service: string
  act: ActPolicy
  actions: string[]
  guard: string
  ownership: { what: string; team: string }[]
  escalation: { level: number; afterMs: number; teams: { name: string; contacts: string[] }[] }[]
  repeatMs: number
  acknowledgeTimeoutMs: number | null
  runbook: string[]
  dependsOn: string[]
  objectives: { latencyMs: number; errorRatio: number; loadLineRatio: number; proofMs: number }
  stakeholders: string[]
  playbooks: { name: string; cause: IncidentCause | null; remedies: string[] | null; steps: string[] }[]
  gaps: string[]
}
