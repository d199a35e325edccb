// Somebody who looks at an order is told when it is sent. Most orders they look at never are.
import { EventEmitter, on } from 'node:events'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const warehouse = new EventEmitter()
warehouse.setMaxListeners(0)

async function follow(id, viewer) {
  for await (const [sent] of on(warehouse, 'sent')) {
    if (sent !== id) continue
    viewer.messages.push(`order ${id} is on its way`)
    break
  }
}

const app = new Hono()
app.get('/orders/:id', (context) => {
  const id = context.req.param('id')
  const viewer = {
    messages: [],
    history: Array.from({ length: 60 }, (_, index) => `${id} seen ${index} ${Math.random()}`),
  }
  void follow(id, viewer)
  return context.json({ id, seen: viewer.history.length })
})
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' })
