import type { Clock } from '@plimsoll/core'
import { retryWhileAway } from './retry-while-away.ts'
import type { Store } from './store.ts'

/** A database that was killed is back within a second or two; who waits longer is told. */
const PATIENCE_MS = 4_000

/**
 * The same store, whose reads wait for a database that is away instead of failing. Writes are left alone: one whose answer
 * was lost may have happened. (The checkout waits too, since it knows what it did by its key.)
 */
export function makePatient(store: Store, clock: Clock): Store {
  const { listings, carts, accounts, sessions, orders, selling } = store
  const patiently =
    <Args extends unknown[], T>(read: (...args: Args) => Promise<T>) =>
    (...args: Args): Promise<T> =>
      retryWhileAway(() => read(...args), { clock, maxMs: PATIENCE_MS })
  return {
    listings: {
      categories: patiently(listings.categories),
      search: patiently(listings.search),
      find: patiently(listings.find),
      related: patiently(listings.related),
      popular: patiently(listings.popular),
    },
    carts: { ...carts, read: patiently(carts.read) },
    accounts: {
      ...accounts,
      find: patiently(accounts.find),
      signIn: patiently((...person) => accounts.signIn(...person)),
    },
    sessions: { ...sessions, find: patiently(sessions.find) },
    orders: { list: patiently(orders.list), find: patiently(orders.find) },
    selling: {
      ...selling,
      listings: patiently(selling.listings),
      findListing: patiently(selling.findListing),
      ordersToShip: patiently(selling.ordersToShip),
    },
  }
}
