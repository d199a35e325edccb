/** What the shop sells, and how one finds it. Prices are integer cents of one currency (EUR). */

export const conditions = ['new', 'like-new', 'used'] as const
export type Condition = (typeof conditions)[number]

/** Price bands of the facet: `fromCents` belongs to it, `belowCents` does not. */
export const priceBands = [
  { name: 'under-20', fromCents: 0, belowCents: 2_000 },
  { name: '20-50', fromCents: 2_000, belowCents: 5_000 },
  { name: '50-100', fromCents: 5_000, belowCents: 10_000 },
  { name: '100-250', fromCents: 10_000, belowCents: 25_000 },
  { name: 'over-250', fromCents: 25_000, belowCents: 1_000_000_000 },
] as const
export type PriceBand = (typeof priceBands)[number]['name']

export const sortOrders = ['popular', 'price-up', 'price-down', 'newest'] as const
export type SortOrder = (typeof sortOrders)[number]

/** Listings on one page of results, and the last page one can turn to. */
export const PAGE_ITEM_COUNT = 24
export const MAX_PAGE = 50

export interface Category {
  id: number
  /** As in `/c/:slug`. */
  slug: string
  name: string
  listingCount: number
}

/** A listing as it stands in a grid of results. */
export interface ListingCard {
  id: number
  title: string
  priceCents: number
  stock: number
  condition: Condition
  categorySlug: string
  shopName: string
}

/** A listing on its own page. */
export interface Listing extends ListingCard {
  description: string
  material: string
  categoryName: string
  shopId: number
  shopPlace: string
  /** Its seller took it off the shelf: answered 404 to everybody but the seller. */
  isHidden: boolean
  createdAt: Date
}

export interface SearchQuery {
  /** Words as typed, trimmed, at most 100 characters; empty for everything. */
  text: string
  categorySlug: string | null
  condition: Condition | null
  priceBand: PriceBand | null
  isInStockOnly: boolean
  sort: SortOrder
  /** From 1 to {@link MAX_PAGE}. */
  page: number
}

/** How many listings one would see when choosing `value` and keeping all other choices. */
export interface FacetCount<Value extends string> {
  value: Value
  count: number
}

export interface SearchResult {
  items: ListingCard[]
  totalCount: number
  /** At most {@link MAX_PAGE}. */
  pageCount: number
  facets: {
    categories: (FacetCount<string> & { name: string })[]
    conditions: FacetCount<Condition>[]
    priceBands: FacetCount<PriceBand>[]
    inStockCount: number
  }
}

export interface ListingStore {
  categories(): Promise<Category[]>
  /** One page of results and all facets, in one statement. */
  search(query: SearchQuery): Promise<SearchResult>
  find(id: number): Promise<Listing | null>
  /** Popular listings of the same category, without this one. */
  related(listing: Listing, limit: number): Promise<ListingCard[]>
  /** The most popular ones in stock: the home page. */
  popular(limit: number): Promise<ListingCard[]>
}
