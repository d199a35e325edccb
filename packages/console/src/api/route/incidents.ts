import { Reader } from '@plimsoll/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RefusedError } from '../../errors.ts'
import { readIncident, readRecent, readTimeline } from '../../storage/incidents.ts'
import { readDeliveries } from '../../storage/outbox.ts'
import type { IncidentEvent } from '../../engine/step.ts'
import type { DeliveryLog, Incident, IncidentList } from '../contract.ts'
import type { Rooms } from '../rooms.ts'
import { toIncident, toSummary } from '../view/incident.ts'

interface OneIncident {
  Params: { id: string }
}

export function registerIncidentRoutes(server: FastifyInstance, rooms: Rooms): void {
  server.get<{ Querystring: { state?: string } }>('/api/v1/incidents', async (request): Promise<IncidentList> => {
    const isOpenOnly = request.query.state === 'open'
    const records = isOpenOnly ? rooms.engine.openIncidents().reverse() : await readRecent(rooms.sql, 200)
    return { incidents: records.map(toSummary) }
  })

  server.get<OneIncident>('/api/v1/incidents/:id', async (request) => showIncident(rooms, idOf(request)))

  server.get<OneIncident>('/api/v1/incidents/:id/postmortem.md', async (request, reply) => {
    const { postmortem } = await showIncident(rooms, idOf(request))
    if (postmortem === null) {
      throw new RefusedError(
        404,
        'NO_POSTMORTEM',
        'There is no postmortem yet: it is drafted when the incident is resolved.',
      )
    }
    return reply.type('text/markdown; charset=utf-8').send(postmortem)
  })

  const change = (path: string, event: (request: FastifyRequest, by: string, note: string) => IncidentEvent) =>
    server.post<OneIncident>(`/api/v1/incidents/:id/${path}`, async (request): Promise<Incident> => {
      const reader = new Reader(request.body ?? {}).object().onlyKeys(['note'])
      const note = reader.at('note').string({ maxLength: 2000, fallback: '' })
      reader.finish('Request')
      const id = idOf(request)
      const record = await rooms.engine.apply(id, event(request, request.visitor!.name, note))
      if (!record) throw unknownIncident(id)
      return showIncident(rooms, id)
    })

  change('acknowledge', (_request, by, note) => ({ type: 'acknowledge', by, note }))
  change('resolve', (_request, by, note) => ({ type: 'resolve', by, note }))
  change('actions/:action/approve', (request, by) => ({
    type: 'approve',
    by,
    actionId: (request.params as { action: string }).action,
  }))

  server.get('/api/v1/deliveries', async (): Promise<DeliveryLog> => ({
    deliveries: await readDeliveries(rooms.sql, null),
  }))
}

export async function showIncident({ engine, sql }: Rooms, id: number): Promise<Incident> {
  const stored = await readIncident(sql, id)
  if (!stored) throw unknownIncident(id)
  // Memory has the counters of the last seconds, too.
  const record = engine.openIncidents().find((open) => open.id === id) ?? stored.record
  const [timeline, deliveries] = await Promise.all([readTimeline(sql, id), readDeliveries(sql, id)])
  return toIncident(record, timeline, deliveries, stored.postmortem)
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
    `There is no incident ${String(id).slice(0, 40)}. GET /api/v1/incidents lists them.`,
  )
}
