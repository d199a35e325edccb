import type { CacheReport, CommandKind, Culprit, Severity, Verdict } from '@plimsoll/core/wire'

/**
 * Everything the console says over HTTP, for its own web pages, the command line and other tools. Instants are epoch
 * milliseconds (`…AtMs`), sizes bytes, ratios 0..1, sentences ready-made English for a person at three in the morning.
 * All JSON stands under `/api/v1`. Who asks brings the session cookie, or `Authorization: Bearer <content of viewer-token>`.
 * With the cookie, every POST also brings `x-plimsoll-csrf: <Session.csrfToken>`. A refusal is an {@link ApiError}.
 */
export const paths = {
  session: '/api/v1/session',
  signIn: '/sign-in',
  signInLinks: '/api/v1/sign-in-links',
  signOut: '/api/v1/sign-out',
  /** POST `{ name, password }` → `{ name }` and the session cookie. */
  signInByPassword: '/api/v1/sign-in',
  /** POST `{ name }`: who came by the printed link says who he is, once. */
  ownName: '/api/v1/name',
  /** POST `{ password }` → 204 */
  ownPassword: '/api/v1/password',
  /** GET → {@link Overview} */
  services: '/api/v1/services',
  /** GET → {@link ServiceView} */
  service: (service: string) => `/api/v1/services/${encodeURIComponent(service)}`,
  /** GET → {@link ProcessDetail} */
  process: (service: string, instance: string) =>
    `/api/v1/services/${encodeURIComponent(service)}/processes/${encodeURIComponent(instance)}`,
  /** GET → {@link IncidentList}; `?state=open` for those that are not resolved. */
  incidents: '/api/v1/incidents',
  /** GET → {@link Incident} */
  incident: (id: number) => `/api/v1/incidents/${id}`,
  /** POST {@link ActRequest} → {@link Incident}. Idempotent: acknowledging twice is one acknowledgement. */
  acknowledge: (id: number) => `/api/v1/incidents/${id}/acknowledge`,
  /** POST {@link ActRequest} → {@link Incident} */
  resolve: (id: number) => `/api/v1/incidents/${id}/resolve`,
  /** POST {@link ActRequest} → {@link Incident}: lets an action run that waits under `act: ask`. */
  approve: (id: number, actionId: string) => `/api/v1/incidents/${id}/actions/${encodeURIComponent(actionId)}/approve`,
  /** POST {@link ActRequest} → {@link Incident}: calls the next level now. */
  escalate: (id: number) => `/api/v1/incidents/${id}/escalate`,
  /** POST {@link ActRequest} and `forMs` → {@link Incident}: acknowledges, and asks again after that. */
  snooze: (id: number) => `/api/v1/incidents/${id}/snooze`,
  /** POST {@link ActRequest} and `teams` → {@link Incident}: calls those teams instead. */
  reassign: (id: number) => `/api/v1/incidents/${id}/reassign`,
  /** POST `{ into }` → {@link Incident}, the one that goes on. */
  merge: (id: number) => `/api/v1/incidents/${id}/merge`,
  /** POST {@link ActRequest} → {@link Incident}: a word for the timeline. */
  notes: (id: number) => `/api/v1/incidents/${id}/notes`,
  /** GET → Markdown as `text/markdown`. */
  postmortem: (id: number) => `/api/v1/incidents/${id}/postmortem.md`,
  /** GET → a page that prints well. POST `{ section, text }` to `…/postmortem` replaces a section. */
  postmortemHtml: (id: number) => `/api/v1/incidents/${id}/postmortem.html`,
  /** GET → {@link People}; POST `{ name, role }` → {@link SignInLink}; DELETE `…/NAME` → 204 */
  people: '/api/v1/people',
  /** GET → {@link TokenList}; POST `{ name, scope, service? }` → {@link NewToken}; DELETE `…/ID` → 204 */
  tokens: '/api/v1/tokens',
  /** GET → {@link AuditLog} */
  audit: '/api/v1/audit',
  /** GET → {@link RuleList} */
  rules: '/api/v1/rules',
  /** GET → {@link PlanView} */
  plan: (service: string) => `/api/v1/services/${encodeURIComponent(service)}/plan`,
  /** GET → the configuration in force, without what is secret in it. */
  configuration: '/api/v1/configuration',
  /** POST → tells that something lives; with a token for alerts. */
  heartbeat: (name: string) => `/api/v1/heartbeats/${encodeURIComponent(name)}`,
  /** POST `{ service, version, atMs? }` */
  deploys: '/api/v1/deploys',
  /** GET → everything stored, as JSON lines. */
  export: '/api/v1/export',
  /** POST such lines → `{ rowCount }`; into an empty console. */
  import: '/api/v1/import',
  /** GET → {@link Diagnosis} */
  doctor: '/api/v1/doctor',
  /** GET → this interface as OpenAPI 3.1. */
  openApi: '/api/v1/openapi.json',
  /** POST `{ service }` → {@link Incident}: rehearses who is called for it, with messages that say so. */
  drills: '/api/v1/drills',
  /** GET → {@link DeliveryLog} */
  deliveries: '/api/v1/deliveries',
  /** GET → server-sent events, see {@link StreamEvents}. `?incident=ID` and `?instance=ID` add those two. */
  stream: '/api/v1/stream',
} as const

