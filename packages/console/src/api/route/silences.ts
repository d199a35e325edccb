import { DAY_MS, MINUTE_MS, Reader } from '@plimsoll/core'
import type { FastifyInstance } from 'fastify'
import { parseMatchers } from '../../rule/matcher.ts'
import { paths, type SilenceList, type SilenceView } from '../contract.ts'
import type { Rooms } from '../rooms.ts'
import { createSilenceLister, firingLabels, toSilenceView } from '../view/silence.ts'

/** Longer than that is no silence but a rule that should be changed. */
const MAX_SPAN_MS = 90 * DAY_MS
/** Whoever says "now" has a clock of his own. */
const LATE_MS = MINUTE_MS

/** Silences for people: what `/api/v2/silences` is for amtool and other machines. */
export function registerSilenceRoutes(server: FastifyInstance, rooms: Rooms): void {
  const { clock, silences } = rooms
  const listSilences = createSilenceLister(rooms)
  const act = { config: { who: 'act' } } as const

  server.get(paths.silences, { config: { who: 'look' } }, (): SilenceList => listSilences())

  server.post(paths.silences, act, async (request): Promise<SilenceView> => {
    const reader = new Reader(request.body).object().onlyKeys(['what', 'forMs', 'startsAtMs', 'comment', 'by'])
    const what = reader.at('what').string({ maxLength: 4000 })
    const forMs = reader.at('forMs').integer({ min: MINUTE_MS, max: MAX_SPAN_MS })
    const nowMs = clock.nowMs()
    const startsAt = reader.at('startsAtMs')
    const startsAtMs = startsAt.integer({ min: 0, max: nowMs + MAX_SPAN_MS, fallback: nowMs })
    // Moved to now, it would end later than whoever planned it thinks.
    if (startsAtMs < nowMs - LATE_MS)
      startsAt.fault('is in the past: leave it out for a silence from now on, and shorten forMs by what is over')
    const comment = reader.at('comment').string({ maxLength: 2000, fallback: '' })
    const said = reader.at('by').string({ maxLength: 100, fallback: '' }).trim()
    reader.finish('Silence')
    // A tool speaks for whoever uses it, and says so; a session has its own name.
    const { name, csrfToken } = request.visitor!
    const beginsAtMs = Math.max(startsAtMs, nowMs)
    const id = await silences.save(null, {
      matchers: parseMatchers(what),
      startsAtMs: beginsAtMs,
      endsAtMs: startsAtMs + forMs,
      createdBy: csrfToken === null && said !== '' ? said : name,
      comment: comment.trim(),
    })
    return toSilenceView(silences.find(id)!, firingLabels(rooms), clock.nowMs())
  })

  server.delete<{ Params: { id: string } }>('/api/v1/silences/:id', act, async (request, reply) => {
    await silences.expire(request.params.id)
    return reply.code(204).send()
  })
}
