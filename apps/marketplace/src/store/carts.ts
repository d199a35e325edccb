import type { Sql } from '@plimsoll/postgres'

/** Whose cart or order it is: an account's, or a guest's by the hash of the session token. */
export interface Buyer {
  accountId: number | null
  /** SHA-256 of the session token; the token itself is never stored. */
  sessionHash: Buffer
}

export const MAX_CART_LINES = 50
export const MAX_LINE_QUANTITY = 20

export interface CartLine {
  listingId: number
  title: string
  priceCents: number
  quantity: number
  /** What is left; less than `quantity` means that the line cannot be bought as it stands. */
  stock: number
  isHidden: boolean
  categorySlug: string
  shopName: string
}

export interface Cart {
  lines: CartLine[]
  totalCents: number
  /** Pieces over all lines: what the header shows. */
  pieceCount: number
}

export interface CartStore {
  read(buyer: Buyer): Promise<Cart>
  /** Adds pieces to a line, at most {@link MAX_LINE_QUANTITY}; answers the cart's new piece count, or null for an unknown listing or a full cart. */
  add(buyer: Buyer, listingId: number, quantity: number): Promise<number | null>
  /** Sets a line; 0 removes it. Answers the cart's new piece count. */
  set(buyer: Buyer, listingId: number, quantity: number): Promise<number>
}

/** What carts and orders are found under: the account, wherever it is signed in, else the guest's session. */
export function ownerOf(buyer: Buyer): Buffer {
  return buyer.accountId === null ? buyer.sessionHash : Buffer.from(`account:${buyer.accountId}`)
}

export function createCartStore(sql: Sql): CartStore {
  return {
    async read(buyer) {
      const lines = await sql<CartLine[]>`
        select l.id as "listingId", l.title, l.price_cents as "priceCents", cl.quantity, l.stock, l.is_hidden as "isHidden",
          c.slug as "categorySlug", s.name as "shopName"
        from cart_lines cl join listings l on l.id = cl.listing_id
          join shops s on s.id = l.shop_id join categories c on c.id = l.category_id
        where cl.owner = ${ownerOf(buyer)} order by cl.touched_at, cl.listing_id limit ${MAX_CART_LINES}
      `
      return {
        lines,
        totalCents: lines.reduce((sum, { priceCents, quantity }) => sum + priceCents * quantity, 0),
        pieceCount: lines.reduce((sum, { quantity }) => sum + quantity, 0),
      }
    },

    async add(buyer, listingId, quantity) {
      const owner = ownerOf(buyer)
      const [row] = await sql<{ pieceCount: number | null }[]>`
        with others as (
          select count(*) as line_count, coalesce(sum(quantity), 0)::int as piece_count
          from cart_lines where owner = ${owner} and listing_id <> ${listingId}
        ), added as (
          insert into cart_lines (owner, listing_id, quantity)
          select ${owner}, l.id, least(${quantity}::int, ${MAX_LINE_QUANTITY}) from listings l, others
          where l.id = ${listingId} and not l.is_hidden and others.line_count < ${MAX_CART_LINES}
          on conflict (owner, listing_id) do update
            set quantity = least(cart_lines.quantity + excluded.quantity, ${MAX_LINE_QUANTITY})
          returning quantity
        )
        select (select quantity from added) + (select piece_count from others) as "pieceCount"
      `
      return row!.pieceCount
    },

    async set(buyer, listingId, quantity) {
      const owner = ownerOf(buyer)
      const [row] = await sql<{ pieceCount: number }[]>`
        with removed as (
          delete from cart_lines where owner = ${owner} and listing_id = ${listingId} and ${quantity}::int <= 0
        ), changed as (
          update cart_lines set quantity = least(${quantity}::int, ${MAX_LINE_QUANTITY})
          where owner = ${owner} and listing_id = ${listingId} and ${quantity}::int > 0 returning quantity
        )
        select coalesce((select quantity from changed), 0) + coalesce(sum(quantity), 0)::int as "pieceCount"
        from cart_lines where owner = ${owner} and listing_id <> ${listingId}
      `
      return row!.pieceCount
    },
  }
}
