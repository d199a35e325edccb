import { MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import type { Severity } from '@plimsoll/core/wire'
import type { ActPolicy } from './api/contract.ts'
import type { Contact } from './escalation/contact.ts'
import type { OwnershipRule } from './escalation/ownership.ts'
import type { InhibitRule } from './incident/inhibition.ts'
import type { Playbook } from './mitigation/playbook.ts'
import type { Matcher } from './rule/matcher.ts'
import type { OwnRule } from './rule/rule-file.ts'

/** How one service is watched, judged and helped. */
export interface ServicePolicy {
  name: string
  /** Database to probe while judging, or null. */
  databaseUrl: string | null
  ownership: OwnershipRule[]
  act: ActPolicy
  /** A p99 above it is slow. Default 1 s. */
  latencyObjectiveMs: number
  /** Share of failed requests above which errors burn. Default 2 %. */
  errorObjective: number
  /** The depth we promise not to pass, as a share of the heap limit. Default 0.8. */
  loadLineRatio: number
  /** Other processes that must be well before one is touched. Default 1. */
  minHealthyProcesses: number
  /** Pause between two actions on one service. Default 10 s. */
  coolDownMs: number
  /** A process that was silent for this long is told of. Default 30 s. */
  silentAfterMs: number
  /** Calm that must last before an incident counts as resolved. Default 30 min. */
  proofMs: number
  /** Services whose trouble explains this one's. */
  dependsOn: string[]
}

export interface Team {
  name: string
  /** Its own, and those of its members. */
  contacts: Contact[]
  members: string[]
}

/** Somebody who is called, and may sign in. */
export interface Person {
  name: string
  role: 'viewer' | 'responder' | 'admin'
  contacts: Contact[]
}

/** How alerts of others are taken. */
export interface AlertPolicy {
  /** One without an end is over when nobody repeats it for so long. Default 5 min, as Alertmanager has it. */
  resolveTimeoutMs: number
  /** Calm that must last before their incident counts as resolved. Default 1 min. */
  proofMs: number
  /** Of alerts that do not say. Default critical: nobody sends an alert in order not to be heard. */
  severity: Severity
  /** The first label that is there names the service. */
  serviceLabels: string[]
  /** Names of alerts that always fire and alarm by falling silent. */
  heartbeatAlerts: string[]
}

/** Something that must be heard of now and then. */
export interface HeartbeatPolicy {
  name: string
  everyMs: number
  severity: Severity
}

/** A time in which what matches calls nobody. */
export interface MaintenanceWindow {
  matchers: Matcher[]
  fromMs: number
  untilMs: number
  comment: string
}

export interface EscalationLevel {
  /** After the incident opened. */
  afterMs: number
  teams: string[]
}

export interface EscalationPolicy {
  levels: EscalationLevel[]
  /** After the last level it is called again this often until somebody acknowledges. */
  repeatMs: number
  /** Who acknowledged and does not resolve for so long is believed to be asleep: calling begins anew. Null: never. */
  acknowledgeTimeoutMs: number | null
}

export interface StakeholderPolicy {
  teams: string[]
  /** First note after the opening. */
  afterMs: number
  everyMs: number
  /** Words of the team's own for what they are told meanwhile and at the end; null: the shipped ones. */
  note: string | null
  closing: string | null
}

export interface SmtpSettings {
  url: string
  from: string
}

export interface SlackSettings {
  token: string
  signingSecret: string | null
  /** Default Slack's own. */
  url: string
}

export interface ConsoleConfig {
  services: ServicePolicy[]
  /** For services that report without being configured. */
  defaults: ServicePolicy
  teams: Team[]
  people: Person[]
  alerts: AlertPolicy
  rules: OwnRule[]
  inhibit: InhibitRule[]
  maintenance: MaintenanceWindow[]
  heartbeats: HeartbeatPolicy[]
  /** Where this console says that it lives, so that somebody else notices when it does not. */
  deadman: { url: string; everyMs: number } | null
  slack: SlackSettings | null
  /** Title of a page that everybody may read; null: there is none. */
  statusPage: string | null
  /** Where PagerDuty's Events v2 are posted. */
  pagerdutyUrl: string
  escalation: EscalationPolicy
  stakeholders: StakeholderPolicy | null
  /** The first that fits an incident is its own. */
  playbooks: Playbook[]
  smtp: SmtpSettings | null
  /** Key of the signature on webhooks; null: a key of this installation is used. */
  webhookSecret: string | null
  links: { label: string; url: string }[]
  /** Where people reach this console, for links in mails; null: where it listens. */
  publicUrl: string | null
}

export const shippedPolicy: ServicePolicy = {
  name: '',
  databaseUrl: null,
  ownership: [],
  act: 'observe',
  latencyObjectiveMs: SECOND_MS,
  errorObjective: 0.02,
  loadLineRatio: 0.8,
  minHealthyProcesses: 1,
  coolDownMs: 10 * SECOND_MS,
  silentAfterMs: 30 * SECOND_MS,
  proofMs: 30 * MINUTE_MS,
  dependsOn: [],
}

export const shippedAlertPolicy: AlertPolicy = {
  resolveTimeoutMs: 5 * MINUTE_MS,
  proofMs: MINUTE_MS,
  severity: 'critical',
  serviceLabels: ['service', 'job', 'app', 'namespace'],
  heartbeatAlerts: [],
}

export function policyOf(config: ConsoleConfig, service: string): ServicePolicy {
  return config.services.find(({ name }) => name === service) ?? { ...config.defaults, name: service }
}

/** Everybody of a team: its own contacts, then its members', each once. */
export function contactsOf(config: ConsoleConfig, team: string): (Contact & { person: string | null })[] {
  const found = config.teams.find(({ name }) => name === team)
  if (!found) return []
  const members = config.people.filter(({ name }) => found.members.includes(name))
  const all = [
    ...found.contacts.map((contact) => ({ ...contact, person: null })),
    ...members.flatMap(({ name, contacts }) => contacts.map((contact) => ({ ...contact, person: name }))),
  ]
  return all.filter(
    (contact, index) => all.findIndex(({ channel, to }) => channel === contact.channel && to === contact.to) === index,
  )
}
