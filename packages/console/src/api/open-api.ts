import { shapeOfBatch, shapeOfBatchReply } from '@plimsoll/core/wire'
import { schemas } from './contract/schemas.ts'
import { permissions, type Permission } from './permission.ts'

type Json = Record<string, unknown>

interface Route {
  method: 'get' | 'post' | 'delete'
  path: string
  who: Permission
  summary: string
  query?: readonly Parameter[]
  /** The body, by property; a property with `?` may be left out. */
  body?: Record<string, string>
  /** Or its schema, where the body is more than a few fields, and its type when that is not JSON. */
  shape?: Json
  takes?: string
  /** Schema of the answer, and its type when that is not JSON. */
  answer?: Json
  answers?: string
  /** Default 200. */
  status?: number
  /** Statuses besides those that every route of its kind may refuse with. */
  refuses?: readonly number[]
}

interface Parameter {
  name: string
  what: string
  required?: boolean
  /** Default a string. */
  schema?: Json
}

const text = { type: 'string' }

const successes: Record<number, string> = {
  200: 'It was done.',
  204: 'It was done; there is nothing to say.',
  303: 'Signed in: on to the first page.',
  501: 'How to reload.',
}

const refusals: Record<number, string> = {
  400: 'It is not what this takes; the message names every fault.',
  401: 'Nobody is signed in.',
  403: 'Not this one, or from the page of somebody else.',
  404: 'There is no such thing.',
  409: 'It does not go with how things stand.',
  413: 'It is larger than this path takes.',
  415: 'It is encoded in a way that is not understood.',
  429: 'Too often; Retry-After says how long to wait.',
  503: 'It could not be done now; nothing was changed. Try again.',
}

const note = { 'note?': 'string', 'by?': 'string' }
const linkToken = { name: 'token', required: true, what: 'Of the link.' }
const filter = {
  name: 'filter',
  what: 'Matchers such as severity="critical"; all of them must fit.',
  schema: { type: 'array', items: { type: 'string' } },
}
const receiver = { name: 'receiver', what: 'Only where this expression fits the name of a receiver.' }
const alertStates = ['active', 'silenced', 'inhibited', 'unprocessed'].map((name) => ({
  name,
  what: `Whether those that are ${name} are told, too.`,
  schema: { type: 'boolean', default: true },
}))

