import { schemas } from '../contract/schemas.ts'
import { permissions } from '../permission.ts'
import { alertmanagerRoutes } from './alertmanager-routes.ts'
import { objectOf, ref, text, type Json, type Route } from './route.ts'
import { routes } from './routes.ts'

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

/** This interface as OpenAPI 3.1. `open-api.test.ts` holds it against the routes there are. */
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
  for (const route of [...routes, ...alertmanagerRoutes]) (paths[route.path] ??= {})[route.method] = describe(route)
  return paths
}

function describe(route: Route): Json {
  const { path, who, summary, query = [], body, shape, takes = 'application/json', answer, status = 200 } = route
  const answers = [route.answers ?? (answer ? 'application/json' : [])].flat()
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
  const content = Object.fromEntries(answers.map((type) => [type, answer ? { schema: answer } : {}]))
  return {
    summary,
    'x-who': who,
    security: who === 'anyone' ? [] : [{ token: [] }, { basic: [] }, ...(who === 'report' ? [] : [{ session: [] }])],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(schema ? { requestBody: { required: true, content: { [takes]: { schema } } } } : {}),
    responses: {
      [status]: { description: successes[status], ...(answers.length > 0 && { content }) },
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
