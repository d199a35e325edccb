import rateLimit from '@fastify/rate-limit'
import Fastify from 'fastify'

const app = Fastify({ logger: { level: 'error' } })
await app.register(rateLimit, { max: 100000, timeWindow: '1 minute' })

const schema = {
  response: {
    200: {
      type: 'object',
      properties: { order: { type: 'string' }, lines: { type: 'array', items: { type: 'string' } } },
    },
  },
}
app.get('/orders/:id', { schema }, async (request) => ({
  order: request.params.id,
  lines: ['chair', 'table', 'lamp'].map((thing) => `${thing} for ${request.params.id}`),
}))

await app.listen({ port: Number(process.env.PORT) || 3000 })
