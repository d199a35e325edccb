import { shapeOfBatch, shapeOfBatchReply } from '@plimsoll/core/wire'
import { permissions, type Permission } from './permission.ts'

type Json = Record<string, unknown>

interface Route {
  method: 'get' | 'post' | 'delete'
  path: string
  who: Permission
  summary: string
  /** JSON Schema of the body, by property; a property with `?` may be left out. */
  body?: Record<string, string>
  /** Or the schema itself, where the body is more than a few fields; and of the answer. */
  shape?: Json
  answerShape?: Json
  /** Default `application/json`. */
  answers?: string
}

const note = { 'note?': 'string', 'by?': 'string' }

/** Every route that people and machines use. `open-api.test.ts` holds it against the routes there are. */
const routes: readonly Route[] = [
  {
    method: 'post',
    path: '/api/v1/agent/batch',
    who: 'report',
    summary:
      'What an agent saw; answers what it shall do. Nothing of a refused batch was taken: 400 says what to mend, 429 and 503 when to come again.',
    shape: shapeOfBatch(),
    answerShape: shapeOfBatchReply(),
  },
  { method: 'get', path: '/sign-in', who: 'anyone', summary: 'A link that signs in once.', answers: 'text/html' },
  {
    method: 'post',
    path: '/api/v1/sign-in',
    who: 'anyone',
    summary: 'Signs in with name and password.',
    body: { name: 'string', password: 'string' },
  },
  {
    method: 'get',
    path: '/api/v1/session',
    who: 'look',
    summary: 'Who is signed in, and the token against forged requests.',
  },
  { method: 'post', path: '/api/v1/sign-in-links', who: 'rule', summary: 'A fresh link that signs in once.' },
  {
    method: 'post',
    path: '/api/v1/name',
    who: 'look',
    summary: 'Whoever came by the printed link says who he is.',
    body: { name: 'string' },
  },
  {
    method: 'post',
    path: '/api/v1/password',
    who: 'look',
    summary: 'Sets the own password.',
    body: { password: 'string' },
  },
  { method: 'post', path: '/api/v1/sign-out', who: 'look', summary: 'Ends the session.' },
  {
    method: 'get',
    path: '/acknowledge/{id}',
    who: 'anyone',
    summary: 'The page behind the link in a message; changes nothing.',
    answers: 'text/html',
  },
  {
    method: 'post',
    path: '/acknowledge/{id}',
    who: 'anyone',
    summary: 'The button on that page.',
    answers: 'text/html',
  },
  { method: 'get', path: '/metrics', who: 'scrape', summary: 'For Prometheus.', answers: 'text/plain' },
  { method: 'get', path: '/api/v1/services', who: 'look', summary: 'Everything at a glance.' },
  { method: 'get', path: '/api/v1/services/{service}', who: 'look', summary: 'One service.' },
  {
    method: 'get',
    path: '/api/v1/services/{service}/processes/{instance}',
    who: 'look',
    summary: 'One process, its last quarter of an hour.',
  },
  {
    method: 'get',
    path: '/api/v1/services/{service}/plan',
    who: 'look',
    summary: 'What will happen when it goes wrong, and what is missing.',
  },
  {
    method: 'get',
    path: '/api/v1/incidents',
    who: 'look',
    summary: 'Incidents, the newest first; state=open for those that are not resolved.',
  },
  { method: 'get', path: '/api/v1/incidents/{id}', who: 'look', summary: 'One incident with all that is known of it.' },
  {
    method: 'get',
    path: '/api/v1/incidents/{id}/postmortem.md',
    who: 'look',
    summary: 'Draft of its postmortem.',
    answers: 'text/markdown',
  },
  {
    method: 'get',
    path: '/api/v1/incidents/{id}/postmortem.html',
    who: 'look',
    summary: 'The same, to be printed.',
    answers: 'text/html',
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/postmortem',
    who: 'act',
    summary: 'Replaces the text of one section; kept when the rest is drafted anew.',
    body: { section: 'string', text: 'string' },
  },
  {
    method: 'post',
    path: '/api/v1/drills',
    who: 'act',
    summary: 'Rehearses who is called for a service, with messages that say so.',
    body: { service: 'string' },
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/acknowledge',
    who: 'act',
    summary: 'Somebody has it; nobody else is called.',
    body: note,
  },
  { method: 'post', path: '/api/v1/incidents/{id}/resolve', who: 'act', summary: 'It is over.', body: note },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/escalate',
    who: 'act',
    summary: 'Calls the next level now.',
    body: note,
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/snooze',
    who: 'act',
    summary: 'Acknowledges, and asks again after a time.',
    body: { forMs: 'integer', ...note },
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/reassign',
    who: 'act',
    summary: 'Calls other teams.',
    body: { teams: 'array', ...note },
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/notes',
    who: 'act',
    summary: 'A word for the timeline.',
    body: { note: 'string', 'by?': 'string' },
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/merge',
    who: 'act',
    summary: 'Makes it part of another incident.',
    body: { into: 'integer' },
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{id}/actions/{action}/approve',
    who: 'act',
    summary: 'Lets an action run that waits for it.',
    body: note,
  },
  {
    method: 'get',
    path: '/api/v1/deliveries',
    who: 'look',
    summary: 'What left, when, how often it was tried, what was answered.',
  },
  { method: 'get', path: '/api/v1/stream', who: 'look', summary: 'Server-sent events.', answers: 'text/event-stream' },
  { method: 'get', path: '/api/v1/people', who: 'look', summary: 'People and teams.' },
  {
    method: 'post',
    path: '/api/v1/people',
    who: 'rule',
    summary: 'Makes an account and a link that signs in once.',
    body: { name: 'string', role: 'string' },
  },
  { method: 'delete', path: '/api/v1/people/{name}', who: 'rule', summary: 'Takes an account away and signs it out.' },
  { method: 'get', path: '/api/v1/tokens', who: 'rule', summary: 'Tokens, without what they are.' },
  {
    method: 'post',
    path: '/api/v1/tokens',
    who: 'rule',
    summary: 'Makes a token, shown once.',
    body: { name: 'string', scope: 'string', 'service?': 'string' },
  },
  { method: 'delete', path: '/api/v1/tokens/{id}', who: 'rule', summary: 'Takes a token back.' },
  { method: 'get', path: '/api/v1/audit', who: 'rule', summary: 'Who changed what.' },
  { method: 'get', path: '/api/v1/rules', who: 'look', summary: 'Rules in force.' },
  { method: 'get', path: '/api/v1/silences', who: 'look', summary: 'Silences, and what fires that one might silence.' },
  {
    method: 'post',
    path: '/api/v1/silences',
    who: 'act',
    summary: 'For a while nobody is called for what matches.',
    body: { what: 'string', forMs: 'integer', 'startsAtMs?': 'integer', 'comment?': 'string', 'by?': 'string' },
  },
  { method: 'delete', path: '/api/v1/silences/{id}', who: 'act', summary: 'Ends a silence now.' },
  {
    method: 'get',
    path: '/api/v1/configuration',
    who: 'rule',
    summary: 'The configuration in force, without secrets.',
  },
  {
    method: 'get',
    path: '/api/v1/export',
    who: 'rule',
    summary: 'Everything that is stored, as JSON lines.',
    answers: 'application/x-ndjson',
  },
  { method: 'post', path: '/api/v1/import', who: 'rule', summary: 'Takes an export into an empty console.' },
  { method: 'get', path: '/api/v1/doctor', who: 'rule', summary: 'What is well and what is not.' },
  { method: 'get', path: '/api/v1/openapi.json', who: 'anyone', summary: 'This.' },
  { method: 'post', path: '/api/v1/heartbeats/{name}', who: 'alert', summary: 'Something lives.' },
  {
    method: 'post',
    path: '/api/v1/deploys',
    who: 'alert',
    summary: 'A new version came.',
    body: { service: 'string', version: 'string', 'atMs?': 'integer' },
  },
  {
    method: 'post',
    path: '/api/v1/webhooks/alertmanager',
    who: 'alert',
    summary: "Alertmanager's webhook, version 4.",
  },
  {
    method: 'post',
    path: '/api/v1/slack/interactions',
    who: 'anyone',
    summary: "Buttons in Slack; signed with the app's secret.",
  },
  { method: 'get', path: '/status', who: 'anyone', summary: 'How it stands, for everybody.', answers: 'text/html' },
  { method: 'get', path: '/api/v2/alerts', who: 'alert', summary: 'Alertmanager: alerts that fire.' },
  { method: 'post', path: '/api/v2/alerts', who: 'alert', summary: 'Alertmanager: takes alerts in.' },
  { method: 'get', path: '/api/v2/alerts/groups', who: 'alert', summary: 'Alertmanager: the same in groups.' },
  { method: 'get', path: '/api/v2/receivers', who: 'alert', summary: 'Alertmanager: whom alerts reach.' },
  { method: 'get', path: '/api/v2/status', who: 'alert', summary: 'Alertmanager: this console.' },
  { method: 'get', path: '/api/v2/silences', who: 'alert', summary: 'Alertmanager: silences.' },
  { method: 'post', path: '/api/v2/silences', who: 'alert', summary: 'Alertmanager: makes or changes a silence.' },
  { method: 'get', path: '/api/v2/silence/{id}', who: 'alert', summary: 'Alertmanager: one silence.' },
  { method: 'delete', path: '/api/v2/silence/{id}', who: 'alert', summary: 'Alertmanager: ends a silence.' },
  { method: 'get', path: '/-/healthy', who: 'anyone', summary: 'It lives.', answers: 'text/plain' },
  { method: 'get', path: '/-/ready', who: 'anyone', summary: 'It serves.', answers: 'text/plain' },
  { method: 'post', path: '/-/reload', who: 'rule', summary: 'Answers how to reload.', answers: 'text/plain' },
]

