import { InvalidOptionError, messageOf, Reader } from '@plimsoll/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { nameOf, type ForeignAlert } from '../../collect/alert-book.ts'
import { RefusedError } from '../../errors.ts'
import { stateOf, type Silence } from '../../incident/silence.ts'
import { fingerprintOf } from '../../rule/fingerprint.ts'
import { checkMatcher, matchesAll, parseMatchers, type Labels, type Matcher } from '../../rule/matcher.ts'
import type { Rooms } from '../rooms.ts'
import { consoleVersion } from './sign-in.ts'

/*
 * Alertmanager's API v2, so that whoever talks to an Alertmanager talks to this console: Prometheus, amtool, Grafana, scripts.
 * Its shapes, its words and its status codes are theirs. A refusal is a JSON string.
 */

const MAX_ALERTS_A_POST = 10_000
const MAX_LABELS = 100
const MAX_BODY_BYTES = 8 * 1024 * 1024

type Query = Record<string, string | string[] | undefined>

export async function registerAlertmanagerRoutes(root: FastifyInstance, rooms: Rooms): Promise<void> {
  await root.register((server) => {
    // A curl without a content type means JSON, too.
    server.removeAllContentTypeParsers()
    server.addContentTypeParser('*', { parseAs: 'string', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) => {
      try {
        done(null, body === '' ? null : JSON.parse(body as string))
      } catch (error) {
        done(new RefusedError(400, 'JSON', `parsing body failed: ${messageOf(error)}`))
      }
    })
    server.setErrorHandler((error: Error & { statusCode?: number; status?: number }, request, reply) => {
      const status = error instanceof InvalidOptionError ? 400 : (error.status ?? error.statusCode ?? 503)
      if (status === 503) rooms.log(`${request.method} ${request.url.split('?')[0]} failed: ${messageOf(error)}`)
      const words = status === 503 ? 'the console could not do it now; nothing was changed' : messageOf(error)
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
      const { taken: all, wrong } = readAlerts(request.body, config.alerts.resolveTimeoutMs, clock.nowMs())
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
    const groups = new Map<
      string,
      { labels: Record<string, string>; receiver: { name: string }; alerts: GettableAlert[] }
    >()
    for (const alert of listAlerts(rooms, request.query)) {
      const labels = { alertname: nameOf(alert.labels), service: alerts.serviceOf(alert.labels) }
      const key = JSON.stringify(labels)
      const group = groups.get(key) ?? { labels, receiver: receiverOf(rooms), alerts: [] as GettableAlert[] }
      group.alerts.push(alert)
      groups.set(key, group)
    }
    return [...groups.values()]
  })

  server.get('/api/v2/receivers', look, () => receiversOf(rooms))

  server.get('/api/v2/status', look, () => ({
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
      const taken = withoutOwn(readWebhook(request.body, clock.nowMs()), rooms)
      await alerts.post(taken)
      tellServices(rooms, taken)
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

// ---------------------------------------------------------------- alerts in

/** `[{ labels, annotations?, startsAt?, endsAt?, generatorURL? }]`; those that are wrong are told, the others taken. */
function readAlerts(
  body: unknown,
  resolveTimeoutMs: number,
  nowMs: number,
): { taken: ForeignAlert[]; wrong: string[] } {
  if (!Array.isArray(body)) throw new RefusedError(400, 'ALERTS', 'the body must be a list of alerts')
  if (body.length > MAX_ALERTS_A_POST)
    throw new RefusedError(
      413,
      'ALERTS',
      `a post may have ${MAX_ALERTS_A_POST} alerts, and this one has ${body.length}`,
    )
  const taken: ForeignAlert[] = []
  const wrong: string[] = []
  for (const [index, item] of body.entries()) {
    try {
      taken.push(readAlert(item, index, resolveTimeoutMs, nowMs))
    } catch (error) {
      if (wrong.length < 10) wrong.push(messageOf(error))
    }
  }
  return { taken, wrong }
}

function readAlert(item: unknown, index: number, resolveTimeoutMs: number, nowMs: number): ForeignAlert {
  const reader = new Reader(item, `[${index}]`).object()
  const labels = readLabels(reader.at('labels'))
  const given = { startsAtMs: readTime(reader.at('startsAt')), endsAtMs: readTime(reader.at('endsAt')) }
  const startsAtMs = given.startsAtMs ?? given.endsAtMs ?? nowMs
  const endsAtMs = given.endsAtMs ?? nowMs + resolveTimeoutMs
  if (startsAtMs > endsAtMs) reader.fault('start time must be before end time')
  const alert: ForeignAlert = {
    fingerprint: fingerprintOf(labels),
    labels,
    annotations: readAnnotations(reader.at('annotations')),
    startsAtMs,
    endsAtMs,
    updatedAtMs: nowMs,
    isTimeout: given.endsAtMs === null,
    generatorUrl: reader.at('generatorURL').string({ maxLength: 2000, fallback: '' }),
  }
  reader.finish('invalid alert')
  return alert
}

/** Alertmanager's webhook, version 4. It is repeated after hours, so what fires goes on until it is said to be over. */
function readWebhook(body: unknown, nowMs: number): ForeignAlert[] {
  const reader = new Reader(body).object()
  if (reader.at('version').raw !== '4') reader.at('version').fault('must be "4"')
  const taken = reader.at('alerts').list(
    (item) => {
      const labels = readLabels(item.object().at('labels'))
      const isOver = item.at('status').oneOf(['firing', 'resolved']) === 'resolved'
      return {
        fingerprint: fingerprintOf(labels),
        labels,
        annotations: readAnnotations(item.at('annotations')),
        startsAtMs: readTime(item.at('startsAt')) ?? nowMs,
        endsAtMs: isOver ? Math.min(readTime(item.at('endsAt')) ?? nowMs, nowMs) : null,
        updatedAtMs: nowMs,
        isTimeout: false,
        generatorUrl: item.at('generatorURL').string({ maxLength: 2000, fallback: '' }),
      }
    },
    { maxLength: MAX_ALERTS_A_POST },
  )
  reader.finish('invalid webhook')
  return taken
}

function readLabels(reader: Reader): Record<string, string> {
  const labels = readTexts(reader, 2000)
  if (Object.keys(labels).length === 0) reader.fault('at least one label pair required')
  return labels
}

function readAnnotations(reader: Reader): Record<string, string> {
  return reader.isAbsent ? {} : readTexts(reader, 20_000)
}

/** An empty value is a label that is not there. */
function readTexts(reader: Reader, maxLength: number): Record<string, string> {
  const texts = reader.object().record((text) => text.string({ maxLength }), { maxKeys: MAX_LABELS })
  for (const name of Object.keys(texts))
    if (name === '' || name.length > 500) reader.fault('has a name that is empty or too long')
  return Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== ''))
}

/** RFC 3339, to the millisecond; null for an absent one and for Go's zero time. */
function readTime(reader: Reader): number | null {
  if (reader.isAbsent || reader.raw === '') return null
  const text = reader.string({ maxLength: 60 })
  const match = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.exec(text)
  const atMs = match
    ? Date.parse(`${match[1]}T${match[2]}${(match[3] ?? '').slice(0, 4)}${match[4]!.toUpperCase()}`)
    : NaN
  if (Number.isNaN(atMs)) reader.fault('must be an instant such as 2023-05-10T14:00:00Z')
  return Number.isNaN(atMs) || atMs < 0 ? null : atMs
}

// ---------------------------------------------------------------- alerts out

interface GettableAlert {
  annotations: Labels
  endsAt: string
  fingerprint: string
  receivers: { name: string }[]
  startsAt: string
  status: {
    inhibitedBy: string[]
    mutedBy: string[]
    silencedBy: string[]
    state: 'unprocessed' | 'active' | 'suppressed'
  }
  updatedAt: string
  generatorURL: string
  labels: Labels
}

/** Alerts of others and our own that fire. */
function listAlerts(rooms: Rooms, query: Query): GettableAlert[] {
  const filter = readFilter(query)
  const receiver = oneOf(query['receiver'])
  const names = receiversOf(rooms).map(({ name }) => name)
  if (receiver !== undefined && !names.some((name) => matchesAll([regexOf(receiver)], { receiver: name }))) return []
  const wants = (name: string) => oneOf(query[name]) !== 'false'
  return [...foreignAlerts(rooms), ...ownAlerts(rooms)]
    .filter(({ labels }) => matchesAll(filter, labels))
    .filter(({ status }) => {
      if (status.silencedBy.length > 0) return wants('silenced')
      if (status.inhibitedBy.length > 0) return wants('inhibited')
      return status.state === 'unprocessed' ? wants('unprocessed') : wants('active')
    })
    .sort((one, other) => (one.fingerprint < other.fingerprint ? -1 : 1))
}

function foreignAlerts(rooms: Rooms): GettableAlert[] {
  const { alerts, clock, engine } = rooms
  const open = engine.openIncidents()
  const nowMs = clock.nowMs()
  return alerts.active().map(({ labels, annotations, fingerprint, ...alert }) => {
    // One that goes on until it is said to be over has no end to tell; it is told as one that is repeated.
    const endsAtMs = alert.endsAtMs ?? nowMs + rooms.config.alerts.resolveTimeoutMs
    const key = `alert/${alerts.serviceOf(labels)}/${nameOf(labels)}`
    const isProcessed = open.some((incident) => incident.alerts.some((known) => known.fingerprint === key))
    const speakers = open
      .filter(({ spokenFor }) => !isProcessed && spokenFor?.includes(key))
      .map(({ id }) => `INC-${id}`)
    return {
      annotations,
      endsAt: toTime(endsAtMs),
      fingerprint,
      receivers: [receiverOf(rooms)],
      startsAt: toTime(alert.startsAtMs),
      status: statusOf(rooms, labels, speakers, isProcessed),
      updatedAt: toTime(alert.updatedAtMs),
      generatorURL: alert.generatorUrl,
      labels,
    }
  })
}

function ownAlerts(rooms: Rooms): GettableAlert[] {
  const { clock, engine, publicUrl } = rooms
  const nowMs = clock.nowMs()
  return engine.openIncidents().flatMap(({ id, alerts }) =>
    alerts
      .filter(({ clearedAtMs, fingerprint }) => clearedAtMs === null && !fingerprint.startsWith('alert/'))
      .map(({ labels, annotations, firstAtMs, lastAtMs }) => ({
        annotations,
        endsAt: toTime(nowMs + rooms.config.alerts.resolveTimeoutMs),
        fingerprint: fingerprintOf(labels),
        receivers: [receiverOf(rooms)],
        startsAt: toTime(firstAtMs),
        status: statusOf(rooms, labels, [], true),
        updatedAt: toTime(lastAtMs),
        generatorURL: `${publicUrl()}/incidents/${id}`,
        labels,
      })),
  )
}

function statusOf(
  { silences }: Rooms,
  labels: Labels,
  inhibitedBy: string[],
  isProcessed: boolean,
): GettableAlert['status'] {
  const silencedBy = silences.hiding(labels).map(({ id }) => id)
  const isSuppressed = silencedBy.length > 0 || inhibitedBy.length > 0
  return {
    inhibitedBy,
    mutedBy: [],
    silencedBy,
    state: isSuppressed ? 'suppressed' : isProcessed ? 'active' : 'unprocessed',
  }
}

/** Whom alerts reach first. */
function receiverOf({ config }: Rooms): { name: string } {
  return { name: config.escalation.levels[0]?.teams[0] ?? 'plimsoll' }
}

function receiversOf(rooms: Rooms): { name: string }[] {
  const names = rooms.config.teams.map(({ name }) => ({ name }))
  return names.length > 0 ? names : [receiverOf(rooms)]
}

function readFilter(query: Query): Matcher[] {
  const given = query['filter']
  const texts = given === undefined ? [] : Array.isArray(given) ? given : [given]
  try {
    return texts.flatMap((text) => parseMatchers(text))
  } catch (error) {
    throw new RefusedError(400, 'FILTER', `bad matcher format: ${messageOf(error)}`)
  }
}

function regexOf(value: string): Matcher {
  return checkMatcher({ name: 'receiver', value, isRegex: true, isEqual: true })
}

function oneOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

// ---------------------------------------------------------------- silences

function readSilence(body: unknown): { id: string | null; wanted: Omit<Silence, 'id' | 'updatedAtMs'> } {
  const reader = new Reader(body).object()
  const matchers = reader.at('matchers').list(
    (matcher) => ({
      name: matcher.at('name').string({ maxLength: 500 }),
      value: matcher.at('value').string({ maxLength: 2000 }),
      isRegex: matcher.at('isRegex').boolean(),
      isEqual: matcher.at('isEqual').boolean({ fallback: true }),
    }),
    { maxLength: MAX_LABELS },
  )
  const startsAtMs = readTime(reader.at('startsAt'))
  const endsAtMs = readTime(reader.at('endsAt'))
  if (startsAtMs === null) reader.at('startsAt').fault('in body is required')
  if (endsAtMs === null) reader.at('endsAt').fault('in body is required')
  const id = reader.at('id').string({ maxLength: 100, fallback: '' })
  const wanted = {
    matchers,
    startsAtMs: startsAtMs ?? 0,
    endsAtMs: endsAtMs ?? 0,
    createdBy: reader.at('createdBy').string({ maxLength: 200 }),
    comment: reader.at('comment').string({ maxLength: 10_000 }),
  }
  reader.finish('invalid silence')
  for (const matcher of matchers) checkMatcher(matcher)
  return { id: id === '' ? null : id, wanted }
}

function toSilence(silence: Silence, nowMs: number): object {
  const { id, matchers, startsAtMs, endsAtMs, createdBy, comment, updatedAtMs } = silence
  return {
    id,
    status: { state: stateOf(silence, nowMs) },
    updatedAt: toTime(updatedAtMs),
    comment,
    createdBy,
    endsAt: toTime(endsAtMs),
    matchers: matchers.map(({ isEqual, isRegex, name, value }) => ({ isEqual, isRegex, name, value })),
    startsAt: toTime(startsAtMs),
  }
}

/** As Alertmanager filters silences: one of its matchers is about this label and fits. */
function hasMatcher({ matchers }: Silence, wanted: Matcher): boolean {
  const named = matchers.filter(({ name }) => name === wanted.name)
  return named.some(({ value }) => matchesAll([wanted], { [wanted.name]: value }))
}

function toTime(atMs: number): string {
  return new Date(atMs).toISOString()
}
