import { CsrfField } from '../design/field.tsx'
import { Layout } from '../design/layout.tsx'
import { formatPrice } from '../design/money.ts'
import { formatDay } from '../design/words.ts'
import type { OrderToShip } from '../store/selling.ts'
import { SellerNav } from './seller-nav.tsx'

export function ToShipPage({ shopName, orders }: { shopName: string; orders: OrderToShip[] }) {
  const waiting = orders.filter(({ shippedAt }) => shippedAt === null)
  const sent = orders.filter(({ shippedAt }) => shippedAt !== null)
  return (
    <Layout title="Orders to send">
      <h1>{shopName}</h1>
      <SellerNav here="/sell/orders" />
      <h2>To send</h2>
      {waiting.length === 0 ? (
        <p class="quiet">Nothing waits. When something of yours is paid, it stands here with its address.</p>
      ) : (
        <ul class="parcels">
          {waiting.map((order) => (
            <Parcel key={order.orderId} order={order} />
          ))}
        </ul>
      )}
      {sent.length > 0 && (
        <>
          <h2>Sent</h2>
          <ul class="parcels">
            {sent.map((order) => (
              <Parcel key={order.orderId} order={order} />
            ))}
          </ul>
        </>
      )}
    </Layout>
  )
}

function Parcel({ order }: { order: OrderToShip }) {
  const { address, items, orderId, shippedAt } = order
  return (
    <li class="parcel">
      <div>
        <h3>Order {orderId}</h3>
        <p class="quiet">Paid for on {formatDay(order.placedAt)}</p>
        <ul>
          {items.map((item) => (
            <li key={item.listingId}>
              {item.quantity} × {item.title}, {formatPrice(item.priceCents * item.quantity)}
            </li>
          ))}
        </ul>
      </div>
      <address>
        {address.name}
        <br />
        {address.street}
        <br />
        {address.postalCode} {address.city}
        <br />
        {address.country}
      </address>
      {shippedAt === null ? (
        <form method="post" action={`/sell/orders/${orderId}/ship`}>
          <CsrfField />
          <button class="button" type="submit">
            Mark as sent<span class="unseen">: order {orderId}</span>
          </button>
        </form>
      ) : (
        <p class="state state-shipped">Sent on {formatDay(shippedAt)}</p>
      )}
    </li>
  )
}
