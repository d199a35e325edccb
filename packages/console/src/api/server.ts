import { isIP } from 'node:net'
import fastifyCookie from '@fastify/cookie'
import { InvalidOptionError, messageOf } from '@plimsoll/core'
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { RefusedError } from '../errors.ts'
import { readBody } from './body.ts'
import { insertAudit } from '../storage/people.ts'
import type { ApiError } from './contract.ts'
import { Limiter } from './limiter.ts'
import { readPages, type PageFile } from './pages.ts'
import { admit, type Permission } from './permission.ts'
import { registerAcknowledgeRoutes } from './route/acknowledge.ts'
import { registerAdminRoutes } from './route/admin.ts'
import { registerAgentRoutes } from './route/agent.ts'
import { registerAlertmanagerRoutes } from './route/alertmanager.ts'
import { registerIncidentRoutes } from './route/incidents.ts'
import { registerMetricsRoute } from './route/metrics.ts'
import { registerServiceRoutes } from './route/services.ts'
import { registerSilenceRoutes } from './route/silences.ts'
import { registerSignInRoutes } from './route/sign-in.ts'
import { registerStreamRoute } from './route/stream.ts'
import type { Rooms } from './rooms.ts'

/** People's requests are small; only agents send more. */
const MAX_BODY_BYTES = 64 * 1024

const securityHeaders = {
  // What somebody is told belongs in nobody's cache; the files of the pages say otherwise of themselves.
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** The console's HTTP side: agents, tools and the web pages. Listens on nothing yet. */
export async function createServer(
  rooms: Rooms,
  onRoute: (method: string, path: string, who: Permission | undefined) => void = () => {},
): Promise<FastifyInstance> {
  const server = fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: 30_000,
    keepAliveTimeout: 20_000,
    forceCloseConnections: true,
    // A proxy on this machine says who asks: else all strangers would share one allowance of guesses with everybody else.
    trustProxy: 'loopback',
    routerOptions: { maxParamLength: 300 },
  })
  const limiter = new Limiter(rooms.clock, { burst: 600, perSec: 60, maxKeys: 10_000 })
  // First: who asks is told by a cookie.
  await server.register(fastifyCookie)
  server.decorateRequest('visitor', null)
  server.decorateRequest('agent', null)
  server.addHook('onRoute', (route) => {
    onRoute(String(route.method), route.url, route.config?.who)
    if (!route.config?.who) throw new Error(`${String(route.method)} ${route.url} does not say who may use it.`)
  })
  // A curl without a content type means JSON, too; a form of ours posts itself without fields.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    try {
      done(null, readBody(request, body as string))
    } catch (error) {
      done(error as Error)
    }
  })
  server.addHook('onRequest', async (request, reply) => {
    void reply.headers(securityHeaders)
    if (/%00/.test(request.url)) throw new RefusedError(400, 'REQUEST', 'The address holds a NUL (%00).')
    const who = request.routeOptions.config.who ?? 'anyone'
    checkOrigin(request.headers, rooms.publicUrl())
    try {
      Object.assign(request, await admit(rooms.access, who, request))
    } catch (error) {
      // Whoever guesses tokens is slowed down; whoever is known is not.
      const waitMs = limiter.take(addressOf(request))
      if (waitMs > 0) throw tooOften(reply, waitMs)
      throw error
    }
  })
  server.addHook('onResponse', async (request, reply) => {
    const { config, url } = request.routeOptions
    if (request.method === 'GET' || request.method === 'HEAD' || config.isUnaudited || !request.visitor) return
    const { name: who, role } = request.visitor
    const what = `${request.method} ${fillIn(url ?? request.url, request.params)}`.slice(0, 500)
    await insertAudit(rooms.sql, { atMs: rooms.clock.nowMs(), who, role, what, status: reply.statusCode }).catch(
      (error: unknown) => rooms.log(`The audit log could not be written: ${messageOf(error)}`),
    )
  })
  server.setErrorHandler((error: FastifyError, request, reply) =>
    answerError(error, reply, `${request.method} ${request.url}`, rooms.log),
  )
  registerAgentRoutes(server, rooms)
  registerSignInRoutes(server, rooms)
  registerAcknowledgeRoutes(server, rooms)
  registerMetricsRoute(server, rooms)
  registerServiceRoutes(server, rooms)
  registerIncidentRoutes(server, rooms)
  registerAdminRoutes(server, rooms)
  registerSilenceRoutes(server, rooms)
  registerStreamRoute(server, rooms)
  await registerAlertmanagerRoutes(server, rooms)
  await servePages(server, rooms.webDir)
  return server
}

