import type { Buyer } from './carts.ts'

export const orderStates = ['reserved', 'paid', 'shipped', 'cancelled'] as const
export type OrderState = (typeof orderStates)[number]

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
