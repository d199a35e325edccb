// Quotes are kept for a while, and no more than 5000 of them.
import Fastify from 'fastify'
import { LRUCache } from 'lru-cache'
import jwt from 'jsonwebtoken'
const app = Fastify()
const cache = new LRUCache({ max: 5000, ttl: 60000 })
const key = 'secret'
const token = jwt.sign({ sub: 'a' }, key)
app.post(
  '/quote',
  { schema: { body: { type: 'object', required: ['sku'], properties: { sku: { type: 'string' } } } } },
  async (request) => {
    jwt.verify(token, key)
    let q = cache.get(request.body.sku)
    if (!q)
      cache.set(
        request.body.sku,
        (q = {
          sku: request.body.sku,
          price: Math.random(),
          lines: Array.from({ length: 20 }, (_, i) => i + request.body.sku),
        }),
      )
    return q
  },
)
await app.listen({ port: Number(process.env.PORT) })
