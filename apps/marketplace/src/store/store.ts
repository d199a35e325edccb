import type { Sql } from '@plimsoll/postgres'
import { createAccountStore, type AccountStore } from './accounts.ts'
import { createCartStore, type CartStore } from './carts.ts'
import { createListingStore, type ListingStore } from './listings.ts'
import { createOrderStore, type OrderStore } from './orders.ts'
import { createSellingStore, type SellingStore } from './selling.ts'
import { createSessionStore, type SessionStore } from './sessions.ts'

/** All that is remembered, one member per aggregate. Every call is a statement or two; nothing here is cached. */
export interface Store {
  listings: ListingStore
  carts: CartStore
  accounts: AccountStore
  sessions: SessionStore
  orders: OrderStore
  selling: SellingStore
}

export function createStore(sql: Sql): Store {
  return {
    listings: createListingStore(sql),
    carts: createCartStore(sql),
    accounts: createAccountStore(sql),
    sessions: createSessionStore(sql),
    orders: createOrderStore(sql),
    selling: createSellingStore(sql),
  }
}
