import { InvalidOptionError, messageOf } from '@plimsoll/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ForeignAlert, nameOf } from '../../collect/alert-book.ts'
import { RefusedError } from '../../errors.ts'
import { stateOf } from '../../incident/silence.ts'
import { readAlerts, readWebhook } from '../alertmanager/alerts-in.ts'
import { listAlerts, type Query, readFilter, receiverOf, receiversOf } from '../alertmanager/alerts-out.ts'
import { hasMatcher, readSilence, toSilence } from '../alertmanager/silences.ts'
import { toTime } from '../alertmanager/times.ts'
import type { AlertGroup, AlertmanagerStatus } from '../contract.ts'
import type { Rooms } from '../rooms.ts'
import { readBody } from '../body.ts'
import { consoleVersion } from './sign-in.ts'

/*
 * Alertmanager's API v2, so that whoever talks to an Alertmanager talks to this console: Prometheus, amtool, Grafana, scripts.
 * Its shapes, its words and its status codes are theirs. A refusal is a JSON string.
 */

const MAX_BODY_BYTES = 8 * 1024 * 1024
/** Until a store may be back: a database that starts again takes seconds. */
const RETRY_AFTER_SECONDS = '10'

export async function registerAlertmanagerRoutes(root: FastifyInstance, rooms: Rooms): Promise<void> {
  await root.register((server) => {
    // A curl without a content type means JSON, too.
    server.removeAllContentTypeParsers()
    server.addContentTypeParser('*', { parseAs: 'string', bodyLimit: MAX_BODY_BYTES }, (request, body, done) => {
      try {
        done(null, readBody(request, body as string) ?? null)
      } catch (error) {
        done(error as RefusedError)
      }
    })
    server.setErrorHandler((error: Error & { statusCode?: number; status?: number }, request, reply) => {
      const status = error instanceof InvalidOptionError ? 400 : (error.status ?? error.statusCode ?? 503)
      if (status === 503) rooms.log(`${request.method} ${request.url.split('?')[0]} failed: ${messageOf(error)}`)
      if (status === 503) void reply.header('retry-after', RETRY_AFTER_SECONDS)
      const words =
        status === 503 && !(error instanceof RefusedError)
          ? 'the console could not do it now; nothing was changed'
          : status === 413
            ? 'the body is larger than 8 MiB; send it in smaller pieces'
            : messageOf(error)
      return reply.code(status).type('application/json').send(JSON.stringify(words))
    })
    registerRoutes(server, rooms)
  })
}

function registerRoutes(server: FastifyInstance, rooms: Rooms): void {
  const { alerts, silences, clock, config } = rooms
  const look = { config: { who: 'alert', isUnaudited: true } } as const
  const act = { config: { who: 'alert' } } as const

  server.post(
    '/api/v2/alerts',
    { config: { who: 'alert', isUnaudited: true }, bodyLimit: MAX_BODY_BYTES },
    async (request, reply) => {
      const { taken: all, wrong } = readAlerts(request.body, config.alerts, clock.nowMs())
      const taken = withoutOwn(all, rooms)
      // What is right is taken, and what is wrong is named.
      await alerts.post(taken)
      tellServices(rooms, taken)
      if (wrong.length > 0) throw new RefusedError(400, 'ALERTS', wrong.join('; '))
      return reply.code(200).send()
    },
  )

  server.get<{ Querystring: Query }>('/api/v2/alerts', look, (request) => listAlerts(rooms, request.query))

  server.get<{ Querystring: Query }>('/api/v2/alerts/groups', look, (request) => {
    const groups = new Map<string, AlertGroup>()
    for (const alert of listAlerts(rooms, request.query)) {
      const labels = { alertname: nameOf(alert.labels), service: alerts.serviceOf(alert.labels) }
      const key = JSON.stringify(labels)
      const group: AlertGroup = groups.get(key) ?? { labels, receiver: receiverOf(rooms), alerts: [] }
      group.alerts.push(alert)
      groups.set(key, group)
    }
    return [...groups.values()]
  })

  server.get('/api/v2/receivers', look, () => receiversOf(rooms))

  server.get('/api/v2/status', look, (): AlertmanagerStatus => ({
    cluster: { status: 'disabled', peers: [] },
    config: { original: '' },
    uptime: toTime(rooms.startedAtMs),
    versionInfo: {
      branch: '',
      buildDate: '',
      buildUser: '',
      goVersion: `node ${process.versions.node}`,
      revision: '',
      version: `plimsoll ${consoleVersion}`,
    },
  }))

  server.get<{ Querystring: Query }>('/api/v2/silences', look, (request) => {
    const filter = readFilter(request.query)
    const nowMs = clock.nowMs()
    const order = { active: 0, pending: 1, expired: 2 }
    return silences
      .all()
      .filter((silence) => filter.every((matcher) => hasMatcher(silence, matcher)))
      .sort(
        (one, other) =>
          order[stateOf(one, nowMs)] - order[stateOf(other, nowMs)] ||
          (stateOf(one, nowMs) === 'expired' ? other.endsAtMs - one.endsAtMs : one.endsAtMs - other.endsAtMs),
      )
      .map((silence) => toSilence(silence, nowMs))
  })

  server.post('/api/v2/silences', act, async (request) => {
    const { id, wanted } = readSilence(request.body)
    const silenceID = await silences.save(id, wanted)
    return { silenceID }
  })

  server.get<{ Params: { id: string } }>('/api/v2/silence/:id', look, (request) => {
    const silence = silences.find(request.params.id)
    if (!silence) throw new RefusedError(404, 'NOT_FOUND', `silence ${request.params.id.slice(0, 100)} not found`)
    return toSilence(silence, clock.nowMs())
  })

  server.delete<{ Params: { id: string } }>('/api/v2/silence/:id', act, async (request, reply) => {
    await silences.expire(request.params.id)
    return reply.code(200).send()
  })

  server.post(
    '/api/v1/webhooks/alertmanager',
    { config: { who: 'alert', isUnaudited: true }, bodyLimit: MAX_BODY_BYTES },
    async (request) => {
      const { taken: all, wrong } = readWebhook(request.body, config.alerts, clock.nowMs())
      const taken = withoutOwn(all, rooms)
      await alerts.post(taken)
      tellServices(rooms, taken)
      if (wrong.length > 0) throw new RefusedError(400, 'ALERTS', wrong.join('; '))
      return { taken: taken.length }
    },
  )

  for (const path of ['/-/healthy', '/-/ready']) {
    server.get(path, { config: { who: 'anyone' } }, (_request, reply: FastifyReply) =>
      reply.type('text/plain').send('OK'),
    )
  }
  server.post('/-/reload', { config: { who: 'rule' } }, (_request: FastifyRequest, reply: FastifyReply) =>
    reply
      .code(501)
      .type('text/plain')
      .send('The configuration is read at the start. Restart the console: nothing is lost by it.'),
  )
}

/** What we sent to an Alertmanager that sends to us comes back, and is no second problem. */
function withoutOwn(alerts: ForeignAlert[], { publicUrl }: Rooms): ForeignAlert[] {
  return alerts.filter(({ generatorUrl }) => !generatorUrl.startsWith(`${publicUrl()}/incidents/`))
}

function tellServices({ alerts, onNews }: Rooms, taken: readonly ForeignAlert[]): void {
  for (const service of new Set(taken.map(({ labels }) => alerts.serviceOf(labels)))) onNews(service)
}
