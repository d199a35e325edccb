import type { Sql } from '@plimsoll/postgres'
import { listingColumns, listingTables, PAGE_ITEM_COUNT, type Condition, type Listing } from './listings.ts'
import { statesThatAccept } from './order-lifecycle.ts'
import type { Address } from './orders.ts'

export interface Shop {
  id: number
  name: string
  place: string
}

export interface ListingDraft {
  title: string
  description: string
  material: string
  categoryId: number
  condition: Condition
  priceCents: number
  stock: number
  isHidden: boolean
}

/** `short`: so many were sold meanwhile that fewer than none would be left; nothing was changed. `unknown`: not this shop's. */
export type ListingSaved = 'saved' | 'short' | 'unknown'

export interface OwnListing {
  id: number
  title: string
  priceCents: number
  stock: number
  isHidden: boolean
  categorySlug: string
}

export interface OrderToShip {
  orderId: number
  address: Address
  items: { listingId: number; title: string; quantity: number; priceCents: number }[]
  placedAt: Date
  shippedAt: Date | null
}

export interface SellingStore {
  /** Answers null when the account has a shop already or the name is taken. */
  openShop(accountId: number, shop: { name: string; place: string }): Promise<Shop | null>
  /** A page of {@link PAGE_ITEM_COUNT}, newest first. */
  listings(shopId: number, page: number): Promise<{ items: OwnListing[]; totalCount: number }>
  /** Null unless it is this shop's, hidden or not. */
  findListing(shopId: number, id: number): Promise<Listing | null>
  /** Answers the new listing's id. */
  createListing(shopId: number, draft: ListingDraft): Promise<number>
  /** Changes the stock by what the draft differs from `shownStock`, so that what was sold meanwhile stays sold. */
  updateListing(shopId: number, id: number, draft: ListingDraft, shownStock: number): Promise<ListingSaved>
  /** Paid orders with something of this shop: at most 200 unshipped, oldest first; then the 50 latest shipped. */
  ordersToShip(shopId: number): Promise<OrderToShip[]>
  /** Idempotent; false unless this shop has something in the order and the order is paid. */
  ship(shopId: number, orderId: number): Promise<boolean>
}

export function createSellingStore(sql: Sql): SellingStore {
  return {
    async openShop(accountId, { name, place }) {
      const [shop] = await sql<Shop[]>`
        insert into shops (account_id, name, place) values (${accountId}, ${name.trim()}, ${place.trim()})
        on conflict do nothing returning id, name, place
      `
      return shop ?? null
    },

    async listings(shopId, page) {
      const rows = await sql<(OwnListing & { totalCount: number })[]>`
        select l.id, l.title, l.price_cents as "priceCents", l.stock, l.is_hidden as "isHidden", c.slug as "categorySlug",
          count(*) over ()::int as "totalCount"
        from listings l join categories c on c.id = l.category_id where l.shop_id = ${shopId}
        order by l.id desc limit ${PAGE_ITEM_COUNT} offset ${(page - 1) * PAGE_ITEM_COUNT}
      `
      return { items: rows.map(({ totalCount: _, ...item }) => item), totalCount: rows[0]?.totalCount ?? 0 }
    },

    async findListing(shopId, id) {
      const [listing] = await sql<Listing[]>`
        select ${listingColumns(sql)} from ${listingTables(sql)} where l.id = ${id} and l.shop_id = ${shopId}
      `
      return listing ?? null
    },

    async createListing(shopId, draft) {
      const [row] = await sql<{ id: number }[]>`
        insert into listings ${sql({ shop_id: shopId, ...columnsOf(draft) })} returning id
      `
      return row!.id
    },

    // A checkout may change the stock at any time: the row's own stock is what counts, not the one the seller saw.
    async updateListing(shopId, id, draft, shownStock) {
      const { stock, ...columns } = columnsOf(draft)
      const addedStock = stock - shownStock
      const { count } = await sql`
        update listings set ${sql(columns)}, stock = stock + ${addedStock}::int
        where id = ${id} and shop_id = ${shopId} and stock + ${addedStock}::int >= 0
      `
      if (count > 0) return 'saved'
      return (await this.findListing(shopId, id)) === null ? 'unknown' : 'short'
    },

    ordersToShip: (shopId) => sql<OrderToShip[]>`
      select o.id as "orderId", o.address, o.placed_at as "placedAt", sh.shipped_at as "shippedAt",
        (select jsonb_agg(jsonb_build_object('listingId', listing_id, 'title', title, 'quantity', quantity, 'priceCents', price_cents)
          order by listing_id) from order_items where order_id = o.id and shop_id = ${shopId}) as items
      from (
        (select * from shipments where shop_id = ${shopId} and shipped_at is null order by order_id limit 200)
        union all
        (select * from shipments where shop_id = ${shopId} and shipped_at is not null order by shipped_at desc limit 50)
      ) sh join orders o on o.id = sh.order_id
      order by sh.shipped_at desc nulls first, o.id
    `,

    // The order's row is locked first, so that of two shops shipping at once the second one sees that it is the last.
    ship: (shopId, orderId) =>
      sql.begin(async (tx) => {
        await tx`select from orders where id = ${orderId} for update`
        const { count } = await tx`
          update shipments set shipped_at = coalesce(shipped_at, now()) where order_id = ${orderId} and shop_id = ${shopId}
        `
        await tx`
          with done as (
            update orders set state = 'shipped'
            where id = ${orderId} and state = any(${tx.array([...statesThatAccept('ship')])}::text[])
              and not exists (select from shipments where order_id = ${orderId} and shipped_at is null)
            returning id
          )
          insert into order_events (order_id, state, cause) select id, 'shipped', 'all shops have shipped' from done
        `
        return count > 0
      }),
  }
}

function columnsOf(draft: ListingDraft) {
  return {
    title: draft.title,
    description: draft.description,
    material: draft.material,
    category_id: draft.categoryId,
    condition: draft.condition,
    price_cents: draft.priceCents,
    stock: draft.stock,
    is_hidden: draft.isHidden,
  }
}
