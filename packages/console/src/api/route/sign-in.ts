import type { FastifyInstance } from 'fastify'
import { RefusedError } from '../../errors.ts'
import { sessionCookie } from '../access.ts'
import { paths, type Session, type SignInLink } from '../contract.ts'
import { renderPage } from '../page.ts'
import type { Rooms } from '../rooms.ts'
import { checkMayChange, identify } from '../server.ts'

export const consoleVersion = '0.1.0'

export function registerSignInRoutes(server: FastifyInstance, { access, config, publicUrl }: Rooms): void {
  server.get<{ Querystring: { token?: string } }>(paths.signIn, async (request, reply) => {
    try {
      const { token, maxAgeMs } = await access.signIn(String(request.query.token ?? '').slice(0, 200))
      const secure = publicUrl().startsWith('https:')
      reply.setCookie(sessionCookie, token, {
        path: '/',
        httpOnly: true,
        sameSite: 'lax',
        secure,
        maxAge: maxAgeMs / 1000,
      })
      return reply.redirect('/', 303)
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error
      return reply.code(error.status).type('text/html').send(renderPage('Not signed in', error.message))
    }
  })

  server.get(paths.session, async (request): Promise<Session> => {
    const visitor = await identify(access, request)
    return {
      name: visitor.name,
      role: visitor.role,
      csrfToken: visitor.csrfToken ?? '',
      expiresAtMs: visitor.expiresAtMs ?? 0,
      links: config.links,
      consoleVersion,
    }
  })

  server.post(paths.signInLinks, async (request): Promise<SignInLink> => {
    checkMayChange(await identify(access, request), request.headers['x-plimsoll-csrf'])
    const { token, expiresAtMs } = await access.createSignInToken()
    return { url: `${publicUrl()}${paths.signIn}?token=${token}`, expiresAtMs }
  })

  server.post(paths.signOut, async (request, reply) => {
    checkMayChange(await identify(access, request), request.headers['x-plimsoll-csrf'])
    const cookie = request.cookies[sessionCookie]
    if (cookie !== undefined) await access.signOut(cookie)
    return reply.clearCookie(sessionCookie, { path: '/' }).code(204).send()
  })
}
