import { randomBytes } from 'node:crypto'
import { InvalidOptionError } from '@plimsoll/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ShopContext } from '../context.ts'
import { sendPage } from '../http/answer.ts'
import { BadRequestError, TooManyRequestsError } from '../http/errors.ts'
import { Form } from '../http/form.ts'
import type { CheckoutAnswer, CheckoutRequest } from './checkout.ts'
import { CheckoutPage, KeyReusedPage } from './checkout-page.tsx'
import { formatLine, parseOrder } from './order-form.ts'

const PENDING_RETRY_SECONDS = 3

const statusByOutcome: Record<CheckoutAnswer['outcome'], number> = {
  paid: 200,
  declined: 402,
  expired: 409,
  unavailable: 409,
  'key-reused': 422,
  pending: 503,
}

export function checkoutRoutes(app: FastifyInstance, context: ShopContext): void {
  const { store, checkout, visits, rateLimit } = context

  app.get('/checkout', async (request, reply) => {
    const cart = await store.carts.read(request.visit.buyer)
    if (cart.lines.length === 0) return reply.redirect('/cart', 303)
    const { account } = request.visit
    const form = new Form({ email: account?.email, name: account?.name })
    const lines = cart.lines.map(formatLine)
    return sendPage(
      request,
      reply,
      <CheckoutPage cart={cart} form={form} lines={lines} idempotencyKey={newKey()} answer={null} />,
    )
  })

  app.post('/checkout', async (request, reply) => {
    if (!rateLimit.take('checkout', request.ip)) throw new TooManyRequestsError('orders')
    const form = new Form(request.body)
    const order = parseOrder(form, request.visit.buyer)
    if (order === null) return reply.redirect('/cart', 303)
    if (!form.isSound) return sendAgain(request, reply, form, null)
    const answer = await place(order)
    if (answer.outcome === 'pending') void reply.header('retry-after', String(PENDING_RETRY_SECONDS))
    if (request.headers.accept === 'application/json') {
      return reply.code(statusByOutcome[answer.outcome]).header('cache-control', 'no-store').send(answer)
    }
    if (answer.outcome === 'key-reused') return sendPage(request, reply, <KeyReusedPage />, 422)
    if (answer.outcome !== 'paid') return sendAgain(request, reply, form, answer)
    const { pieceCount } = await store.carts.read(request.visit.buyer)
    return reply.header('set-cookie', visits.bagCookie(pieceCount)).redirect(`/orders/${answer.orderId}`, 303)
  })

  /** What only the checkout can see, such as the pieces of two lines for one listing, is the sender's fault all the same. */
  async function place(order: CheckoutRequest): Promise<CheckoutAnswer> {
    try {
      return await checkout.place(order)
    } catch (error) {
      throw error instanceof InvalidOptionError ? new BadRequestError() : error
    }
  }

  /** The form once more, with what was typed and what is to be mended. */
  async function sendAgain(request: FastifyRequest, reply: FastifyReply, form: Form, answer: CheckoutAnswer | null) {
    const cart = await store.carts.read(request.visit.buyer)
    // A key that has had its final answer would only repeat it; while the order is not settled, key and lines must stay.
    const isOpen = answer === null || answer.outcome === 'pending'
    const idempotencyKey = isOpen ? form.typed('idempotencyKey') : newKey()
    const lines = answer?.outcome === 'pending' ? form.all('line', Infinity) : cart.lines.map(formatLine)
    if (cart.lines.length === 0 && answer?.outcome !== 'pending') return reply.redirect('/cart', 303)
    const status = answer === null ? 400 : statusByOutcome[answer.outcome]
    return sendPage(
      request,
      reply,
      <CheckoutPage cart={cart} form={form} lines={lines} idempotencyKey={idempotencyKey} answer={answer} />,
      status,
    )
  }
}

function newKey(): string {
  return randomBytes(16).toString('base64url')
}
