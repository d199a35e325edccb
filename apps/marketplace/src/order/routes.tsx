import type { FastifyInstance } from 'fastify'
import type { ShopContext } from '../context.ts'
import { sendPage } from '../http/answer.ts'
import { NotFoundError } from '../http/errors.ts'
import { parseId } from '../http/guard.ts'
import { OrderPage } from './order-page.tsx'
import { OrdersPage } from './orders-page.tsx'

export function orderRoutes(app: FastifyInstance, { store, workerName, version }: ShopContext): void {
  app.get('/orders', async (request, reply) => {
    const orders = await store.orders.list(request.visit.buyer)
    return sendPage(request, reply, <OrdersPage orders={orders} isGuest={request.visit.account === null} />)
  })

  app.get<{ Params: { id: string } }>('/orders/:id', async (request, reply) => {
    const id = parseId(request.params.id)
    const order = id === null ? null : await store.orders.find(request.visit.buyer, id)
    if (order === null) throw new NotFoundError('order of yours')
    const isGuest = request.visit.account === null
    return sendPage(
      request,
      reply,
      <OrderPage order={order} isGuest={isGuest} workerName={workerName} version={version} />,
    )
  })
}
