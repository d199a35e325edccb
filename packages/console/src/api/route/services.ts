import type { FastifyInstance } from 'fastify'
import { RefusedError } from '../../errors.ts'
import { stateOf } from '../../incident/silence.ts'
import type { Overview, ProcessDetail, ServiceView } from '../contract.ts'
import type { Rooms } from '../rooms.ts'
import { toProcessDetail } from '../view/process.ts'
import { toOverview, toServiceView } from '../view/service.ts'

export function registerServiceRoutes(server: FastifyInstance, rooms: Rooms): void {
  server.get('/api/v1/services', { config: { who: 'look' } }, async (): Promise<Overview> => readOverview(rooms))

  server.get<{ Params: { service: string } }>(
    '/api/v1/services/:service',
    { config: { who: 'look' } },
    async (request): Promise<ServiceView> => {
      const { service } = request.params
      if (!rooms.serviceNames().includes(service)) throw unknown(`service "${service}"`)
      return toServiceView(rooms.facts(service), rooms.engine.openIncidents())
    },
  )

  server.get<{ Params: { service: string; instance: string } }>(
    '/api/v1/services/:service/processes/:instance',
    { config: { who: 'look' } },
    async (request): Promise<ProcessDetail> => {
      const { service, instance } = request.params
      const series = rooms.fleet.seriesOf(service, instance)
      const facts = rooms.facts(service)
      const process = facts.processes.find(({ identity }) => identity.instance === instance)
      if (!series || !process) throw unknown(`process "${instance}" of "${service}"`)
      const days = rooms.fleet.daysOf(service, instance)!.series()
      return toProcessDetail(process, series, days, facts, rooms.engine.openIncidents())
    },
  )
}

export function readOverview({ serviceNames, facts, engine, silences, clock }: Rooms): Overview {
  const nowMs = clock.nowMs()
  const silenceCount = silences.all().filter((silence) => stateOf(silence, nowMs) === 'active').length
  return toOverview(serviceNames().map(facts), engine.openIncidents(), silenceCount, nowMs)
}

function unknown(what: string): RefusedError {
  return new RefusedError(
    404,
    'NOT_FOUND',
    `There is no ${what.slice(0, 300)}. It never reported, or ended more than 15 minutes ago.`,
  )
}
