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
  return nameDeclared(request, declared) ?? `${methodOf(request)} ${guessRoute(request.url ?? '/')}`
}

/** As the framework calls it; null when none told us. */
export function nameDeclared(request: IncomingMessage, declared?: DeclaredRoutes): string | null {
  const pattern = declared?.find(methodOf(request), request.url ?? '/')
  if (pattern !== undefined) return `${methodOf(request)} ${pattern}`
  const { route, baseUrl } = request as ExpressRequest
  if (typeof route?.path !== 'string') return null
  return `${methodOf(request)} ${routeOfPath(`${typeof baseUrl === 'string' ? baseUrl : ''}${route.path}`)}`
}

/**
 * One number for all requests whose route is guessed alike, made without a string: two strings a request are half of what naming
 * takes. In thirty bits, so that V8 need not box it; that two of some dozen routes share one is less likely than one in a million.
 */
export function hashRoute(request: IncomingMessage): number {
  const url = request.url ?? '/'
  let hash = hashText(FNV_OFFSET, methodOf(request))
  let segmentCount = 0
  for (let at = 0; at < url.length; at++) {
    if (isEnd(url.charCodeAt(at))) break
    const from = at
    let isWord = isLetter(url.charCodeAt(at))
    let word = Math.imul(hash ^ SLASH!, FNV_PRIME)
    for (; at < url.length; at++) {
      const code = url.charCodeAt(at)
      if (code === SLASH || isEnd(code)) break
      isWord &&= isLetter(code) || code === UNDERSCORE || code === DASH
      word = Math.imul(word ^ code, FNV_PRIME)
    }
    if (at > from) {
      const isDeep = ++segmentCount > MAX_SEGMENTS
      hash = isWord && at - from <= MAX_WORD_LENGTH && !isDeep ? word : Math.imul(hash ^ VALUE, FNV_PRIME)
      if (isDeep) break
    }
    if (at < url.length && isEnd(url.charCodeAt(at))) break
  }
  return hash & 0x3fffffff
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

const [FNV_OFFSET, FNV_PRIME] = [0x811c9dc5, 0x01000193]
/** Stands for a value, as no letter does. */
const VALUE = 0x10000

function hashText(from: number, text: string): number {
  let hash = from
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME)
  return hash
}

function methodOf({ method }: IncomingMessage): string {
  return method ?? 'GET'
}

const [SLASH, UNDERSCORE, DASH, QUESTION, HASH] = Array.from('/_-?#', (sign) => sign.charCodeAt(0))

function isEnd(code: number): boolean {
  return code === QUESTION || code === HASH
}

function isLetter(code: number): boolean {
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x7a
}