/** Every route that people and machines use. `open-api.test.ts` holds it against the routes there are. */
const routes: readonly Route[] = [
  {
    method: 'post',
    path: '/api/v1/agent/batch',
    who: 'report',
    summary:
      'What an agent saw; answers what it shall do. Nothing of a refused batch was taken: 400 says what to mend, 429 and 503 when to come again.',
    shape: shapeOfBatch(),
    answer: shapeOfBatchReply(),
  },
  {
    method: 'get',
    path: '/sign-in',
    who: 'anyone',
    summary: 'A link that signs in once.',
    answers: 'text/html',
    query: [linkToken],
    status: 303,
  },
  {
    method: 'post',
    path: '/api/v1/sign-in',
    who: 'anyone',
    summary: 'Signs in with name and password.',
    body: { name: 'string', password: 'string' },
    answer: objectOf({ name: 'string' }),
    refuses: [429],
  },
  {
    method: 'get',
    path: '/api/v1/session',
    who: 'look',
    summary: 'Who is signed in, and the token against forged requests.',
    answer: ref('Session'),
  },
  {
    method: 'post',
    path: '/api/v1/sign-in-links',
    who: 'rule',
    summary: 'A fresh link that signs in once.',
    answer: ref('SignInLink'),
  },
  {
    method: 'post',
    path: '/api/v1/name',
    who: 'look',
    summary: 'Whoever came by the printed link says who he is.',
    body: { name: 'string' },
    answer: objectOf({ name: 'string' }),
    refuses: [409],
  },
  {
    method: 'post',
    path: '/api/v1/password',
    who: 'look',
    summary: 'Sets the own password.',
    body: { password: 'string' },
    status: 204,
    refuses: [409],
  },
  { method: 'post', path: '/api/v1/sign-out', who: 'look', summary: 'Ends the session.', status: 204 },
  {
    method: 'get',
    path: '/acknowledge/{id}',
    who: 'anyone',
    summary: 'The page behind the link in a message; changes nothing.',
    answers: 'text/html',
    query: [linkToken],
  },
  {
    method: 'post',
    path: '/acknowledge/{id}',
    who: 'anyone',
    summary: 'The button on that page.',
    answers: 'text/html',
    query: [linkToken],
  },
  { method: 'get', path: '/metrics', who: 'scrape', summary: 'For Prometheus.', answers: 'text/plain' },
  { method: 'get', path: '/api/v1/services', who: 'look', summary: 'Everything at a glance.', answer: ref('Overview') },
  {
    method: 'get',
    path: '/api/v1/services/{service}',
    who: 'look',
    summary: 'One service.',
    answer: ref('ServiceView'),
    refuses: [404],
  },
  {
    method: 'get',
    path: '/api/v1/services/{service}/processes/{instance}',
    who: 'look',
    summary: 'One process, its last quarter of an hour.',
    answer: ref('ProcessDetail'),
    refuses: [404],
  },
  {
    method: 'get',
    path: '/api/v1/services/{service}/plan',
    who: 'look',
    summary: 'What will happen when it goes wrong, and what is missing.',
    answer: ref('PlanView'),
    refuses: [404],
  },
  {
    method: 'get',
    path: '/api/v1/incidents',
    who: 'look',
    summary: 'Incidents, the newest first; state=open for those that are not resolved.',
    query: [{ name: 'state', what: 'Only those that are not resolved.', schema: { type: 'string', enum: ['open'] } }],
    answer: ref('IncidentList'),
  },
  {
    method: 'get',
    path: '/api/v1/incidents/{id}',
    who: 'look',
    summary: 'One incident with all that is known of it.',
    answer: ref('Incident'),
    refuses: [404],
  },
  {
    method: 'get',
    path: '/api/v1/incidents/{id}/postmortem.md',
    who: 'look',
    summary: 'Draft of its postmortem.',
    answers: 'text/markdown',
    refuses: [404],
  },
  {
    method: 'get',
    path: '/api/v1/incidents/{id}/postmortem.html',
    who: 'look',
    summary: 'The same, to be printed.',
    answers: 'text/html',
    refuses: [404],
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/postmortem',
    who: 'act',
    summary: 'Replaces the text of one section; kept when the rest is drafted anew.',
    body: { section: 'string', text: 'string' },
    answer: ref('Incident'),
    refuses: [404],
  },
  {
    method: 'post',
    path: '/api/v1/drills',
    who: 'act',
    summary: 'Rehearses who is called for a service, with messages that say so.',
    body: { service: 'string' },
    answer: ref('Incident'),
    refuses: [404, 409],
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/acknowledge',
    who: 'act',
    summary: 'Somebody has it; nobody else is called.',
    body: note,
    answer: ref('Incident'),
    refuses: [404],
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/resolve',
    who: 'act',
    summary: 'It is over.',
    body: note,
    answer: ref('Incident'),
    refuses: [404],
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/escalate',
    who: 'act',
    summary: 'Calls the next level now.',
    body: note,
    answer: ref('Incident'),
    refuses: [404],
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/snooze',
    who: 'act',
    summary: 'Acknowledges, and asks again after a time.',
    body: { forMs: 'integer', ...note },
    answer: ref('Incident'),
    refuses: [404],
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/reassign',
    who: 'act',
    summary: 'Calls other teams.',
    body: { teams: 'strings', ...note },
    answer: ref('Incident'),
    refuses: [404],
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/notes',
    who: 'act',
    summary: 'A word for the timeline.',
    body: { note: 'string', 'by?': 'string' },
    answer: ref('Incident'),
    refuses: [404],
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/merge',
    who: 'act',
    summary: 'Makes it part of another incident.',
    body: { into: 'integer' },
    answer: ref('Incident'),
    refuses: [404, 409],
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/actions/{action}/approve',
    who: 'act',
    summary: 'Lets an action run that waits for it.',
    body: note,
    answer: ref('Incident'),
    refuses: [404],
  },
  {
    method: 'get',
    path: '/api/v1/deliveries',
    who: 'look',
    summary: 'What left, when, how often it was tried, what was answered.',
    answer: ref('DeliveryLog'),
  },
  {
    method: 'get',
    path: '/api/v1/stream',
    who: 'look',
    summary: 'Server-sent events.',
    answers: 'text/event-stream',
    query: [
      { name: 'incident', what: 'Id of an incident to be told of.' },
      { name: 'instance', what: 'A process to be told of.' },
    ],
    refuses: [404],
  },
  { method: 'get', path: '/api/v1/people', who: 'look', summary: 'People and teams.', answer: ref('People') },
  {
    method: 'post',
    path: '/api/v1/people',
    who: 'rule',
    summary: 'Makes an account and a link that signs in once.',
    body: { name: 'string', role: 'string' },
    answer: ref('SignInLink'),
    refuses: [409],
  },
  {
    method: 'delete',
    path: '/api/v1/people/{name}',
    who: 'rule',
    summary: 'Takes an account away and signs it out.',
    status: 204,
    refuses: [404],
  },
  {
    method: 'get',
    path: '/api/v1/tokens',
    who: 'rule',
    summary: 'Tokens, without what they are.',
    answer: ref('TokenList'),
  },
  {
    method: 'post',
    path: '/api/v1/tokens',
    who: 'rule',
    summary: 'Makes a token, shown once.',
    body: { name: 'string', scope: 'string', 'service?': 'string' },
    answer: ref('NewToken'),
    refuses: [409],
  },
  {
    method: 'delete',
    path: '/api/v1/tokens/{id}',
    who: 'rule',
    summary: 'Takes a token back.',
    status: 204,
    refuses: [404],
  },
  { method: 'get', path: '/api/v1/audit', who: 'rule', summary: 'Who changed what.', answer: ref('AuditLog') },
  { method: 'get', path: '/api/v1/rules', who: 'look', summary: 'Rules in force.', answer: ref('RuleList') },
  {
    method: 'get',
    path: '/api/v1/silences',
    who: 'look',
    summary: 'Silences, and what fires that one might silence.',
    answer: ref('SilenceList'),
  },
  {
    method: 'post',
    path: '/api/v1/silences',
    who: 'act',
    summary: 'For a while nobody is called for what matches.',
    body: { what: 'string', forMs: 'integer', 'startsAtMs?': 'integer', 'comment?': 'string', 'by?': 'string' },
    answer: ref('SilenceView'),
    refuses: [429],
  },
  {
    method: 'delete',
    path: '/api/v1/silences/{id}',
    who: 'act',
    summary: 'Ends a silence now.',
    status: 204,
    refuses: [404, 409],
  },
  {
    method: 'get',
    path: '/api/v1/configuration',
    who: 'rule',
    summary: 'The configuration in force, without secrets.',
    answer: { type: 'object', description: 'As the file has it, with what it left out.' },
  },
  {
    method: 'get',
    path: '/api/v1/export',
    who: 'rule',
    summary: 'Everything that is stored, as JSON lines.',
    answers: 'application/x-ndjson',
  },
  {
    method: 'post',
    path: '/api/v1/import',
    who: 'rule',
    summary: 'Takes an export into an empty console.',
    shape: { type: 'string', description: 'The lines of an export.' },
    takes: 'application/x-ndjson',
    answer: objectOf({ rowCount: 'integer' }),
    refuses: [409],
  },
  {
    method: 'get',
    path: '/api/v1/doctor',
    who: 'rule',
    summary: 'What is well and what is not.',
    answer: ref('Diagnosis'),
  },
  {
    method: 'get',
    path: '/api/v1/openapi.json',
    who: 'anyone',
    summary: 'This.',
    answer: { type: 'object', description: 'OpenAPI 3.1.' },
  },
  {
    method: 'post',
    path: '/api/v1/heartbeats/{name}',
    who: 'alert',
    summary: 'Something lives.',
    answer: objectOf({ name: 'string' }),
    refuses: [404],
  },
  {
    method: 'post',
    path: '/api/v1/deploys',
    who: 'alert',
    summary: 'A new version came.',
    body: { service: 'string', version: 'string', 'atMs?': 'integer' },
    answer: objectOf({ service: 'string', version: 'string', atMs: 'number' }),
  },
  {
    method: 'post',
    path: '/api/v1/webhooks/alertmanager',
    who: 'alert',
    summary: "Alertmanager's webhook, version 4.",
    shape: ref('AlertmanagerWebhook'),
    answer: objectOf({ taken: 'integer' }),
  },
  {
    method: 'post',
    path: '/api/v1/slack/interactions',
    who: 'anyone',
    summary: "Buttons in Slack; signed with the app's secret.",
    shape: objectOf({ payload: 'string' }),
    takes: 'application/x-www-form-urlencoded',
    answer: { type: 'object' },
    refuses: [404],
  },
  {
    method: 'get',
    path: '/status',
    who: 'anyone',
    summary: 'How it stands, for everybody.',
    answers: 'text/html',
    refuses: [404],
  },
  {
    method: 'get',
    path: '/api/v2/alerts',
    who: 'alert',
    summary: 'Alertmanager: alerts that fire.',
    query: [filter, receiver, ...alertStates],
    answer: listOf('GettableAlert'),
    refuses: [400],
  },
  {
    method: 'post',
    path: '/api/v2/alerts',
    who: 'alert',
    summary: 'Alertmanager: takes alerts in.',
    shape: listOf('PostableAlert'),
  },
  {
    method: 'get',
    path: '/api/v2/alerts/groups',
    who: 'alert',
    summary: 'Alertmanager: the same in groups.',
    query: [filter, receiver, ...alertStates],
    answer: listOf('AlertGroup'),
    refuses: [400],
  },
  {
    method: 'get',
    path: '/api/v2/receivers',
    who: 'alert',
    summary: 'Alertmanager: whom alerts reach.',
    answer: listOf('AlertReceiver'),
  },
  {
    method: 'get',
    path: '/api/v2/status',
    who: 'alert',
    summary: 'Alertmanager: this console.',
    answer: ref('AlertmanagerStatus'),
  },
  {
    method: 'get',
    path: '/api/v2/silences',
    who: 'alert',
    summary: 'Alertmanager: silences.',
    query: [filter],
    answer: listOf('GettableSilence'),
    refuses: [400],
  },
  {
    method: 'post',
    path: '/api/v2/silences',
    who: 'alert',
    summary: 'Alertmanager: makes or changes a silence.',
    shape: ref('PostableSilence'),
    answer: objectOf({ silenceID: 'string' }),
    refuses: [404, 409],
  },
  {
    method: 'get',
    path: '/api/v2/silence/{id}',
    who: 'alert',
    summary: 'Alertmanager: one silence.',
    answer: ref('GettableSilence'),
    refuses: [404],
  },
  {
    method: 'delete',
    path: '/api/v2/silence/{id}',
    who: 'alert',
    summary: 'Alertmanager: ends a silence.',
    refuses: [404, 409],
  },
  { method: 'get', path: '/-/healthy', who: 'anyone', summary: 'It lives.', answers: 'text/plain' },
  { method: 'get', path: '/-/ready', who: 'anyone', summary: 'It serves.', answers: 'text/plain' },
  {
    method: 'post',
    path: '/-/reload',
    who: 'rule',
    summary: 'Answers how to reload.',
    answers: 'text/plain',
    status: 501,
  },
]

