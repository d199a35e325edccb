import type { Cache } from '../cache.ts'
import type { Headers } from './http-rules.ts'
import { ResponseCache, type ResponseCacheOptions } from './response-cache.ts'

export { type ResponseCacheOptions } from './response-cache.ts'

/** What the plugin needs of Fastify 5; given structurally, so that a user without Fastify installs nothing. */
interface FastifyLike {
  addHook(name: 'onRequest' | 'onSend', hook: (...args: never[]) => Promise<unknown>): unknown
  decorate(name: string, value: unknown): unknown
}
interface RequestLike {
  method: string
  url: string
  headers: Headers
}
interface ReplyLike {
  statusCode: number
  getHeaders(): Headers
  header(name: string, value: unknown): ReplyLike
  code(status: number): ReplyLike
  send(payload: unknown): ReplyLike
}

/**
 * A Fastify plugin that answers requests with responses that were kept, by the rules of a shared cache, as `@plimsoll/cache/express`
 * does. It holds for the whole application it is registered in, and decorates it with `responseCache`, the cache behind it.
 * Streams pass through and are not kept.
 * @example
 * await app.register(responseCache, { maxBytes: 64 * 1024 * 1024 })
 * @throws InvalidOptionError as `createCache`
 */
export async function responseCache(app: FastifyLike, options: ResponseCacheOptions): Promise<void> {
  const responses = new ResponseCache(options)
  /** Requests that are being answered from here. */
  const answered = new WeakSet<RequestLike>()
  app.decorate('responseCache', responses.cache as Cache<string, unknown & NonNullable<unknown>>)
  app.addHook('onRequest', async (request: RequestLike, reply: ReplyLike) => {
    const found = responses.find(placeOf(request), request)
    if (found === null) return undefined
    answered.add(request)
    for (const [name, value] of Object.entries(found.headers)) reply.header(name, value)
    return reply.code(found.status).send(found.status === 304 ? undefined : found.body)
  })
  app.addHook('onSend', async (request: RequestLike, reply: ReplyLike, payload: unknown) => {
    const body = typeof payload === 'string' ? Buffer.from(payload) : Buffer.isBuffer(payload) ? payload : null
    const head = { status: reply.statusCode, headers: reply.getHeaders() }
    const isOurs = answered.has(request)
    if (body !== null && !isOurs && responses.wants(request, head))
      responses.keep(placeOf(request), request, head, body)
    return payload
  })
}

// As fastify-plugin does it: the hooks are for the application, not for an inner scope of it.
Object.assign(responseCache, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@plimsoll/cache',
})

function placeOf({ headers, url }: RequestLike): string {
  return `${String(headers.host ?? '')}${url}`
}
