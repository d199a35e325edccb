import type { IncomingMessage } from 'node:http'

/** Segments of a path that are told; deeper ones are an ellipsis. */
const MAX_SEGMENTS = 4
/** A longer one is a key, whatever it is spelt with. */
const MAX_WORD_LENGTH = 31

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

/**
 * A path may carry names of people and secrets, so only what looks like a fixed word stays: letters, and `_` or `-` after the first.
 * Read letter by letter, since it is done for every request and a regular expression takes several times as long.
 */
function guessRoute(url: string): string {
  let route = ''
  let segmentCount = 0
  for (let at = 0; at < url.length && !isEnd(url.charCodeAt(at)); at++) {
    const from = at
    let isWord = isLetter(url.charCodeAt(at))
    for (; at < url.length; at++) {
      const code = url.charCodeAt(at)
      if (code === SLASH || isEnd(code)) break
      isWord &&= isLetter(code) || code === UNDERSCORE || code === DASH
    }
    if (at > from) {
      if (++segmentCount > MAX_SEGMENTS) return `${route}/…`
      route += isWord && at - from <= MAX_WORD_LENGTH ? `/${url.slice(from, at)}` : '/:value'
    }
    if (isEnd(url.charCodeAt(at))) break
  }
  return route === '' ? '/' : route
}

const [SLASH, UNDERSCORE, DASH, QUESTION, HASH] = Array.from('/_-?#', (sign) => sign.charCodeAt(0))

function isEnd(code: number): boolean {
  return code === QUESTION || code === HASH
}

function isLetter(code: number): boolean {
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x7a
}
