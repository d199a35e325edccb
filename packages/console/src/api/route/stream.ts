import type { FastifyInstance } from 'fastify'
import { RefusedError } from '../../errors.ts'
import { MAX_LISTENERS } from '../live.ts'
import type { Rooms } from '../rooms.ts'
import { showIncident } from './incidents.ts'
import { readOverview } from './services.ts'

export function registerStreamRoute(server: FastifyInstance, rooms: Rooms): void {
  server.get<{ Querystring: { incident?: string; instance?: string } }>(
    '/api/v1/stream',
    { config: { who: 'look' } },
    async (request, reply) => {
      if (rooms.live.isFull) {
        throw new RefusedError(
          503,
          'STREAM_FULL',
          `${MAX_LISTENERS} pages listen already, the limit. Close some of them.`,
        )
      }
      const { incident, instance } = request.query
      const incidentId = incident === undefined ? null : Number(incident)
      const first =
        incidentId === null ? null : await showIncident(rooms, Number.isSafeInteger(incidentId) ? incidentId : 0)
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value)
      reply.hijack()
      const listener = rooms.live.add(reply.raw, { incidentId, instance: instance ?? null })
      listener.send('overview', readOverview(rooms))
      if (first) listener.send('incident', first)
    },
  )
}
