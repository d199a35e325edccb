// Each tenant brings a template. The latest 1,500 of them are kept as they were compiled.
import { Eta } from 'eta'
import Fastify from 'fastify'
import moize from 'moize'

const eta = new Eta()
const sourceOf = (tenant) =>
  Array.from({ length: 24 }, (_, part) => `<p class="${tenant}-${part}"><%= it.rows[${part}] %></p>`).join('\n')
const compiled = moize((tenant) => eta.compile(sourceOf(tenant)), { maxSize: 1500 })

const app = Fastify()
app.get('/report/:tenant', (request, reply) => {
  const rows = Array.from({ length: 24 }, () => Math.random())
  reply.type('text/html').send(eta.render(compiled(request.params.tenant), { rows }))
})
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
