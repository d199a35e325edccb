import type { Sql } from '@plimsoll/postgres'
import { accountColumns, type Account } from './accounts.ts'
import { MAX_CART_LINES, MAX_LINE_QUANTITY, ownerOf } from './carts.ts'

/** Sessions end this long after sign-in. */
export const SESSION_MS = 14 * 24 * 3_600_000

export interface SessionStore {
  /** The account that is signed in under this token's hash, or null for a guest. */
  find(tokenHash: Buffer): Promise<Account | null>
  /** Opens a session for the account and merges the guest's cart and orders into it. Answers the cart's piece count. */
  open(tokenHash: Buffer, accountId: number, guestHash: Buffer): Promise<number>
  close(tokenHash: Buffer): Promise<void>
}

export function createSessionStore(sql: Sql): SessionStore {
  return {
    async find(tokenHash) {
      const [account] = await sql<Account[]>`
        select ${accountColumns(sql)}
        from sessions join accounts a on a.id = sessions.account_id left join shops s on s.account_id = a.id
        where sessions.token_hash = ${tokenHash} and sessions.expires_at > now()
      `
      return account ?? null
    },

    async open(tokenHash, accountId, guestHash) {
      const account = ownerOf({ accountId, sessionHash: guestHash })
      const [row] = await sql<{ pieceCount: number }[]>`
        with opened as (
          insert into sessions (token_hash, account_id, expires_at)
          values (${tokenHash}, ${accountId}, now() + ${SESSION_MS} * interval '1 ms')
        ), guest as (
          delete from cart_lines where owner = ${guestHash} returning listing_id, quantity
        ), held as (
          select listing_id, quantity from cart_lines where owner = ${account}
        ), merged as (
          insert into cart_lines (owner, listing_id, quantity)
          select ${account}, listing_id, quantity
          from (select *, row_number() over (order by listing_id) as place from guest) numbered
          where place <= ${MAX_CART_LINES} - (select count(*) from held)
          on conflict (owner, listing_id) do update
            set quantity = least(cart_lines.quantity + excluded.quantity, ${MAX_LINE_QUANTITY})
          returning listing_id, quantity
        ), moved as (
          update orders set owner = ${account} where owner = ${guestHash}
        )
        select (coalesce((select sum(quantity) from merged), 0) +
          coalesce((select sum(quantity) from held where listing_id not in (select listing_id from merged)), 0))::int as "pieceCount"
      `
      return row!.pieceCount
    },

    async close(tokenHash) {
      await sql`delete from sessions where token_hash = ${tokenHash}`
    },
  }
}
