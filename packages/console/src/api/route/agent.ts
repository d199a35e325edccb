import { batchPath, MAX_BATCH_BYTES } from '@plimsoll/core/wire'
import type { FastifyInstance } from 'fastify'
import { ingest } from '../../collect/ingest.ts'
import { RefusedError } from '../../errors.ts'
import type { Rooms } from '../rooms.ts'

/** Where agents post. The token is checked before the body is read. */
export function registerAgentRoutes(server: FastifyInstance, rooms: Rooms): void {
  server.post(
    batchPath,
    {
      bodyLimit: MAX_BATCH_BYTES,
      onRequest: async (request) => {
        if (rooms.access.isAgent(request.headers.authorization)) return
        throw new RefusedError(
          401,
          'AGENT_TOKEN',
          "The agent token is missing or wrong. Give the agent the content of the agent-token file in the console's data folder (PLIMSOLL_TOKEN_FILE, or --token-file).",
        )
      },
    },
    async (request) => ingest(request.body, rooms),
  )
}
