// An ordinary service: Fastify with its logger, JSON in and out.
import { openSync } from 'node:fs'
import Fastify from 'fastify'
import pino from 'pino'

const app = Fastify({ loggerInstance: pino(pino.destination({ fd: openSync('/dev/null', 'w') })) })
app.get('/p/:id', async ({ params }) => ({
  id: params.id,
  related: Array.from({ length: 80 }, (_, index) => ({ index, name: `${params.id} ${index}` })),
}))
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
