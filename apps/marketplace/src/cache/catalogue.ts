import type { Category, Listing, ListingCard, SearchQuery, SearchResult } from '../store/listings.ts'

/** The cached way to read the catalogue. Up to a few seconds old on another machine; changes on this one are seen at once. */
export interface Catalogue {
  categories(): Promise<Category[]>
  search(query: SearchQuery): Promise<SearchResult>
  find(id: number): Promise<Listing | null>
  related(listing: Listing): Promise<ListingCard[]>
  popular(): Promise<ListingCard[]>
}
