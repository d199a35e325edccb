import { messageOf } from '@plimsoll/core'
import type { FastifyInstance } from 'fastify'
import { RefusedError } from '../../errors.ts'
import { keyOf } from '../../incident/incident.ts'
import { readIncident } from '../../storage/incidents.ts'
import { insertAudit } from '../../storage/people.ts'
import { sendSmallPage } from '../page.ts'
import type { Rooms } from '../rooms.ts'

interface Params {
  Params: { id: string }
  Querystring: { token?: string }
}

/** The link in a mail. Looking at it changes nothing, for mail scanners look at every link; its button does. */
export function registerAcknowledgeRoutes(root: FastifyInstance, rooms: Rooms): void {
  void root.register((server, _options, done) => {
    // Whoever follows a link reads a page, whatever became of it.
    server.setErrorHandler((error: Error, request, reply) => {
      const isRefused = error instanceof RefusedError
      if (!isRefused) rooms.log(`${request.method} ${request.url.split('?')[0]} failed: ${messageOf(error)}`)
      const sentence = isRefused
        ? error.message
        : 'The console could not do it now. Nothing was changed. Try again in a moment.'
      const link = { href: '/', words: 'Open the console' }
      return sendSmallPage(reply.code(isRefused ? error.status : 503), { title: 'Not done', sentence, link })
    })
    registerRoutes(server, rooms)
    done()
  })
}

function registerRoutes(server: FastifyInstance, { access, engine, sql, clock }: Rooms): void {
  const linkTo = (id: number) => ({ href: `/incidents/${id}`, words: 'Look at the incident' })

  server.get<Params>('/acknowledge/:id', { config: { who: 'anyone' } }, async (request, reply) => {
    const { id, token } = check(request)
    const found = await readIncident(sql, id)
    if (!found) throw unknownLink()
    const { record } = found
    const link = linkTo(id)
    if (record.state === 'open') {
      const action = `/acknowledge/${id}?token=${encodeURIComponent(token)}`
      const title = `${keyOf(id)}: ${record.subject}`
      return sendSmallPage(reply, { title, sentence: record.sentence, form: { action, button: 'I have it' }, link })
    }
    const sentence = record.state === 'resolved' ? 'It is over already.' : `${record.acknowledgedBy} has it already.`
    return sendSmallPage(reply, { title: keyOf(id), sentence, link })
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
    const sentence =
      record.state === 'resolved'
        ? 'It is over already.'
        : record.acknowledgedBy === who
          ? 'You have it. Nobody else is called.'
          : `${record.acknowledgedBy} has it already. Nobody else is called.`
    return sendSmallPage(reply, { title: keyOf(id), sentence, link: linkTo(id) })
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
