// Each request has a context of its own for its log, across timers, promises and calls to itself.
import { AsyncLocalStorage } from 'node:async_hooks'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import fastify from 'fastify'

const contexts = new AsyncLocalStorage()
const app = fastify({ logger: false })
const slow = createServer((request, response) => setTimeout(() => response.end('{"stock":3}'), 30)).listen(
  0,
  '127.0.0.1',
)

app.addHook('onRequest', (request, reply, done) => {
  contexts.run({ id: request.id, lines: [] }, done)
})
app.get('/p/:id', async (request) => {
  const log = (text) => contexts.getStore().lines.push(`${Date.now()} ${request.params.id} ${text}`.padEnd(400))
  log('begins')
  const [stock] = await Promise.all([
    fetch(`http://127.0.0.1:${slow.address().port}/`, { signal: AbortSignal.timeout(5000) }).then((answer) =>
      answer.json(),
    ),
    sleep(20).then(() => log('slept')),
  ])
  for (let index = 0; index < 20; index++) log(`step ${index}`)
  return { ...stock, lines: contexts.getStore().lines.length }
})
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
