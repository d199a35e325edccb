// Thumbnails' metadata, nine thousand of them in each of two generations: it takes longer than most deploys live to fill.
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import QuickLRU from 'quick-lru'

const pictures = new QuickLRU({ maxSize: 9000 })

const app = new Hono()
app.get('/picture/:id', (context) => {
  const id = context.req.param('id')
  const known = pictures.get(id)
  const picture = known ?? { id, tags: Array.from({ length: 40 }, (_, index) => `${id}-${index}-${Math.random()}`) }
  if (!known) pictures.set(id, picture)
  return context.json({ id, tags: picture.tags.length })
})
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' })
