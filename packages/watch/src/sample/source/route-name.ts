import type { IncomingMessage } from 'node:http'

/** Segments of a path that are told; deeper ones are an ellipsis. */
const MAX_SEGMENTS = 4

/** Routes a framework told of when they were declared. */
export interface DeclaredRoutes {
  find(method: string, url: string): string | undefined
}

/** What Express leaves on a request once a route took it. */
interface ExpressRequest {
  route?: { path?: unknown }
  baseUrl?: unknown
}

/** `GET /p/:id`: as the framework calls the route when it told us, else the path with what looks like a value left out. */
export function nameRoute(request: IncomingMessage, declared?: DeclaredRoutes): string {
  const method = request.method ?? 'GET'
  const pattern = declared?.find(method, request.url ?? '/')
  if (pattern !== undefined) return `${method} ${pattern}`
  const { route, baseUrl } = request as ExpressRequest
  if (typeof route?.path === 'string')
    return `${method} ${routeOfPath(`${typeof baseUrl === 'string' ? baseUrl : ''}${route.path}`)}`
  return `${method} ${guessRoute(request.url ?? '/')}`
}

/** A declared path, bounded in length. */
export function routeOfPath(path: string): string {
  return path.slice(0, 200) || '/'
}

/** A path may carry names of people and secrets, so only what looks like a fixed word stays. */
function guessRoute(url: string): string {
  const path = url.split(/[?#]/, 1)[0]!
  const segments = path.split('/').filter((segment) => segment !== '')
  const told = segments
    .slice(0, MAX_SEGMENTS)
    .map((segment) => (/^[a-z][a-z_-]{0,30}$/i.test(segment) ? segment : ':value'))
  return `/${told.join('/')}${segments.length > MAX_SEGMENTS ? '/…' : ''}`
}
