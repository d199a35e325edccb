import { Reader } from '@plimsoll/core'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { RefusedError } from '../../errors.ts'
import { insertAudit, savePassword } from '../../storage/people.ts'
import { sessionCookie } from '../access.ts'
import { Limiter } from '../limiter.ts'
import { hashPassword } from '../password.ts'
import { paths, type Session, type SignInLink } from '../contract.ts'
import { sendSmallPage } from '../page.ts'
import type { Rooms } from '../rooms.ts'
import { addressOf, tooOften } from '../server.ts'

export const consoleVersion = '0.1.0'

const MIN_PASSWORD_LENGTH = 12

export function registerSignInRoutes(server: FastifyInstance, rooms: Rooms): void {
  const { access, config, publicUrl, sql, clock } = rooms
  // Five tries at once, then one in ten seconds: a person with a wrong password is not locked out, a machine gets nowhere.
  const byName = new Limiter(clock, { burst: 5, perSec: 0.1, maxKeys: 10_000 })
  const byAddress = new Limiter(clock, { burst: 20, perSec: 0.5, maxKeys: 10_000 })
  server.get<{ Querystring: { token?: string } }>(
    paths.signIn,
    { config: { who: 'anyone' } },
    async (request, reply) => {
      try {
        keepSession(reply, await access.signIn(String(request.query.token ?? '').slice(0, 200)))
        return reply.redirect('/', 303)
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error
        return sendSmallPage(reply.code(error.status), { title: 'Not signed in', sentence: error.message })
      }
    },
  )

  server.get(paths.session, { config: { who: 'look' } }, async (request): Promise<Session> => {
    const visitor = request.visitor!
    return {
      name: visitor.name,
      role: visitor.role,
      csrfToken: visitor.csrfToken ?? '',
      expiresAtMs: visitor.expiresAtMs ?? 0,
      links: config.links,
      consoleVersion,
    }
  })

  server.post(paths.signInLinks, { config: { who: 'rule' } }, async (): Promise<SignInLink> => {
    const { token, expiresAtMs } = await access.createSignInToken()
    return { url: `${publicUrl()}${paths.signIn}?token=${token}`, expiresAtMs }
  })

  server.post(
    paths.signInByPassword,
    { config: { who: 'anyone' } },
    async (request, reply): Promise<{ name: string }> => {
      const reader = new Reader(request.body).object().onlyKeys(['name', 'password'])
      const name = reader.at('name').string({ maxLength: 100 })
      const password = reader.at('password').string({ maxLength: 500 })
      reader.finish('Sign-in')
      // Per person and per address: neither one account nor many can be tried at leisure.
      const waitMs = Math.max(byName.take(name), byAddress.take(addressOf(request)))
      if (waitMs > 0) throw tooOften(reply, waitMs)
      const session = await access.signInByPassword(name, password)
      const what = `POST ${paths.signInByPassword}`
      await insertAudit(sql, { atMs: clock.nowMs(), who: name, role: '', what, status: session ? 200 : 403 })
      if (!session) throw new RefusedError(403, 'PASSWORD', 'Name and password do not fit together.')
      byName.forgive(name)
      keepSession(reply, session)
      return { name }
    },
  )

  /** Whoever came by the link that the console printed says who he is, so that the timeline can. */
  server.post(paths.ownName, { config: { who: 'look' } }, async (request): Promise<{ name: string }> => {
    const reader = new Reader(request.body).object().onlyKeys(['name'])
    const name = reader.at('name').string({ maxLength: 100 }).trim()
    if (name === '') reader.at('name').fault('must not be empty')
    reader.finish('Name')
    const cookie = request.cookies[sessionCookie]
    if (cookie === undefined || request.visitor!.csrfToken === null || !(await access.nameSession(cookie, name)))
      throw new RefusedError(409, 'NAMED', 'This session has its name already, or is a tool.')
    return { name }
  })

  server.post(paths.ownPassword, { config: { who: 'look' } }, async (request, reply) => {
    const reader = new Reader(request.body).object().onlyKeys(['password'])
    const password = reader.at('password').string({ maxLength: 500 })
    if (password.length < MIN_PASSWORD_LENGTH)
      reader.at('password').fault(`must have at least ${MIN_PASSWORD_LENGTH} characters`)
    reader.finish('Password')
    if (!(await savePassword(sql, request.visitor!.name, await hashPassword(password))))
      throw new RefusedError(
        409,
        'NO_ACCOUNT',
        `${request.visitor!.name} has no account. An admin makes one under People.`,
      )
    return reply.code(204).send()
  })

  server.post(paths.signOut, { config: { who: 'look' } }, async (request, reply) => {
    const cookie = request.cookies[sessionCookie]
    if (cookie !== undefined) await access.signOut(cookie)
    return reply.clearCookie(sessionCookie, { path: '/' }).code(204).send()
  })

  function keepSession(reply: FastifyReply, { token, maxAgeMs }: { token: string; maxAgeMs: number }): void {
    void reply.setCookie(sessionCookie, token, {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: publicUrl().startsWith('https:'),
      maxAge: maxAgeMs / 1000,
    })
  }
}
