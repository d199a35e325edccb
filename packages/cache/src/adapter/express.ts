import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Cache } from '../cache.ts'
import type { Headers } from './http-rules.ts'
import { ResponseCache, type ResponseCacheOptions } from './response-cache.ts'

export { type ResponseCacheOptions } from './response-cache.ts'

/** A middleware for Express, Connect and whatever else takes `(request, response, next)`. */
export interface ResponseCacheMiddleware {
  (request: IncomingMessage & { originalUrl?: string }, response: ServerResponse, next: (error?: unknown) => void): void
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
  const middleware = (
    request: IncomingMessage & { originalUrl?: string },
    response: ServerResponse,
    next: (error?: unknown) => void,
  ): void => {
    const place = `${request.headers.host ?? ''}${request.originalUrl ?? request.url ?? ''}`
    const head = { method: request.method ?? 'GET', headers: request.headers }
    const found = responses.find(place, head)
    if (found === null) {
      collect(responses, place, head, response)
      return next()
    }
    for (const [name, value] of Object.entries(found.headers)) response.setHeader(name, value)
    response.statusCode = found.status
    response.end(found.body)
  }
  return Object.assign(middleware, { cache: responses.cache as unknown as ResponseCacheMiddleware['cache'] })
}

/** Watches what the application writes, and keeps a copy when it was written to its end. */
function collect(
  responses: ResponseCache,
  place: string,
  request: { method: string; headers: Headers },
  response: ServerResponse,
): void {
  const { write, end } = response
  let chunks: Buffer[] | null = []
  let byteLength = 0
  const take = (chunk: unknown, encoding: unknown) => {
    if (chunks === null || chunk === undefined || chunk === null || typeof chunk === 'function') return
    const bytes =
      typeof chunk === 'string' ? Buffer.from(chunk, encodingOf(encoding)) : Buffer.from(chunk as Uint8Array)
    byteLength += bytes.byteLength
    if (byteLength > responses.maxBodyBytes || !responses.wants(request, headOf(response))) chunks = null
    else chunks.push(bytes)
  }
  response.write = function (this: ServerResponse, ...args: unknown[]) {
    take(args[0], args[1])
    return Reflect.apply(write, this, args) as boolean
  } as typeof write
  response.end = function (this: ServerResponse, ...args: unknown[]) {
    take(args[0], args[1])
    const isWanted = chunks !== null && responses.wants(request, headOf(response))
    if (isWanted) responses.keep(place, request, headOf(response), Buffer.concat(chunks!))
    chunks = null
    return Reflect.apply(end, this, args) as ServerResponse
  } as typeof end
}

function headOf(response: ServerResponse) {
  return { status: response.statusCode, headers: response.getHeaders() as Headers }
}

function encodingOf(encoding: unknown): BufferEncoding {
  return typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8'
}
