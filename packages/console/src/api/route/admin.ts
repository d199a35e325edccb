import { Readable } from 'node:stream'
import { KiB, MiB, Reader } from '@plimsoll/core'
import type { FastifyInstance } from 'fastify'
import { RefusedError } from '../../errors.ts'
import { metrics } from '../../rule/rule-file.ts'
import { builtinRules } from '../../rule/builtin.ts'
import {
  deletePerson,
  insertAudit,
  deleteToken,
  insertToken,
  readAudit,
  readPeople,
  readTokens,
  savePerson,
  withoutSecrets,
} from '../../storage/people.ts'
import { exportAll, importAll } from '../../storage/export.ts'
import { saveDeploy } from '../../storage/rule-states.ts'
import { hashToken, newToken } from '../access.ts'
import {
  paths,
  type AuditLog,
  type Diagnosis,
  type NewToken,
  type People,
  type PlanView,
  type RuleList,
  type SignInLink,
  type TokenList,
} from '../contract.ts'
import type { Rooms } from '../rooms.ts'
import { toPlan } from '../view/plan.ts'
import { checkSlackSignature, readSlackPayload } from '../slack-interaction.ts'
import { sendSmallPage } from '../page.ts'
import { statusPolicy } from '../status-page.ts'
import { examine } from '../doctor.ts'
import { openApi } from '../open-api/document.ts'

const MAX_PEOPLE = 1000
const MAX_TOKENS = 1000
const MAX_IMPORT_BYTES = 256 * MiB
const MAX_SLACK_BYTES = 64 * KiB

