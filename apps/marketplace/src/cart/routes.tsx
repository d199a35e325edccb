import type { FastifyInstance } from 'fastify'
import type { ShopContext } from '../context.ts'
import { sendPage } from '../http/answer.ts'
import { NotFoundError } from '../http/errors.ts'
import { Form } from '../http/form.ts'
import { parseId } from '../http/guard.ts'
import { MAX_LINE_QUANTITY } from '../store/carts.ts'
import { CartPage } from './cart-page.tsx'

export function cartRoutes(app: FastifyInstance, { store, visits }: ShopContext): void {
  app.get<{ Querystring: { full?: string } }>('/cart', async (request, reply) => {
    const cart = await store.carts.read(request.visit.buyer)
    if (cart.pieceCount !== request.visit.bagCount) {
      // Another browser of the same account has changed it: the header's count is put right here.
      request.visit = { ...request.visit, bagCount: cart.pieceCount }
      void reply.header('set-cookie', visits.bagCookie(cart.pieceCount))
    }
    return sendPage(request, reply, <CartPage cart={cart} isFull={request.query.full === '1'} />)
  })

  app.post('/cart/items', async (request, reply) => {
    const form = new Form(request.body)
    const id = parseId(form.typed('listingId'))
    if (id === null) throw new NotFoundError('listing')
    const quantity = form.integer('quantity', { min: 1, max: MAX_LINE_QUANTITY })
    const pieceCount = await store.carts.add(request.visit.buyer, id, quantity)
    if (pieceCount === null) return reply.redirect('/cart?full=1', 303)
    return reply.header('set-cookie', visits.bagCookie(pieceCount)).redirect('/cart', 303)
  })

  app.post<{ Params: { id: string } }>('/cart/items/:id', async (request, reply) => {
    const id = parseId(request.params.id)
    if (id === null) throw new NotFoundError('listing')
    const form = new Form(request.body)
    const quantity = form.integer('quantity', { min: 0, max: MAX_LINE_QUANTITY })
    if (form.isSound) {
      const pieceCount = await store.carts.set(request.visit.buyer, id, quantity)
      void reply.header('set-cookie', visits.bagCookie(pieceCount))
    }
    return reply.redirect('/cart', 303)
  })
}
