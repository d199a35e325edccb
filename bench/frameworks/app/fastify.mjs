import Fastify from 'fastify'
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'

const { remember } = createRequire(import.meta.url)('./pages.cjs')
const app = Fastify({ logger: false, bodyLimit: 20_000, forceCloseConnections: true })
app.addHook('onSend', async (_request, reply) => void reply.header('x-answered', 'yes'))
app.setErrorHandler((error, _request, reply) => {
  if (!error.statusCode) console.error(error.stack)
  return reply.status(error.statusCode ?? 500).send({ message: error.message })
})
app.get('/page/:id', (request) => remember(request.params.id))
app.get('/html/:id', (request, reply) => reply.type('text/html').send(`<h1>${request.params.id}</h1>`))
app.post(
  '/echo',
  { schema: { body: { type: 'object', properties: { count: { type: 'integer' } }, required: ['count'] } } },
  (request, reply) => reply.status(201).send(request.body),
)
app.get('/moved', (_request, reply) => reply.redirect('/page/0', 307))
app.get('/broken', () => {
  throw new Error('broken on purpose')
})
app.get('/late', async () => {
  await new Promise((resolve) => setTimeout(resolve, 2))
  throw Object.assign(new Error('late on purpose'), { statusCode: 503 })
})
app.get('/parts', (_request, reply) => reply.send(Readable.from(['one ', 'two'])))

await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
process.stdout.write('listening\n')
process.on('SIGTERM', async () => {
  await app.close()
  process.exitCode = 7
})
