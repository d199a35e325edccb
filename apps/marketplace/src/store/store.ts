import type { AccountStore } from './accounts.ts'
import type { CartStore } from './carts.ts'
import type { ListingStore } from './listings.ts'
import type { OrderStore } from './orders.ts'
import type { SellingStore } from './selling.ts'
import type { SessionStore } from './sessions.ts'

/** All that is remembered, one member per aggregate. Every call is a statement or two; nothing here is cached. */
export interface Store {
  listings: ListingStore
  carts: CartStore
  accounts: AccountStore
  sessions: SessionStore
  orders: OrderStore
  selling: SellingStore
}