/** People, tokens, the audit log; rules and plans as they are in force; heartbeats and deploys, which others tell. */
export function registerAdminRoutes(server: FastifyInstance, rooms: Rooms): void {
  const { sql, clock, config, access, publicUrl, heartbeats, fleet } = rooms
  const look = { config: { who: 'look' } } as const
  const rule = { config: { who: 'rule' } } as const

  server.get(paths.people, look, async (): Promise<People> => {
    const accounts = await readPeople(sql)
    const names = [...new Set([...config.people.map(({ name }) => name), ...accounts.map(({ name }) => name)])].sort()
    return {
      people: names.map((name) => {
        const account = accounts.find((row) => row.name === name)
        const person = config.people.find((known) => known.name === name)
        return {
          name,
          role: account?.role ?? null,
          hasPassword: account?.passwordHash !== undefined && account.passwordHash !== null,
          teams: config.teams.filter(({ members }) => members.includes(name)).map((team) => team.name),
          contacts: (person?.contacts ?? []).map(({ channel, to }) => ({ channel, to })),
        }
      }),
      teams: config.teams.map((team) => ({
        name: team.name,
        members: team.members,
        contacts: team.contacts.map(({ channel, to }) => ({ channel, to })),
      })),
    }
  })

  /** Makes an account, or changes its role, and answers a link that signs in once. */
  server.post(paths.people, rule, async (request): Promise<SignInLink> => {
    const reader = new Reader(request.body).object().onlyKeys(['name', 'role'])
    const name = reader.at('name').string({ maxLength: 100 }).trim()
    if (name === '') reader.at('name').fault('must not be empty')
    const role = reader.at('role').oneOf(['viewer', 'responder', 'admin'])
    reader.finish('Person')
    if ((await readPeople(sql)).length >= MAX_PEOPLE)
      throw new RefusedError(409, 'TOO_MANY_PEOPLE', `There are ${MAX_PEOPLE} accounts, the limit.`)
    await savePerson(sql, { name, role }, clock.nowMs())
    const { token, expiresAtMs } = await access.createSignInToken({ name, role })
    return { url: `${publicUrl()}${paths.signIn}?token=${token}`, expiresAtMs }
  })

  server.delete<{ Params: { name: string } }>('/api/v1/people/:name', rule, async (request, reply) => {
    const { name } = request.params
    if (!(await deletePerson(sql, name)))
      throw new RefusedError(404, 'NOT_FOUND', `${name.slice(0, 100)} has no account.`)
    return reply.code(204).send()
  })

  server.get(paths.tokens, rule, async (): Promise<TokenList> => ({
    tokens: (await readTokens(sql)).map(({ tokenHash: _hash, ...token }) => token),
  }))

  server.post(paths.tokens, rule, async (request): Promise<NewToken> => {
    const reader = new Reader(request.body).object().onlyKeys(['name', 'scope', 'service'])
    const name = reader.at('name').string({ maxLength: 100 }).trim()
    if (name === '') reader.at('name').fault('must not be empty')
    const scope = reader.at('scope').oneOf(['agent', 'alerts', 'viewer', 'responder', 'admin'])
    const service = reader.at('service').stringOrNull({ maxLength: 200 })
    if (service !== null && scope !== 'agent') reader.at('service').fault('means something to an agent only')
    reader.finish('Token')
    if ((await readTokens(sql)).length >= MAX_TOKENS)
      throw new RefusedError(409, 'TOO_MANY_TOKENS', `There are ${MAX_TOKENS} tokens, the limit. Take some back.`)
    const token = newToken()
    const tokenHash = hashToken(token)
    await insertToken(sql, { tokenHash, scope, name, service, createdBy: request.visitor!.name }, clock.nowMs())
    await access.load()
    return { id: tokenHash.slice(0, 12), token }
  })

  server.delete<{ Params: { id: string } }>('/api/v1/tokens/:id', rule, async (request, reply) => {
    if (!(await deleteToken(sql, request.params.id)))
      throw new RefusedError(404, 'NOT_FOUND', 'There is no such token.')
    await access.load()
    return reply.code(204).send()
  })

  server.get(paths.audit, rule, async (): Promise<AuditLog> => ({ entries: await readAudit(sql, 500) }))

  server.get(paths.rules, look, (): RuleList => ({
    rules: [
      ...builtinRules.map(({ name, what, cause, severity, forMs, keepMs }) => ({
        name,
        cause,
        severity,
        forMs,
        keepMs,
        isBuiltin: true,
        condition: what ?? null,
      })),
      ...config.rules.map(({ name, cause, severity, forMs, keepMs, metric, comparison, threshold, cache }) => ({
        name,
        cause,
        severity,
        forMs,
        keepMs,
        isBuiltin: false,
        condition: `${metric}${cache === null ? '' : ` of ${cache}`} ${comparison} ${threshold}${{ bytes: ' bytes', ms: ' ms', ratio: '', number: '' }[metrics[metric].unit]}`,
      })),
    ],
    firing: rooms.engine
      .openIncidents()
      .flatMap(({ alerts }) => alerts.filter(({ clearedAtMs }) => clearedAtMs === null).map(({ rule }) => rule)),
  }))

  server.get<{ Params: { service: string } }>('/api/v1/services/:service/plan', look, (request): PlanView => {
    const { service } = request.params
    if (!rooms.serviceNames().includes(service))
      throw new RefusedError(404, 'NOT_FOUND', `There is no service "${service.slice(0, 200)}".`)
    return toPlan(service, config, rooms.facts(service))
  })

  server.get(paths.configuration, rule, () => withoutSecrets(config))

  const beat = async (name: string) => {
    await heartbeats.beat(name)
    return { name }
  }
  const heartbeat = { config: { who: 'alert', isUnaudited: true } } as const
  server.post<{ Params: { name: string } }>('/api/v1/heartbeats/:name', heartbeat, (request) =>
    beat(request.params.name),
  )

  server.post(paths.deploys, { config: { who: 'alert' } }, async (request) => {
    const reader = new Reader(request.body).object().onlyKeys(['service', 'version', 'atMs'])
    const service = reader.at('service').string({ minLength: 1, maxLength: 200 })
    const version = reader.at('version').string({ minLength: 1, maxLength: 200 })
    const atMs = reader.at('atMs').number({ min: 0, max: clock.nowMs() + 60_000, fallback: clock.nowMs() })
    reader.finish('Deploy')
    await saveDeploy(sql, service, version, atMs)
    fleet.noteDeploy(service, version, atMs)
    return { service, version, atMs }
  })

  server.get(paths.export, rule, (_request, reply) =>
    reply.type('application/x-ndjson; charset=utf-8').send(Readable.from(exportAll(sql, clock.nowMs()))),
  )

  void server.register((inside, _options, done) => {
    inside.removeAllContentTypeParsers()
    inside.addContentTypeParser('*', { parseAs: 'string', bodyLimit: MAX_IMPORT_BYTES }, (_request, body, parsed) =>
      parsed(null, body),
    )
    inside.post(paths.import, { ...rule, bodyLimit: MAX_IMPORT_BYTES }, async (request) => {
      let rowCount = 0
      await rooms.takeUp(async () => {
        rowCount = await importAll(sql, typeof request.body === 'string' ? request.body : '')
      })
      return { rowCount }
    })
    // Anybody may knock: what is read before the signature is known stays small.
    const knock = { config: { who: 'anyone' }, bodyLimit: MAX_SLACK_BYTES } as const
    inside.post('/api/v1/slack/interactions', knock, async (request) => {
      const body = typeof request.body === 'string' ? request.body : ''
      const { 'x-slack-signature': signature, 'x-slack-request-timestamp': stamp } = request.headers
      checkSlackSignature(config.slack?.signingSecret ?? null, String(signature), String(stamp), body, clock.nowMs())
      const pressed = readSlackPayload(body)
      for (const id of pressed.acknowledged) {
        await rooms.engine.apply(id, { type: 'acknowledge', by: pressed.by, note: '' })
        const what = `POST /api/v1/slack/interactions acknowledge ${id}`
        await insertAudit(sql, { atMs: clock.nowMs(), who: pressed.by, role: 'by Slack', what, status: 200 })
      }
      return {}
    })
    done()
  })

  server.get(paths.doctor, rule, (): Promise<Diagnosis> => examine(rooms))

  server.get('/status', { config: { who: 'anyone' } }, (_request, reply) => {
    const page = rooms.statusPage()
    if (page === null)
      return sendSmallPage(reply.code(404), {
        title: 'There is no public status page here',
        sentence: 'Whoever runs this console can make one: a title under statusPage in its configuration.',
        link: { href: '/', words: 'To the console' },
      })
    return reply.header('content-security-policy', statusPolicy).type('text/html; charset=utf-8').send(page)
  })

  server.get(paths.openApi, { config: { who: 'anyone' } }, () => openApi)
}
