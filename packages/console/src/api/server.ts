import fastifyCookie from '@fastify/cookie'
import fastifyStatic from '@fastify/static'
import { InvalidOptionError, messageOf } from '@plimsoll/core'
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import { existsSync } from 'node:fs'
import { RefusedError } from '../errors.ts'
import type { Access, Visitor } from './access.ts'
import type { ApiError } from './contract.ts'
import { registerAcknowledgeRoutes } from './route/acknowledge.ts'
import { registerAgentRoutes } from './route/agent.ts'
import { registerIncidentRoutes } from './route/incidents.ts'
import { registerMetricsRoute } from './route/metrics.ts'
import { registerServiceRoutes } from './route/services.ts'
import { registerSignInRoutes } from './route/sign-in.ts'
import { registerStreamRoute } from './route/stream.ts'
import type { Rooms } from './rooms.ts'

declare module 'fastify' {
  interface FastifyRequest {
    visitor: Visitor | null
  }
}

/** People's requests are small; only agents send more. */
const MAX_BODY_BYTES = 64 * 1024

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** The console's HTTP side: agents, tools and the web pages. Listens on nothing yet. */
export async function createServer(rooms: Rooms): Promise<FastifyInstance> {
  const server = fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: 30_000,
    keepAliveTimeout: 20_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 300 },
  })
  server.decorateRequest('visitor', null)
  server.addHook('onRequest', async (_request, reply) => void reply.headers(securityHeaders))
  server.setErrorHandler((error: FastifyError, request, reply) =>
    answerError(error, reply, `${request.method} ${request.url}`, rooms.log),
  )
  await server.register(fastifyCookie)
  registerAgentRoutes(server, rooms)
  registerSignInRoutes(server, rooms)
  registerAcknowledgeRoutes(server, rooms)
  registerMetricsRoute(server, rooms)
  await server.register(async (guarded) => {
    guarded.addHook('onRequest', async (request) => {
      request.visitor = await identify(rooms.access, request)
      if (request.method !== 'GET' && request.method !== 'HEAD')
        checkMayChange(request.visitor, request.headers['x-plimsoll-csrf'])
    })
    registerServiceRoutes(guarded, rooms)
    registerIncidentRoutes(guarded, rooms)
    registerStreamRoute(guarded, rooms)
  })
  await servePages(server, rooms.webDir)
  return server
}

/** @throws {@link RefusedError} when nobody is signed in */
export async function identify(
  access: Access,
  request: { cookies: Record<string, string | undefined>; headers: { authorization?: string } },
): Promise<Visitor> {
  const visitor = await access.recognise({
    cookie: request.cookies['plimsoll_session'],
    authorization: request.headers.authorization,
  })
  if (visitor) return visitor
  throw new RefusedError(
    401,
    'SIGN_IN',
    'Nobody is signed in. Open the sign-in link the console printed when it started, or send "Authorization: Bearer" with the content of its viewer-token file.',
  )
}

/** @throws {@link RefusedError} unless the visitor may change things and meant to */
export function checkMayChange(visitor: Visitor, csrfToken: unknown): void {
  if (visitor.role === 'viewer') {
    throw new RefusedError(403, 'ROLE', 'A viewer can look and change nothing. Sign in as a responder.')
  }
  if (visitor.csrfToken !== null && visitor.csrfToken !== csrfToken) {
    throw new RefusedError(
      403,
      'CSRF',
      'The request lacks the token of this session (x-plimsoll-csrf). Reload the page and try again.',
    )
  }
}

async function servePages(server: FastifyInstance, webDir: string): Promise<void> {
  const hasPages = existsSync(webDir)
  if (hasPages) {
    await server.register(fastifyStatic, {
      root: webDir,
      index: ['index.html'],
      // Names of built files carry their content's hash; the page itself must be asked for again.
      setHeaders: (reply, path) =>
        void reply.setHeader(
          'cache-control',
          path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
        ),
    })
  }
  server.setNotFoundHandler(async (request, reply) => {
    const isPage = request.method === 'GET' && !request.url.startsWith('/api/')
    // The pages route by themselves, so every address of theirs is the same file.
    if (hasPages && isPage) return reply.sendFile('index.html')
    const why = isPage
      ? 'The web pages are not built: run npm run build.'
      : `There is nothing at ${request.method} ${request.url.slice(0, 200)}.`
    throw new RefusedError(404, 'NOT_FOUND', why)
  })
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
    const message = `${messageOf(error)}. Send JSON with content-type application/json.`
    return reply.code(error.statusCode).send(toApiError('PLIMSOLL_CONSOLE_REQUEST', message))
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
