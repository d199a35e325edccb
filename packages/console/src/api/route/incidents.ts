import { DAY_MS, Reader } from '@plimsoll/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RefusedError } from '../../errors.ts'
import { draftPostmortem } from '../../postmortem/draft.ts'
import { postmortemPolicy, renderPostmortemHtml } from '../../postmortem/html.ts'
import { editableSections, renderPostmortem } from '../../postmortem/render.ts'
import { readIncident, readRecent, readTimeline, saveEdit } from '../../storage/incidents.ts'
import { readDeliveries } from '../../storage/outbox.ts'
import { createDrill, isDrillOf } from '../../incident/drill.ts'
import type { IncidentEvent } from '../../engine/step.ts'
import type { DeliveryLog, Incident, IncidentList } from '../contract.ts'
import type { Rooms } from '../rooms.ts'
import { toIncident, toSummary } from '../view/incident.ts'

/** A week: longer is not quiet, it is forgotten. */
const MAX_SNOOZE_MS = 7 * DAY_MS

interface OneIncident {
  Params: { id: string }
}

export function registerIncidentRoutes(server: FastifyInstance, rooms: Rooms): void {
  server.get<{ Querystring: { state?: string } }>(
    '/api/v1/incidents',
    { config: { who: 'look' } },
    async (request): Promise<IncidentList> => {
      const isOpenOnly = request.query.state === 'open'
      const records = isOpenOnly ? rooms.engine.openIncidents().reverse() : await readRecent(rooms.sql, 200)
      return { incidents: records.map(toSummary) }
    },
  )

  server.get<OneIncident>('/api/v1/incidents/:id', { config: { who: 'look' } }, async (request) =>
    showIncident(rooms, idOf(request)),
  )

  server.get<OneIncident>(
    '/api/v1/incidents/:id/postmortem.md',
    { config: { who: 'look' } },
    async (request, reply) => {
      const { postmortem } = await showIncident(rooms, idOf(request))
      if (postmortem === null) {
        throw new RefusedError(
          404,
          'NO_POSTMORTEM',
          'There is no postmortem yet: it is drafted when the incident is resolved.',
        )
      }
      return reply.type('text/markdown; charset=utf-8').send(postmortem)
    },
  )

  server.get<OneIncident>(
    '/api/v1/incidents/:id/postmortem.html',
    { config: { who: 'look' } },
    async (request, reply) => {
      const id = idOf(request)
      const stored = await readIncident(rooms.sql, id)
      if (!stored) throw unknownIncident(id)
      const [timeline, deliveries] = await Promise.all([readTimeline(rooms.sql, id), readDeliveries(rooms.sql, id)])
      const page = renderPostmortemHtml(
        draftPostmortem(stored.record, timeline, deliveries),
        stored.record,
        stored.edits,
      )
      return reply.header('content-security-policy', postmortemPolicy).type('text/html; charset=utf-8').send(page)
    },
  )

  server.post<OneIncident>(
    '/api/v1/incidents/:id/postmortem',
    { config: { who: 'act' } },
    async (request): Promise<Incident> => {
      const reader = new Reader(request.body).object().onlyKeys(['section', 'text'])
      const section = reader.at('section').oneOf(editableSections)
      const text = reader.at('text').stringOrNull({ maxLength: 50_000 })
      reader.finish('Edit')
      const id = idOf(request)
      if (!(await readIncident(rooms.sql, id))) throw unknownIncident(id)
      await saveEdit(rooms.sql, id, section, text)
      return showIncident(rooms, id)
    },
  )

  const change = <T>(
    path: string,
    read: (reader: Reader) => T,
    event: (said: T, by: string, note: string, request: FastifyRequest) => IncidentEvent,
  ) =>
    server.post<OneIncident>(
      `/api/v1/incidents/:id/${path}`,
      { config: { who: 'act' } },
      async (request): Promise<Incident> => {
        const reader = new Reader(request.body ?? {}).object()
        const note = reader.at('note').string({ maxLength: 2000, fallback: '' })
        // A tool speaks for whoever uses it, and says so; a session has its own name.
        const said = reader.at('by').string({ maxLength: 100, fallback: '' }).trim()
        const { name, csrfToken } = request.visitor!
        const by = csrfToken === null && said !== '' ? said : name
        const wanted = read(reader)
        reader.finish('Request')
        const id = idOf(request)
        const wish = event(wanted, by, note, request)
        const record = await rooms.engine.apply(id, wish)
        if (!record) throw unknownIncident(id)
        // Who approves must know when there was nothing to approve.
        if (wish.type === 'approve' && !record.actions.some((action) => action.id === wish.actionId))
          throw new RefusedError(
            404,
            'NOT_FOUND',
            `Incident ${id} has no action "${wish.actionId.slice(0, 100)}". Nothing was approved.`,
          )
        return showIncident(rooms, id)
      },
    )
  const plain = (reader: Reader) => void reader.onlyKeys(['note', 'by'])

  change('acknowledge', plain, (_said, by, note) => ({ type: 'acknowledge', by, note }))
  change('resolve', plain, (_said, by, note) => ({ type: 'resolve', by, note }))
  change('escalate', plain, (_said, by, note) => ({ type: 'escalate', by, note }))
  change('actions/:action/approve', plain, (_said, by, _note, request) => ({
    type: 'approve',
    by,
    actionId: (request.params as { action: string }).action,
  }))
  change(
    'notes',
    (reader) => {
      plain(reader)
      if (reader.at('note').isAbsent || reader.at('note').raw === '') reader.at('note').fault('must not be empty')
    },
    (_said, by, note) => ({ type: 'note', by, note }),
  )
  change(
    'snooze',
    (reader) => reader.onlyKeys(['note', 'by', 'forMs']).at('forMs').number({ min: 1000, max: MAX_SNOOZE_MS }),
    (forMs, by, note) => ({ type: 'snooze', by, note, untilMs: rooms.clock.nowMs() + forMs }),
  )
  change(
    'reassign',
    (reader) => {
      const teams = reader.onlyKeys(['note', 'by', 'teams']).at('teams')
      const named = teams.list((team) => team.string({ maxLength: 100 }), { maxLength: 20 })
      const known = rooms.config.teams.map(({ name }) => name)
      if (named.length === 0) teams.fault('must name a team')
      for (const name of named.filter((team) => !known.includes(team)))
        teams.fault(`names the team "${name}", which does not exist (known: ${known.join(', ')})`)
      return named
    },
    (teams, by, note) => ({ type: 'reassign', by, teams, note }),
  )

  server.post('/api/v1/drills', { config: { who: 'act' } }, async (request): Promise<Incident> => {
    const reader = new Reader(request.body ?? {}).object().onlyKeys(['service', 'by'])
    const service = reader.at('service').string({ maxLength: 200 })
    const by = reader.at('by').string({ maxLength: 100, fallback: request.visitor!.name })
    reader.finish('Drill')
    if (!rooms.serviceNames().includes(service))
      throw new RefusedError(404, 'NOT_FOUND', `There is no service "${service}" to rehearse with.`)
    if (rooms.engine.openIncidents().some((open) => isDrillOf(open, service)))
      throw new RefusedError(409, 'DRILL', `A drill of ${service} is under way. Acknowledge and resolve it first.`)
    const alert = createDrill(service, by, rooms.clock.nowMs())
    await rooms.engine.raise(alert, rooms.facts(service))
    return showIncident(rooms, rooms.engine.openIncidents().find((open) => isDrillOf(open, service))!.id)
  })

  server.post<OneIncident>(
    '/api/v1/incidents/:id/merge',
    { config: { who: 'act' } },
    async (request): Promise<Incident> => {
      const reader = new Reader(request.body ?? {}).object().onlyKeys(['into'])
      const into = reader.at('into').integer({ min: 1, max: 2_147_483_647 })
      reader.finish('Request')
      if (!(await readIncident(rooms.sql, into))) throw unknownIncident(into)
      const kept = await rooms.engine.merge(idOf(request), into, request.visitor!.name)
      if (!kept)
        throw new RefusedError(409, 'MERGE', 'Only two different incidents that are not resolved can become one.')
      return showIncident(rooms, into)
    },
  )

  server.get('/api/v1/deliveries', { config: { who: 'look' } }, async (): Promise<DeliveryLog> => ({
    deliveries: await readDeliveries(rooms.sql, null),
  }))
}

export async function showIncident({ engine, sql }: Rooms, id: number): Promise<Incident> {
  const stored = await readIncident(sql, id)
  if (!stored) throw unknownIncident(id)
  // Memory has the counters of the last seconds, too.
  const record = engine.openIncidents().find((open) => open.id === id) ?? stored.record
  const [timeline, deliveries] = await Promise.all([readTimeline(sql, id), readDeliveries(sql, id)])
  const postmortem =
    stored.postmortem === null ? null : renderPostmortem(draftPostmortem(record, timeline, deliveries), stored.edits)
  return toIncident(record, timeline, deliveries, postmortem)
}

function idOf({ params }: FastifyRequest): number {
  const id = Number((params as { id: string }).id)
  // PostgreSQL's integer ends there.
  if (!Number.isSafeInteger(id) || id < 1 || id > 2_147_483_647) throw unknownIncident((params as { id: string }).id)
  return id
}

function unknownIncident(id: number | string): RefusedError {
  return new RefusedError(
    404,
    'NOT_FOUND',
    `There is no incident ${String(id).slice(0, 40)}. Those that are stand under Incidents; in a terminal: plimsoll incidents --all`,
  )
}
