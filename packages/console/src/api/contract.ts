export type { Session, SignInLink } from './contract/session.ts'
export type {
  Overview,
  ServiceView,
  ActPolicy,
  DatabaseView,
  Deploy,
  ProcessView,
  Hull,
  CacheView,
  ProcessDetail,
  ProcessSeries,
  DaySeries,
  Mark,
} from './contract/services.ts'
export type {
  IncidentState,
  IncidentCause,
  IncidentSummary,
  IncidentList,
  Incident,
  BlastRadius,
  ThenNow,
  AlertView,
  CheckVerdict,
  CheckName,
  CheckView,
  Conclusion,
  IncidentCulprit,
  EvidenceSeries,
  ActionStatus,
  ActionView,
  TimelineEntry,
  NotificationReason,
  NotificationView,
  ResponderView,
  DeliveryLog,
  Diagnosis,
} from './contract/incidents.ts'
export type {
  ContactView,
  People,
  TokenList,
  NewToken,
  AuditLog,
  RuleList,
  PlanView,
  SilenceView,
  SilenceList,
} from './contract/administration.ts'
export type { StreamEvents, SeriesPoint } from './contract/live.ts'
export type {
  PostableAlert,
  GettableAlert,
  AlertReceiver,
  AlertGroup,
  AlertMatcher,
  PostableSilence,
  GettableSilence,
  AlertmanagerStatus,
  AlertmanagerWebhook,
} from './contract/alertmanager.ts'

/**
 * Everything the console says over HTTP, for its own web pages, the command line and other tools. Instants are epoch
 * milliseconds (`…AtMs`), sizes bytes, ratios 0..1, sentences ready-made English for a person at three in the morning.
 * All JSON stands under `/api/v1`. Who asks brings the session cookie, or `Authorization: Bearer <content of admin-token>`.
 * With the cookie, every POST and DELETE also brings `x-plimsoll-csrf: <Session.csrfToken>`. A refusal is an {@link ApiError}.
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
  /** GET → {@link SilenceList}; POST `{ what, forMs, startsAtMs?, comment? }` → {@link SilenceView}; DELETE `…/ID` → 204 */
  silences: '/api/v1/silences',
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

export interface ActRequest {
  /** A word for the timeline; at most 2,000 characters. */
  note?: string
  /** With a token: in whose name. A session has its own. */
  by?: string
}