/** This interface as OpenAPI 3.1. */
export const openApi = {
  openapi: '3.1.0',
  info: {
    title: 'Plimsoll console',
    version: '1',
    description: `Who may use a route stands in x-who: ${permissions.join(', ')}. The shapes of answers are the TypeScript types of @plimsoll/console/contract.`,
  },
  components: {
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

function describe({ path, who, summary, body, shape, answerShape, answers = 'application/json' }: Route): Json {
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const isOpen = who === 'anyone'
  const schema = shape ?? (body && schemaOf(body))
  return {
    summary,
    'x-who': who,
    security: isOpen ? [] : [{ token: [] }, { basic: [] }, ...(who === 'report' ? [] : [{ session: [] }])],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(schema ? { requestBody: { required: true, content: { 'application/json': { schema } } } } : {}),
    responses: {
      '200': { description: 'It was done.', content: { [answers]: answerShape ? { schema: answerShape } : {} } },
      ...(isOpen ? {} : { '401': { description: 'Nobody is signed in.' }, '403': { description: 'Not this one.' } }),
    },
  }
}

function schemaOf(body: Record<string, string>): Json {
  const entries = Object.entries(body)
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, type]) => [name.replace(/\?$/, ''), { type }])),
    required: entries.flatMap(([name]) => (name.endsWith('?') ? [] : [name])),
  }
}
