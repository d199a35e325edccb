import { batchPath, MAX_BATCH_BYTES } from '@plimsoll/core/wire'
import type { FastifyInstance } from 'fastify'
import { ingest } from '../../collect/ingest.ts'
import { RefusedError } from '../../errors.ts'
import { Limiter } from '../limiter.ts'
import type { Rooms } from '../rooms.ts'
import { tooOften } from '../server.ts'

/** An agent posts every second at most, and what it missed at once. */
const BURST = 120
const PER_SEC = 10
const MAX_AGENTS = 5000
/** A fleet of a thousand that starts again at once, and half of it once more; then as many a minute as one deploy after the other. */
const newcomers = { burst: 1500, perSec: 5, maxKeys: 1000 }

/** Where agents post. The token is checked before the body is read. */
export function registerAgentRoutes(server: FastifyInstance, rooms: Rooms): void {
  const limiter = new Limiter(rooms.clock, { burst: BURST, perSec: PER_SEC, maxKeys: MAX_AGENTS })
  const newcomerLimiter = new Limiter(rooms.clock, newcomers)
  server.post(
    batchPath,
    { bodyLimit: MAX_BATCH_BYTES, config: { who: 'report', isUnaudited: true } },
    async (request, reply) => {
      const service = serviceOf(request.body)
      const { id: sender, service: ownService } = request.agent!
      if (ownService !== null && service !== ownService) {
        throw new RefusedError(
          403,
          'AGENT_SERVICE',
          `This token is good for the service "${ownService}" only, and the batch is of "${service.slice(0, 200)}".`,
        )
      }
      const waitMs = limiter.take(instanceOf(request.body))
      if (waitMs > 0) throw tooOften(reply, waitMs)
      const admitNewcomer = () => {
        const newcomerWaitMs = newcomerLimiter.take(sender)
        if (newcomerWaitMs > 0) throw tooOften(reply, newcomerWaitMs)
      }
      return ingest(request.body, { ...rooms, sender, admitNewcomer })
    },
  )
}

/** Read before the whole is: a wrong body is told what is wrong with it later. */
function instanceOf(body: unknown): string {
  return identityOf(body, 'instance')
}

function serviceOf(body: unknown): string {
  return identityOf(body, 'service')
}

function identityOf(body: unknown, key: 'instance' | 'service'): string {
  const from = (body as { from?: Record<string, unknown> } | null)?.from
  const value = typeof from === 'object' && from !== null ? from[key] : undefined
  return typeof value === 'string' ? value : ''
}