/** Name of the header that carries {@link Session.csrfToken}. */
export const csrfHeader = 'x-plimsoll-csrf'

/** Any answer of 400 and above. */
export interface ApiError {
  /** Stable, `PLIMSOLL_CONSOLE_…`. */
  code: string
  /** What happened, against which limit, what to do. */
  message: string
  faults?: { where: string; what: string }[]
}

/** GET session: 401 with {@link ApiError} when nobody is signed in. */
export interface Session {
  name: string
  role: 'viewer' | 'responder' | 'admin'
  csrfToken: string
  expiresAtMs: number
  /** Pages of others that somebody configured to be linked here. */
  links: { label: string; url: string }[]
  consoleVersion: string
}

/** POST sign-in-links → a fresh one-time link. */
export interface SignInLink {
  url: string
  expiresAtMs: number
}

export interface ActRequest {
  /** A word for the timeline; at most 2,000 characters. */
  note?: string
  /** With a token: in whose name. A session has its own. */
  by?: string
}

// ---------------------------------------------------------------- services, processes, caches

/** What the first page shows. */
export interface Overview {
  atMs: number
  /** Worst verdict of all, for the favicon. */
  verdict: Verdict
  /** One sentence on the whole: the leading incident's, or that all is calm. */
  sentence: string
  services: ServiceView[]
  /** Not resolved, the gravest first. */
  incidents: IncidentSummary[]
}

export interface ServiceView {
  name: string
  verdict: Verdict
  sentence: string
  /** Over the last 30 s and all processes; null until the first request. */
  traffic: {
    requestsPerSec: number
    errorsPerSec: number
    /** Errors ÷ requests. */
    errorRatio: number
    latencyMsP50: number
    /** The worst process' p99. */
    latencyMsP99: number
  } | null
  /** The regular probe of the service's database; null when none is configured. */
  database: DatabaseView | null
  /** Ordered by name; those that ended are kept for a while as `gone`. */
  processes: ProcessView[]
  /** Added up over the processes, by name. */
  caches: CacheView[]
  /** Versions seen, the newest last: a change is a deploy. */
  deploys: Deploy[]
  /** Ids of incidents that are not resolved. */
  incidentIds: number[]
  /** What may be done here without asking: `observe` does nothing, `ask` waits for approval, `safe` acts under guard. */
  act: ActPolicy
}

export type ActPolicy = 'observe' | 'ask' | 'safe'

export interface DatabaseView {
  verdict: CheckVerdict
  /** `answers in 1.2 ms, no lock, nothing runs long` */
  sentence: string
  atMs: number
  /** Connect and `select 1`; null when it did not answer. */
  roundTripMs: number | null
  baselineMs: number | null
  longestStatementMs: number | null
  waitingLockCount: number | null
}

export interface Deploy {
  version: string
  atMs: number
}

