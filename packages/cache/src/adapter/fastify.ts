import type {} from 'fastify'
import type { Cache } from '../cache.ts'
import { hasUnannouncedBody, type Headers, type RequestHead, type ResponseHead } from './http-rules.ts'
import { ResponseCache, placeOf, type ResponseCacheOptions } from './response-cache.ts'

export { type ResponseCacheOptions } from './response-cache.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The cache behind the plugin: `invalidateTag`, `clear`, `stats`. */
    responseCache: Cache<string, unknown & NonNullable<unknown>>
  }
}

/** What the plugin needs of Fastify 5; given structurally, so that a user without Fastify installs nothing. */
interface FastifyLike {
  addHook(name: 'onRequest' | 'onSend' | 'onResponse', hook: (...args: never[]) => Promise<unknown>): unknown
  decorate(name: string, value: unknown): unknown
}
interface RequestLike {
  method: string
  protocol: string
  url: string
  headers: Headers
  raw: object
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
  /** What the application was asked for, and not we. */
  const begunAt = new WeakMap<RequestLike, number>()
  const bodies = new WeakMap<RequestLike, { head: ResponseHead; body: Buffer; since: number }>()
  const place = ({ protocol, headers, url }: RequestLike) => placeOf(protocol, headers, url)
  app.decorate('responseCache', responses.cache)
  app.addHook('onRequest', async (request: RequestLike, reply: ReplyLike) => {
    const found = responses.find(place(request), asked(request))
    if (found === null) return void begunAt.set(request, responses.moment)
    for (const [name, value] of Object.entries(found.headers)) reply.header(name, value)
    return reply.code(found.status).send(found.status === 304 ? undefined : found.body)
  })
  app.addHook('onSend', async (request: RequestLike, reply: ReplyLike, payload: unknown) => {
    const body = typeof payload === 'string' ? Buffer.from(payload) : Buffer.isBuffer(payload) ? payload : null
    const head = headOf(reply)
    const since = begunAt.get(request)
    if (body !== null && since !== undefined && responses.wants(asked(request), head))
      bodies.set(request, { head, body, since })
    responses.answered(place(request), request, reply.statusCode)
    return payload
  })
  // Plugins behind this one change what is sent: a session sets its cookie, and then the response is nobody else's.
  app.addHook('onResponse', async (request: RequestLike, reply: ReplyLike) => {
    const sent = bodies.get(request)
    if (sent !== undefined && responses.wants(asked(request), headOf(reply)))
      responses.keep(place(request), asked(request), sent.head, sent.body, sent.since)
    responses.answered(place(request), request, reply.statusCode)
  })
}

// As fastify-plugin does it: the hooks are for the application, not for an inner scope of it.
Object.assign(responseCache, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@plimsoll/cache',
})

function asked({ method, headers, raw }: RequestLike): RequestHead {
  return { method, headers, hasBody: hasUnannouncedBody(raw) }
}

function headOf(reply: ReplyLike): ResponseHead {
  return { status: reply.statusCode, headers: reply.getHeaders() }
}
