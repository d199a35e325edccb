import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2Stream } from 'node:http2'
import type { Cache } from '../cache.ts'
import {
  hasUnannouncedBody,
  type HeaderValue,
  type Headers,
  type RequestHead,
  type ResponseHead,
} from './http-rules.ts'
import { ResponseCache, placeOf, type ResponseCacheOptions } from './response-cache.ts'

export { type ResponseCacheOptions } from './response-cache.ts'

type ExpressRequest = IncomingMessage & { originalUrl?: string; protocol?: string }

/** A middleware for Express, Connect and whatever else takes `(request, response, next)`. */
export interface ResponseCacheMiddleware {
  (request: ExpressRequest, response: ServerResponse, next: (error?: unknown) => void): void
  /** The cache behind it: `invalidateTag`, `clear`, `stats`. */
  readonly cache: Cache<string, unknown & NonNullable<unknown>>
}

/**
 * Answers requests with responses that were kept, by the rules of a shared cache: `Cache-Control`, `Vary`, `ETag`; never what was
 * asked with `Authorization`, never what sets a cookie, and what was asked with cookies only if it says that it is for all.
 * @example
 * app.use(responseCache({ maxBytes: 64 * 1024 * 1024 }))
 * @throws InvalidOptionError as `createCache`
 */
export function responseCache(options: ResponseCacheOptions): ResponseCacheMiddleware {
  const responses = new ResponseCache(options)
  const middleware = (request: ExpressRequest, response: ServerResponse, next: (error?: unknown) => void): void => {
    const isEncrypted = 'encrypted' in (request.socket ?? {})
    const protocol = request.protocol ?? (isEncrypted ? 'https' : 'http')
    const place = placeOf(protocol, request.headers, request.originalUrl ?? request.url ?? '')
    const head = { method: request.method ?? 'GET', headers: request.headers, hasBody: hasUnannouncedBody(request) }
    const found = responses.find(place, head)
    if (found === null) {
      collect(responses, place, head, response)
      response.once('close', () => responses.answered(place, head, response.statusCode))
      return next()
    }
    for (const [name, value] of Object.entries(found.headers)) response.setHeader(name, value)
    response.statusCode = found.status
    response.end(found.body)
  }
  return Object.assign(middleware, { cache: responses.cache as unknown as ResponseCacheMiddleware['cache'] })
}

/**
 * Watches what the application writes, and keeps a copy when it was written to its end.
 *
 * What is kept is the head as it was when the application, and what stands behind us, sent it: a compressor in front of us changes it
 * once more, and what comes through here is not compressed. But a session in front of us sets its cookie then, too, and such a
 * response is nobody else's; so the head is judged again when all has been sent.
 */
function collect(responses: ResponseCache, place: string, request: RequestHead, response: ServerResponse): void {
  const { writeHead, write, end } = response
  let head: ResponseHead | null = null
  let chunks: Buffer[] | null = []
  let byteLength = 0
  let isEnding = false
  const since = responses.moment
  const headNow = (): ResponseHead => ({ status: response.statusCode, headers: response.getHeaders() as Headers })
  const take = (chunk: unknown, encoding: unknown) => {
    head ??= headNow()
    if (chunks === null || chunk === undefined || chunk === null || typeof chunk === 'function') return
    const bytes =
      typeof chunk === 'string' ? Buffer.from(chunk, encodingOf(encoding)) : Buffer.from(chunk as Uint8Array)
    byteLength += bytes.byteLength
    if (byteLength > responses.maxBodyBytes || !responses.wants(request, head)) chunks = null
    else chunks.push(bytes)
  }
  response.writeHead = function (this: ServerResponse, status: number, ...rest: unknown[]) {
    head ??= { status, headers: { ...(response.getHeaders() as Headers), ...givenHeaders(rest.at(-1)) } }
    return Reflect.apply(writeHead, this, [status, ...rest]) as ServerResponse
  } as typeof writeHead
  response.write = function (this: ServerResponse, ...args: unknown[]) {
    const answer = Reflect.apply(write, this, args) as boolean
    // HTTP/2's `end` comes here with what it was given.
    if (!isEnding) take(args[0], args[1])
    return answer
  } as typeof write
  response.end = function (this: ServerResponse, ...args: unknown[]) {
    if (isEnding) return Reflect.apply(end, this, args) as ServerResponse
    isEnding = true
    // Before anybody is told of it: who is may ask at once.
    responses.answered(place, request, response.statusCode)
    // To a visitor who has left, applications stop to write, and then end.
    if (hasLeft(response)) chunks = null
    const answer = Reflect.apply(end, this, args) as ServerResponse
    take(args[0], args[1])
    const sent = { ...head!, headers: { ...head!.headers, ...headNow().headers } }
    if (chunks !== null && responses.wants(request, sent)) {
      responses.keep(place, request, head!, Buffer.concat(chunks), since)
    }
    chunks = null
    return answer
  } as typeof end
}

/** HTTP/2's responses do not say it themselves: their streams do, and are aborted a while before they are destroyed. */
function hasLeft(response: ServerResponse): boolean {
  if (!('stream' in response)) return response.destroyed
  const { aborted, destroyed } = response.stream as Http2Stream
  return aborted || destroyed
}

/** Headers that are given to `writeHead`, as an object or one after the other: Node.js does not always show them to `getHeaders`. */
function givenHeaders(given: unknown): Headers {
  const headers: Record<string, HeaderValue> = {}
  if (typeof given !== 'object' || given === null) return headers
  const list: unknown[] = Array.isArray(given) ? given : Object.entries(given).flat()
  for (let at = 0; at < list.length; at += 2) {
    const [name, value] = [String(list[at]).toLowerCase(), list[at + 1] as string]
    headers[name] = headers[name] === undefined ? value : [headers[name], value].flat().map(String)
  }
  return headers
}

function encodingOf(encoding: unknown): BufferEncoding {
  return typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8'
}
