import { Layout } from '../design/layout.tsx'
import { formatPrice } from '../design/money.ts'
import { countOf, formatDay } from '../design/words.ts'
import type { OrderState } from '../store/order-lifecycle.ts'
import type { OrderSummary } from '../store/orders.ts'

const stateWords: Record<OrderState, string> = {
  reserved: 'Being paid',
  expiring: 'Being called off',
  paid: 'Being packed',
  shipped: 'Sent',
  cancelled: 'Called off',
}

export function OrdersPage({ orders, isGuest }: { orders: OrderSummary[]; isGuest: boolean }) {
  return (
    <Layout title="Your orders">
      <h1>Your orders</h1>
      {orders.length === 0 ? (
        <div class="nothing">
          <h2>No orders {isGuest ? 'from this browser' : 'yet'}.</h2>
          <p class="actions">
            <a class="button" href="/">
              Browse the market
            </a>
            {isGuest && (
              <a class="button button-quiet" href="/account/sign-in?next=/orders">
                Sign in to see your orders
              </a>
            )}
          </p>
        </div>
      ) : (
        <ul class="rows">
          {orders.map((order) => (
            <li key={order.id}>
              <div>
                <h2>
                  <a href={`/orders/${order.id}`}>{order.title}</a>
                </h2>
                <p class="quiet">
                  Order {order.id} · {formatDay(order.placedAt)} · {countOf(order.pieceCount, 'piece')}
                </p>
              </div>
              <p class={`state state-${order.state}`}>{stateWords[order.state]}</p>
              <p class="row-price">{formatPrice(order.totalCents)}</p>
            </li>
          ))}
        </ul>
      )}
    </Layout>
  )
}