/** This interface as OpenAPI 3.1. */
export const openApi = {
  openapi: '3.1.0',
  info: {
    title: 'Plimsoll console',
    version: '1',
    description: `Who may use a route stands in x-who: ${permissions.join(', ')}. Instants are epoch milliseconds (…AtMs), sizes bytes, ratios 0..1; under /api/v2 all is as Alertmanager has it.`,
  },
  components: {
    schemas,
    securitySchemes: {
      token: { type: 'http', scheme: 'bearer' },
      basic: { type: 'http', scheme: 'basic', description: 'Any user; the password is a token.' },
      session: { type: 'apiKey', in: 'cookie', name: 'plimsoll_session' },
    },
  },
  paths: describePaths(),
}

function describePaths(): Record<string, Json> {
  const paths: Record<string, Json> = {}
  for (const route of routes) (paths[route.path] ??= {})[route.method] = describe(route)
  return paths
}

function describe(route: Route): Json {
  const { path, who, summary, query = [], body, shape, takes = 'application/json', answer, status = 200 } = route
  const answers = route.answers ?? (answer && 'application/json')
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: text })),
    ...query.map(({ name, what, required = false, schema = text }) => ({
      name,
      in: 'query',
      required,
      description: what,
      schema,
    })),
  ]
  const schema = shape ?? (body && objectOf(body))
  const content = answers && { [answers]: answer ? { schema: answer } : {} }
  return {
    summary,
    'x-who': who,
    security: who === 'anyone' ? [] : [{ token: [] }, { basic: [] }, ...(who === 'report' ? [] : [{ session: [] }])],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(schema ? { requestBody: { required: true, content: { [takes]: { schema } } } } : {}),
    responses: {
      [status]: { description: successes[status], ...(content && { content }) },
      ...Object.fromEntries(refusalsOf(route).map((code) => [code, describeRefusal(code, path)])),
    },
  }
}

