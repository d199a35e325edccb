import { ManualClock } from '@plimsoll/core/testing'
import type { FastifyInstance } from 'fastify'
import { beforeAll, expect, test } from 'vitest'
import { parseConfig } from '../config-file.ts'
import type { Access, Visitor } from './access.ts'
import { openApi } from './open-api/document.ts'
import type { Permission } from './permission.ts'
import type { Rooms } from './rooms.ts'
import { createServer } from './server.ts'

// Every route there is, as every kind of visitor. Behind the door nothing is furnished: whoever gets in meets a failure, not a refusal.
const routes: { method: string; path: string; who: Permission }[] = []
let server: FastifyInstance

const csrf = { 'x-plimsoll-csrf': 'token of the session' }
const session = (role: Visitor['role']) => ({ cookie: `plimsoll_session=${role}`, ...csrf })
const visitors: Record<string, Record<string, string>> = {
  nobody: {},
  'a forged token': { authorization: 'Bearer forged' },
  'a forged session': { cookie: 'plimsoll_session=forged', ...csrf },
  agent: { authorization: 'Bearer agent' },
  alerts: { authorization: 'Bearer alerts' },
  'alerts by password': { authorization: `Basic ${Buffer.from('anybody:alerts').toString('base64')}` },
  viewer: session('viewer'),
  responder: session('responder'),
  admin: session('admin'),
  'viewer by token': { authorization: 'Bearer viewer' },
  'responder by token': { authorization: 'Bearer responder' },
  'admin by token': { authorization: 'Bearer admin' },
}
const everybody = Object.keys(visitors)
const people = (...roles: string[]) => roles.flatMap((role) => [role, `${role} by token`])
const allowed: Record<Permission, string[]> = {
  anyone: everybody,
  look: people('viewer', 'responder', 'admin'),
  act: people('responder', 'admin'),
  rule: people('admin'),
  report: ['agent'],
  alert: ['alerts', 'alerts by password', ...people('responder', 'admin')],
  scrape: ['agent', 'alerts', 'alerts by password', ...people('viewer', 'responder', 'admin')],
}

beforeAll(async () => {
  const scopes = ['agent', 'alerts', 'viewer', 'responder', 'admin']
  const shown = (authorization = '') => {
    const basic = /^Basic (.*)$/.exec(authorization)?.[1]
    return basic ? Buffer.from(basic, 'base64').toString().split(':')[1] : /^Bearer (.*)$/.exec(authorization)?.[1]
  }
  const access = {
    tokenOf: (authorization?: string) => {
      const scope = shown(authorization)
      return scopes.includes(scope ?? '') ? { scope, name: '', service: null } : null
    },
    recognise: async ({ cookie, authorization }: { cookie?: string; authorization?: string }) => {
      const role = authorization === undefined ? cookie : shown(authorization)
      if (!['viewer', 'responder', 'admin'].includes(role ?? '')) return null
      return { name: role, role, csrfToken: authorization ? null : csrf['x-plimsoll-csrf'], expiresAtMs: null }
    },
  } as unknown as Access
  const rooms = {
    clock: new ManualClock(),
    config: parseConfig({}),
    access,
    live: { isFull: true },
    webDir: '/nonexistent',
    publicUrl: () => 'http://127.0.0.1:7700',
    log: () => {},
  } as unknown as Rooms
  server = await createServer(rooms, (methods, path, who) => {
    for (const method of methods.split(',')) if (method !== 'HEAD') routes.push({ method, path, who: who! })
  })
})

test('what the interface says of itself is what there is', () => {
  const said = Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, { 'x-who': string }>).map(
      ([method, { 'x-who': who }]) => `${method.toUpperCase()} ${path} ${String(who)}`,
    ),
  )
  const real = routes.map(({ method, path, who }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')} ${who}`)
  expect(said.sort()).toEqual(real.sort())
})

/** Words of a refusal at the door, whatever shape the answer has. */
const refusals = [
  /Nobody is signed in/,
  /may not do this/,
  /good for reporting only/,
  /agent token is missing or wrong/,
]

test('every route lets in whom it says, and nobody else', async () => {
  const wrong: string[] = []
  for (const { method, path, who } of routes) {
    for (const [name, headers] of Object.entries(visitors)) {
      const url = path.replaceAll(/:\w+/g, '1')
      const remoteAddress = `10.${routes.findIndex((route) => route.path === path)}.0.${everybody.indexOf(name)}`
      // A stream whose source fails is cut off: whoever began to read it was in.
      const cut = { payload: 'cut off', statusCode: 200 }
      const { payload, statusCode } = await server
        .inject({ method: method as 'GET', url, headers, remoteAddress })
        .catch(() => cut)
      const isIn = statusCode === 200 || !refusals.some((refusal) => refusal.test(payload))
      if (isIn !== allowed[who].includes(name))
        wrong.push(`${method} ${path} (${who}): ${name} ${isIn ? 'got in' : 'was refused'}`)
    }
  }
  expect(wrong).toEqual([])
})

test('a session changes nothing without its token, nor from another page', async () => {
  for (const { method, path, who } of routes.filter(
    ({ method, who }) => method !== 'GET' && who !== 'anyone' && who !== 'report',
  )) {
    const url = path.replaceAll(/:\w+/g, '1')
    const cookie = 'plimsoll_session=admin'
    const bare = await server.inject({ method: method as 'POST', url, headers: { cookie } })
    expect(`${path} ${who} ${bare.payload}`).toContain('lacks the token of this session')
    const elsewhere = await server.inject({
      method: method as 'POST',
      url,
      headers: { ...session('admin'), origin: 'https://elsewhere.example', host: '127.0.0.1:7700' },
    })
    expect(`${path} ${elsewhere.payload}`).toContain("not the console's")
  }
})

test('whoever guesses is slowed down', async () => {
  const statuses: number[] = []
  for (let tries = 0; tries < 700; tries++) {
    const { statusCode } = await server.inject({
      method: 'GET',
      url: '/api/v1/services',
      headers: { authorization: `Bearer guess-${tries}` },
      remoteAddress: '10.200.0.1',
    })
    statuses.push(statusCode)
  }
  expect(statuses.filter((status) => status === 401)).toHaveLength(600)
  expect(statuses.filter((status) => status === 429)).toHaveLength(100)
})
