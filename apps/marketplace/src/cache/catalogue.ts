import { MiB, SECOND_MS, type Clock } from '@plimsoll/core'
import type { Category, Listing, ListingCard, ListingStore, SearchQuery, SearchResult } from '../store/listings.ts'
import { ownCaches, type ShopCaches } from './shop-caches.ts'

/** The cached way to read the catalogue. Up to some seconds old on another machine; changes on this one are seen at once. */
export interface Catalogue {
  categories(): Promise<Category[]>
  search(query: SearchQuery): Promise<SearchResult>
  find(id: number): Promise<Listing | null>
  related(listing: Listing): Promise<ListingCard[]>
  popular(): Promise<ListingCard[]>
}

const RELATED_COUNT = 6
const POPULAR_COUNT = 24
/** Fresh for so long, then still served for as long again while one refresh runs. */
const TTL_MS = 20 * SECOND_MS
/** A day's whole list of categories changes slowly and costs a walk over all listings. */
const SLOW_TTL_MS = 60 * SECOND_MS

export interface CatalogueSource extends Catalogue {
  invalidateTag(tag: string): Promise<unknown>
}

export function createCatalogue(store: ListingStore, clock: Clock, caches: ShopCaches = ownCaches): CatalogueSource {
  const searches = caches.create<string, SearchResult>({
    name: 'searches',
    maxBytes: 16 * MiB,
    ttlMs: TTL_MS,
    staleMs: TTL_MS,
    clock,
    load: (key, { entry }) => {
      entry.tags = ['catalogue']
      return store.search(JSON.parse(key) as SearchQuery)
    },
  })
  const listings = caches.create<number, Listing | null>({
    name: 'listings',
    maxBytes: 16 * MiB,
    ttlMs: TTL_MS,
    clock,
    load: (id, { entry }) => {
      entry.tags = [`listing:${id}`]
      // Behind a second tier keys are strings.
      return store.find(Number(id))
    },
  })
  const cards = caches.create<string, Category[] | ListingCard[]>({
    name: 'shelves',
    maxBytes: 4 * MiB,
    ttlMs: SLOW_TTL_MS,
    staleMs: SLOW_TTL_MS,
    clock,
    load: async (key, { entry }) => {
      entry.tags = ['catalogue']
      if (key === 'categories') return store.categories()
      if (key === 'popular') return store.popular(POPULAR_COUNT)
      const listing = await listings.fetch(Number(key))
      return listing ? store.related(listing, RELATED_COUNT) : []
    },
  })
  const shelf = async (key: string) => (await cards.fetch(key)) ?? []
  return {
    categories: () => shelf('categories') as Promise<Category[]>,
    popular: () => shelf('popular') as Promise<ListingCard[]>,
    related: (listing) => shelf(String(listing.id)) as Promise<ListingCard[]>,
    async search(query) {
      return (await searches.fetch(canonicalKey(query)))!
    },
    async find(id) {
      return (await listings.fetch(id)) ?? null
    },
    invalidateTag: (tag) => Promise.all([searches, listings, cards].map((cache) => cache.invalidateTag(tag))),
  }
}

/** The same question has the same key, whatever order its fields came in. */
function canonicalKey(query: SearchQuery): string {
  const { text, categorySlug, condition, priceBand, isInStockOnly, sort, page } = query
  return JSON.stringify({ text, categorySlug, condition, priceBand, isInStockOnly, sort, page })
}
