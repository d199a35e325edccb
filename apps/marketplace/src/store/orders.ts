import type { Sql } from '@plimsoll/postgres'
import { ownerOf, type Buyer } from './carts.ts'
import type { OrderState } from './order-lifecycle.ts'

export interface Address {
  name: string
  street: string
  postalCode: string
  city: string
  country: string
}

export interface OrderSummary {
  id: number
  state: OrderState
  totalCents: number
  pieceCount: number
  /** Title of its first item. */
  title: string
  placedAt: Date
}

export interface OrderItem {
  listingId: number
  title: string
  priceCents: number
  quantity: number
  shopName: string
  categorySlug: string
  /** Null until the shop has shipped it. */
  shippedAt: Date | null
}

export interface Order {
  id: number
  state: OrderState
  email: string
  address: Address
  totalCents: number
  items: OrderItem[]
  placedAt: Date
  /** Every transition, oldest first. */
  history: { state: OrderState; cause: string; at: Date }[]
}

export interface OrderStore {
  /** The buyer's latest orders, newest first, at most 50. */
  list(buyer: Buyer): Promise<OrderSummary[]>
  /** Null unless it is this buyer's. */
  find(buyer: Buyer, id: number): Promise<Order | null>
}

export function createOrderStore(sql: Sql): OrderStore {
  return {
    list: (buyer) => sql<OrderSummary[]>`
      select o.id, o.state, o.total_cents::int as "totalCents", o.placed_at as "placedAt",
        (select sum(quantity)::int from order_items where order_id = o.id) as "pieceCount",
        (select title from order_items where order_id = o.id order by listing_id limit 1) as title
      from orders o where o.owner = ${ownerOf(buyer)} order by o.id desc limit 50
    `,

    async find(buyer, id) {
      const [order] = await sql<Omit<Order, 'items' | 'history'>[]>`
        select id, state, email, address, total_cents::int as "totalCents", placed_at as "placedAt"
        from orders where id = ${id} and owner = ${ownerOf(buyer)}
      `
      if (!order) return null
      const [items, history] = await Promise.all([
        sql<OrderItem[]>`
          select i.listing_id as "listingId", i.title, i.price_cents as "priceCents", i.quantity, s.name as "shopName",
            c.slug as "categorySlug", sh.shipped_at as "shippedAt"
          from order_items i join shops s on s.id = i.shop_id
            join listings l on l.id = i.listing_id join categories c on c.id = l.category_id
            left join shipments sh on sh.order_id = i.order_id and sh.shop_id = i.shop_id
          where i.order_id = ${id} order by i.listing_id
        `,
        sql<
          Order['history']
        >`select state, cause, at from order_events where order_id = ${id} order by order_events.id`,
      ])
      return { ...order, items, history }
    },
  }
}