/** Whoever comes may be refused, whoever must say who he is may guess, and whoever posts may post anything. */
function refusalsOf({ method, who, refuses = [] }: Route): number[] {
  const guesses = who === 'anyone' ? [] : [401, 429]
  const bodies = method === 'get' ? [] : [400, 413, 415]
  return [...new Set([403, 503, ...guesses, ...bodies, ...refuses])].sort((one, other) => one - other)
}

/** Who talks to an Alertmanager is refused as by one, who follows a link reads a page, everybody else an ApiError. */
function describeRefusal(status: number, path: string): Json {
  const isPage = /^\/(sign-in|acknowledge|status)\b/.test(path)
  const isAlertmanager = /^\/(api\/v2|-|api\/v1\/webhooks)\//.test(path)
  return {
    description: refusals[status],
    ...(status === 429 ? { headers: { 'retry-after': { description: 'Seconds.', schema: { type: 'integer' } } } } : {}),
    content: isPage ? { 'text/html': {} } : { 'application/json': { schema: isAlertmanager ? text : ref('ApiError') } },
  }
}

function ref(name: keyof typeof schemas): Json {
  return { $ref: `#/components/schemas/${name}` }
}

function listOf(name: keyof typeof schemas): Json {
  return { type: 'array', items: ref(name) }
}

function objectOf(fields: Record<string, string>): Json {
  const entries = Object.entries(fields)
  const typed = (type: string) => (type === 'strings' ? { type: 'array', items: text } : { type })
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, type]) => [name.replace(/\?$/, ''), typed(type)])),
    required: entries.flatMap(([name]) => (name.endsWith('?') ? [] : [name])),
  }
}
