import express from 'express'
import { z } from 'zod'

const Query = z.object({
  page: z.coerce.number().int().min(0).default(0),
  size: z.coerce.number().max(100).default(20),
})
interface Order {
  id: string
  total: number
}
const recent = new Map<string, Order>()

const app = express()
app.get('/orders/:id', (req, res) => {
  const query = Query.parse(req.query)
  const order: Order = { id: req.params.id, total: (query.page + 1) * query.size }
  recent.set(order.id, order)
  if (recent.size > 1000) recent.delete(recent.keys().next().value as string)
  res.json({ order, recent: recent.size })
})
app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1')