/** One watched process, drawn as a hull. */
export interface ProcessView {
  instance: string
  name: string
  service: string
  host: string
  pid: number
  role: 'process' | 'worker' | 'primary' | 'supervisor'
  startedAtMs: number
  nodeVersion: string
  serviceVersion: string | null
  lastSeenAtMs: number
  /** `silent`: alive as far as we know, but it stopped talking. `gone`: it ended or was replaced. */
  presence: 'alive' | 'silent' | 'draining' | 'gone'
  verdict: Verdict
  sentence: string
  /** Null until the first sample. */
  hull: Hull | null
  rssBytes: number | null
  gcCpuShare: number | null
  eventLoopUtilization: number | null
  cpuShare: number | null
  requestsPerSec: number | null
  errorsPerSec: number | null
  latencyMsP99: number | null
  /** The incident it takes part in, when that is not resolved. */
  incidentId: number | null
}

/** How deep it lies, and where the line is. */
export interface Hull {
  /** What to fill: the floor after full GC when known, else heap used + external. */
  depthBytes: number
  isFloor: boolean
  heapUsedBytes: number
  limitBytes: number
  /** The depth we promise not to pass. */
  loadLineBytes: number
  growthBytesPerMin: number | null
  /** Earliest and latest; null when no limit is near or known. */
  timeToLimitMs: [number, number] | null
}

export interface CacheView {
  name: string
  createdAt: string | null
  bytes: number | null
  budgetBytes: number | null
  entryCount: number | null
  /** Since start; null before the first lookup. */
  hitRatio: number | null
  processCount: number
  curve: { budgetBytes: number; hitRatio: number }[]
}

export interface ProcessDetail {
  process: ProcessView
  /** The last 15 minutes at most. */
  series: ProcessSeries
  /** The last seven days at most, in steps of ten minutes. */
  days: DaySeries
  marks: Mark[]
  caches: CacheReport[]
  /** Largest growing holders, when the census ran. */
  sites: { file: string; line: number; variable: string; entryCount: number; growthPerMin: number }[]
  routes: { route: string; requestsPerSec: number; errorCount: number; latencyMsP99: number }[]
  sql: { queriesPerSec: number; errorCount: number; waitMsP99: number; runMsP50: number; runMsP99: number } | null
}

/** One column per line of a chart, all of one length, in order of time: what uPlot takes. */
export interface ProcessSeries {
  atMs: number[]
  floorBytes: (number | null)[]
  heapUsedBytes: number[]
  externalBytes: number[]
  rssBytes: number[]
  heapLimitBytes: number[]
  gcCpuShare: number[]
  eventLoopUtilization: number[]
  eventLoopDelayMsP99: number[]
  cpuShare: number[]
  requestsPerSec: (number | null)[]
  errorsPerSec: (number | null)[]
  latencyMsP50: (number | null)[]
  latencyMsP99: (number | null)[]
}

/** The same for days: the lowest floor, the highest of what should be low, and the mean of requests of each ten minutes. */
export interface DaySeries {
  atMs: number[]
  floorBytes: (number | null)[]
  rssBytes: (number | null)[]
  heapLimitBytes: (number | null)[]
  requestsPerSec: (number | null)[]
  latencyMsP99: (number | null)[]
}

/** A vertical hairline in a chart, with a word. */
export interface Mark {
  atMs: number
  kind: 'incident' | 'deploy' | 'action' | 'start'
  label: string
}

// ---------------------------------------------------------------- incidents

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

// ---------------------------------------------------------------- administration

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
    /** Null for built-in ones, which are more than a comparison. */
    condition: string | null
  }[]
  /** Names of those that fire now. */
  firing: string[]
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

// ---------------------------------------------------------------- live

/**
 * Events of the stream by name; `data` is the JSON of the type. `overview` comes at once and then at most once a second
 * when something changed; `incident` at once and with each change of the one asked for; `point` with each sample of the
 * instance asked for (one row of {@link ProcessSeries}). A comment every 15 s keeps proxies awake. On reconnect all
 * starts anew, so nothing has to be replayed.
 */
export interface StreamEvents {
  overview: Overview
  incident: Incident
  point: SeriesPoint
}

export type SeriesPoint = { [Column in keyof ProcessSeries]: ProcessSeries[Column][number] }
