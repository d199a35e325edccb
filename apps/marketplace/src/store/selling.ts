import type { Condition, Listing } from './listings.ts'
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
  /** False unless it is this shop's. */
  updateListing(shopId: number, id: number, draft: ListingDraft): Promise<boolean>
  /** Paid orders with something of this shop: the unshipped first, oldest first; then the 50 latest shipped. */
  ordersToShip(shopId: number): Promise<OrderToShip[]>
  /** Idempotent; false unless this shop has something in the order and the order is paid. */
  ship(shopId: number, orderId: number): Promise<boolean>
}
