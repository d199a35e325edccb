import type { Buyer } from '../store/carts.ts'
import type { Address } from '../store/orders.ts'

/** What the buyer sends. The lines are those the buyer saw and agreed to, with the prices shown. */
export interface CheckoutRequest {
  /** Chosen by the form, 16 to 64 characters of `[A-Za-z0-9_-]`: the same key buys once, however often it is sent. */
  idempotencyKey: string
  buyer: Buyer
  email: string
  address: Address
  lines: { listingId: number; quantity: number; priceCents: number }[]
  /** The payment provider's token for the means of payment; the test provider knows `card-ok` and `card-declined`. */
  paymentToken: string
}

export type CheckoutAnswer =
  | { outcome: 'paid'; orderId: number; totalCents: number }
  /** The provider said no: the order is cancelled and the stock is back. */
  | { outcome: 'declined'; orderId: number; reason: string }
  /** The 15 minutes passed before the payment was settled: nothing was charged. */
  | { outcome: 'expired'; orderId: number }
  /** The provider has not answered in time. Nothing is lost: ask again with the same key. HTTP 503 with Retry-After. */
  | { outcome: 'pending'; orderId: number }
  /** Nothing was ordered; these listings lack pieces, are off the shelf or changed their price. HTTP 409. */
  | { outcome: 'unavailable'; listingIds: number[] }
  /** The key was used for another request. HTTP 422. */
  | { outcome: 'key-reused' }

export interface Checkout {
  /** Reserves, authorises, confirms. Safe to repeat with the same key, at the same time or later, on any worker. */
  place(request: CheckoutRequest): Promise<CheckoutAnswer>
}
