import type { Sql } from '@plimsoll/postgres'

/** What the shop sells, and how one finds it. Prices are integer cents of one currency (EUR). */

export const conditions = ['new', 'like-new', 'good', 'worn'] as const
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
    /** With a category chosen and no text, only that category is counted: the others are not looked at. */
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

/** Words a search may have, in characters; longer ones are cut by whoever parses the URL. */
export const MAX_SEARCH_TEXT_LENGTH = 100

export function createListingStore(sql: Sql): ListingStore {
  return {
    categories: () => sql<Category[]>`
      select c.id, c.slug, c.name, count(l.id)::int as "listingCount"
      from categories c left join listings l on l.category_id = c.id and not l.is_hidden
      group by c.id order by c.id
    `,

    async search(query) {
      const [result] = await searchStatement(sql, query)
      return { ...result!, pageCount: Math.min(MAX_PAGE, Math.ceil(result!.totalCount / PAGE_ITEM_COUNT)) }
    },

    async find(id) {
      const [listing] = await sql<Listing[]>`
        select ${listingColumns(sql)} from ${listingTables(sql)} where l.id = ${id}
      `
      return listing ?? null
    },

    related: (listing, limit) => sql<ListingCard[]>`
      select ${cardColumns(sql)} from ${listingTables(sql)}
      where c.slug = ${listing.categorySlug} and l.id <> ${listing.id} and not l.is_hidden
      order by l.popularity desc, l.id limit ${limit}
    `,

    popular: (limit) => sql<ListingCard[]>`
      select ${cardColumns(sql)} from ${listingTables(sql)}
      where l.stock > 0 and not l.is_hidden
      order by l.popularity desc, l.id limit ${limit}
    `,
  }
}

function cardColumns(sql: Sql) {
  return sql`l.id, l.title, l.price_cents as "priceCents", l.stock, l.condition, c.slug as "categorySlug", s.name as "shopName"`
}

export function listingColumns(sql: Sql) {
  return sql`
    ${cardColumns(sql)}, l.description, l.material, c.name as "categoryName", l.shop_id as "shopId", s.place as "shopPlace",
    l.is_hidden as "isHidden", l.created_at as "createdAt"
  `
}

export function listingTables(sql: Sql) {
  return sql`listings l join shops s on s.id = l.shop_id join categories c on c.id = l.category_id`
}

/**
 * One statement for the page and all its facets: `matched` is what the words (or the category alone) reach, with a flag for
 * each choice; a facet counts the rows on which all flags but its own are up. The statement has a handful of shapes, one
 * for each sort order, with and without text: few enough to stay prepared on every connection.
 */
function searchStatement(sql: Sql, query: SearchQuery) {
  const band = priceBands.find(({ name }) => name === query.priceBand)
  const reach =
    query.text !== ''
      ? sql`l.words @@ websearch_to_tsquery('english', ${query.text})`
      : query.categorySlug !== null
        ? sql`l.category_id = (select id from categories where slug = ${query.categorySlug})`
        : sql`true`
  const order = {
    popular: sql`popularity desc, id`,
    'price-up': sql`price_cents, id`,
    'price-down': sql`price_cents desc, id`,
    newest: sql`created_at desc, id desc`,
  }[query.sort]
  return sql<Omit<SearchResult, 'pageCount'>[]>`
    with matched as materialized (
      select l.id, l.category_id, l.condition, l.price_cents, l.popularity, l.created_at,
        width_bucket(l.price_cents, ${sql.array(priceBands.slice(1).map(({ fromCents }) => fromCents))}::int[]) as band,
        ${query.categorySlug}::text is null
          or l.category_id = (select id from categories where slug = ${query.categorySlug}) as in_category,
        ${query.condition}::text is null or l.condition = ${query.condition} as in_condition,
        l.price_cents >= ${band?.fromCents ?? 0} and l.price_cents < ${band?.belowCents ?? 2_000_000_000} as in_band,
        l.stock > 0 as is_in_stock, l.stock > 0 or not ${query.isInStockOnly} as in_stock
      from listings l where not l.is_hidden and ${reach}
    ), counted as (
      select category_id, condition, band,
        count(*) filter (where in_category and in_condition and in_band and in_stock)::int as total_count,
        count(*) filter (where in_condition and in_band and in_stock)::int as category_count,
        count(*) filter (where in_category and in_band and in_stock)::int as condition_count,
        count(*) filter (where in_category and in_condition and in_stock)::int as band_count,
        count(*) filter (where in_category and in_condition and in_band and is_in_stock)::int as in_stock_count,
        grouping(category_id, condition, band) as grouped
      from matched group by grouping sets ((category_id), (condition), (band), ())
    ), shown as (
      select id, row_number() over (order by ${order}) as place
      from matched where in_category and in_condition and in_band and in_stock
      order by ${order} limit ${PAGE_ITEM_COUNT} offset ${(query.page - 1) * PAGE_ITEM_COUNT}
    ), cards as (
      select ${cardColumns(sql)}, shown.place from shown join ${listingTables(sql)} on l.id = shown.id
    )
    select
      (select coalesce(jsonb_agg(to_jsonb(cards) - 'place' order by place), '[]') from cards) as items,
      (select total_count from counted where grouped = 7) as "totalCount",
      jsonb_build_object(
        'categories', (
          select coalesce(jsonb_agg(jsonb_build_object('value', slug, 'name', name, 'count', category_count)
            order by category_count desc, id), '[]')
          from counted join categories on id = category_id where grouped = 3 and category_count > 0),
        'conditions', (
          select coalesce(jsonb_agg(jsonb_build_object('value', condition, 'count', condition_count)
            order by array_position(${sql.array([...conditions])}::text[], condition)), '[]')
          from counted where grouped = 5 and condition_count > 0),
        'priceBands', (
          select coalesce(jsonb_agg(jsonb_build_object('value', (${sql.array(priceBands.map(({ name }) => name))}::text[])[band + 1],
            'count', band_count) order by band), '[]') from counted where grouped = 6 and band_count > 0),
        'inStockCount', (select in_stock_count from counted where grouped = 7)
      ) as facets
  `
}
