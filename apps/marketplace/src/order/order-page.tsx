import { Picture } from '../design/cards.tsx'
import { Layout } from '../design/layout.tsx'
import { formatPrice } from '../design/money.ts'
import { countOf, formatDay } from '../design/words.ts'
import type { OrderState } from '../store/order-lifecycle.ts'
import type { Order } from '../store/orders.ts'

export interface OrderPageProps {
  order: Order
  isGuest: boolean
  workerName: string
  version: string | null
}

const headings: Record<OrderState, string> = {
  reserved: 'Your order is being paid.',
  expiring: 'Your order is being called off.',
  paid: 'Thank you. It is yours.',
  shipped: 'It is on its way.',
  cancelled: 'This order was called off.',
}

const nextSteps: Record<OrderState, string> = {
  reserved:
    'The pieces are held for you for 15 minutes while the payment is settled. Load this page again to see how it went.',
  expiring:
    'The payment was not settled in time. Whatever was charged is being given back; load this page again to see the end of it.',
  paid: 'Each shop now packs its part and sends it to you. When a part has left, it says so here.',
  shipped: 'Every part of it has left its shop. Nothing more for you to do but to open the door.',
  cancelled: 'Nothing was charged, and the pieces are back on the shelf.',
}

export function OrderPage({ order, isGuest, workerName, version }: OrderPageProps) {
  const pieceCount = order.items.reduce((sum, { quantity }) => sum + quantity, 0)
  return (
    <Layout title={`Order ${order.id}`}>
      <nav class="crumbs" aria-label="Where you are">
        <a href="/orders">Your orders</a>
        <span>Order {order.id}</span>
      </nav>
      <h1>{headings[order.state]}</h1>
      <Steps order={order} />
      <div class="with-side">
        <div>
          <section aria-labelledby="bought">
            <h2 id="bought">What you bought</h2>
            <ul class="lines">
              {order.items.map((item) => (
                <li key={item.listingId} class="line">
                  <Picture id={item.listingId} alt="" />
                  <div class="line-what">
                    <h3>
                      <a href={`/p/${item.listingId}`}>{item.title}</a>
                    </h3>
                    <p class="quiet">{item.shopName}</p>
                    <p>{item.shippedAt === null ? waiting(order.state) : `Sent on ${formatDay(item.shippedAt)}`}</p>
                  </div>
                  <p class="line-price">
                    {formatPrice(item.priceCents * item.quantity)}
                    {item.quantity > 1 && <span class="quiet">{item.quantity} pieces</span>}
                  </p>
                </li>
              ))}
            </ul>
          </section>
        </div>
        <aside class="side" aria-label="Summary">
          <h2>What happens next</h2>
          <p>{nextSteps[order.state]}</p>
          {isGuest && order.state !== 'cancelled' && (
            <p>
              You bought as a guest: this browser finds the order under <a href="/orders">Your orders</a>.{' '}
              <a href="/account/sign-up?next=/orders">Open an account</a> to find it everywhere.
            </p>
          )}
          <h2>Goes to</h2>
          <address>
            {order.address.name}
            <br />
            {order.address.street}
            <br />
            {order.address.postalCode} {order.address.city}
            <br />
            {order.address.country}
          </address>
          <p class="quiet">{order.email}</p>
          <p class="total">
            <span>{countOf(pieceCount, 'piece')}, with delivery</span>
            <strong>{formatPrice(order.totalCents)}</strong>
          </p>
        </aside>
      </div>
      <p class="served">
        Order {order.id}, placed {formatDay(order.placedAt)}. This page was served by {workerName}
        {version !== null && `, version ${version}`}.
      </p>
    </Layout>
  )
}

function waiting(state: OrderState): string {
  return state === 'cancelled' ? 'Not sold' : state === 'reserved' ? 'Held for you' : 'Being packed'
}

const stages = [
  { state: 'reserved', name: 'Ordered' },
  { state: 'paid', name: 'Paid' },
  { state: 'shipped', name: 'Sent' },
] as const

function Steps({ order }: { order: Order }) {
  const reached = stages.findIndex(({ state }) => state === order.state)
  if (reached === -1) return null
  return (
    <ol class="steps" aria-label="How far it is">
      {stages.map(({ state, name }, index) => {
        const at = order.history.find((entry) => entry.state === state)?.at
        return (
          <li
            key={state}
            class={index <= reached ? 'step step-done' : 'step'}
            aria-current={index === reached ? 'step' : undefined}
          >
            <strong>{name}</strong>
            <span class="quiet">{index > reached ? 'to come' : at === undefined ? '' : formatDay(at)}</span>
          </li>
        )
      })}
    </ol>
  )
}