/** A page of somebody else can't make a browser of ours do things. @throws {@link RefusedError} */
function checkOrigin(headers: { origin?: string; host?: string }, publicUrl: string): void {
  const { origin, host } = headers
  if (origin === undefined || origin === new URL(publicUrl).origin) return
  const isOwn = URL.canParse(origin) && new URL(origin).host === host
  if (!isOwn) throw new RefusedError(403, 'ORIGIN', "This request comes from a page that is not the console's.")
}

/** Who asks, to be counted: what a proxy passes on is text of a stranger, and an IPv6 zone in it may be of any length. */
export function addressOf({ ip, socket }: FastifyRequest): string {
  return isIP(ip) !== 0 && !ip.includes('%') ? ip : (socket.remoteAddress ?? '')
}

export function tooOften(reply: FastifyReply, waitMs: number): RefusedError {
  const seconds = Math.ceil(waitMs / 1000)
  void reply.header('retry-after', String(seconds))
  return new RefusedError(429, 'TOO_OFTEN', `Too many tries. Wait ${seconds} s.`)
}

/** `/api/v1/incidents/:id/acknowledge` with what was asked for. */
function fillIn(pattern: string, params: unknown): string {
  return pattern.replaceAll(/:(\w+)/g, (_, name: string) => String((params as Record<string, string>)[name] ?? ''))
}

async function servePages(server: FastifyInstance, webDir: string): Promise<void> {
  const pages = await readPages(webDir)
  const start = pages.get('index.html')
  if (start) {
    // The pages hold nothing: what they show they ask for, as whoever is signed in.
    server.get<{ Params: { '*': string } }>('/*', { config: { who: 'anyone' } }, (request, reply) => {
      const file = pages.get(request.params['*'] || 'index.html')
      if (file) sendPage(request, reply, file)
      else reply.callNotFound()
    })
  }
  server.setNotFoundHandler((request, reply) => {
    const isPage = (request.method === 'GET' || request.method === 'HEAD') && !/^\/(api|assets)\//.test(request.url)
    // The pages route by themselves, so every address of theirs is the same file.
    if (start && isPage) return sendPage(request, reply, start)
    const why =
      isPage && !start
        ? 'The web pages are not built: run npm run build.'
        : `There is nothing at ${request.method} ${request.url.slice(0, 200)}.`
    throw new RefusedError(404, 'NOT_FOUND', why)
  })
}

function sendPage(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { type, isForever, bytes, gzipped }: PageFile,
): void {
  const isPacked = /\bgzip\b/.test(headers['accept-encoding'] ?? '')
  void reply
    .headers({
      'content-type': type,
      'cache-control': isForever ? 'public, max-age=31536000, immutable' : 'no-cache',
      vary: 'accept-encoding',
      ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
    })
    .send(isPacked ? gzipped : bytes)
}

function answerError(
  error: FastifyError,
  reply: FastifyReply,
  what: string,
  log: (line: string) => void,
): FastifyReply {
  if (error instanceof RefusedError) return reply.code(error.status).send(toApiError(error.code, error.message))
  if (error instanceof InvalidOptionError) {
    return reply.code(400).send({ ...toApiError(error.code, error.message), faults: [...error.faults] })
  }
  if (error.statusCode === 413) {
    const limit = 'It is larger than this path takes (1 MiB for agents, 64 KiB for others). Send it in smaller pieces.'
    return reply.code(413).send(toApiError('PLIMSOLL_CONSOLE_TOO_LARGE', limit))
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return reply.code(error.statusCode).send(toApiError('PLIMSOLL_CONSOLE_REQUEST', messageOf(error)))
  }
  log(`${what.split('?')[0]} failed: ${messageOf(error)}`)
  return reply
    .code(503)
    .send(
      toApiError(
        'PLIMSOLL_CONSOLE_UNAVAILABLE',
        'The console could not do it now; its log says why. Nothing was changed. Try again.',
      ),
    )
}

function toApiError(code: string, message: string): ApiError {
  return { code, message }
}
