import type { FastifyInstance } from 'fastify'
import { RefusedError } from '../../errors.ts'
import { keyOf } from '../../incident/incident.ts'
import { readIncident } from '../../storage/incidents.ts'
import { insertAudit } from '../../storage/people.ts'
import { renderPage } from '../page.ts'
import type { Rooms } from '../rooms.ts'

interface Params {
  Params: { id: string }
  Querystring: { token?: string }
}

/** The link in a mail. Looking at it changes nothing, for mail scanners look at every link; its button does. */
export function registerAcknowledgeRoutes(server: FastifyInstance, { access, engine, sql, clock }: Rooms): void {
  server.get<Params>('/acknowledge/:id', { config: { who: 'anyone' } }, async (request, reply) => {
    const { id, token } = check(request)
    const found = await readIncident(sql, id)
    if (!found) throw unknownLink()
    const { record } = found
    const page =
      record.state === 'open'
        ? renderPage(`${keyOf(id)}: ${record.subject}`, record.sentence, {
            action: `/acknowledge/${id}?token=${encodeURIComponent(token)}`,
            button: 'I have it',
          })
        : renderPage(
            keyOf(id),
            record.state === 'resolved' ? 'It is over already.' : `${record.acknowledgedBy} has it already.`,
          )
    return reply.type('text/html').send(page)
  })

  server.post<Params>('/acknowledge/:id', { config: { who: 'anyone' } }, async (request, reply) => {
    const { id, who } = check(request)
    const record = await engine.apply(id, { type: 'acknowledge', by: who, note: '' })
    await insertAudit(sql, {
      atMs: clock.nowMs(),
      who,
      role: 'by a signed link',
      what: `POST /acknowledge/${id}`,
      status: 200,
    })
    if (!record) throw unknownLink()
    return reply.type('text/html').send(renderPage(keyOf(id), 'You have it. Nobody else is called.'))
  })

  function check({ params, query }: { params: Params['Params']; query: Params['Querystring'] }): {
    id: number
    token: string
    who: string
  } {
    const id = Number(params.id)
    const token = String(query.token ?? '').slice(0, 500)
    const who = Number.isSafeInteger(id) ? access.readAcknowledgeToken(id, token) : null
    if (who === null) throw unknownLink()
    return { id, token, who }
  }
}

function unknownLink(): RefusedError {
  return new RefusedError(
    403,
    'ACKNOWLEDGE_LINK',
    'This link is not one of ours, or is older than a week. Open the console and acknowledge there.',
  )
}
