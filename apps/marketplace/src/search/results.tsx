import { Cards } from '../design/cards.tsx'
import { Layout, shopName } from '../design/layout.tsx'
import { countOf, sortWords } from '../design/words.ts'
import { sortOrders, type SearchQuery, type SearchResult } from '../store/listings.ts'
import { Chosen, Facets } from './facets.tsx'
import { pageNumbers, searchPath } from './query.ts'

export interface ResultsProps {
  query: SearchQuery
  result: SearchResult
  /** The department's name, where the query is within one. */
  categoryName: string | null
}

export function ResultsPage({ query, result, categoryName }: ResultsProps) {
  const heading = query.text === '' ? (categoryName ?? 'Everything') : `“${query.text}”`
  const isPlain = searchPath(query) === searchPath({ ...query, condition: null, priceBand: null, isInStockOnly: false })
  return (
    <Layout
      title={heading}
      description={
        isPlain && query.text === ''
          ? `${heading}: ${countOf(result.totalCount, 'listing')} on ${shopName}.`
          : undefined
      }
      canonical={searchPath(query)}
      searchText={query.text}
      categorySlug={query.categorySlug ?? undefined}
    >
      <div class="results-head">
        <h1>{heading}</h1>
        <p class="quiet">
          {countOf(result.totalCount, 'listing')}
          {query.text !== '' && categoryName !== null && ` in ${categoryName}`}
        </p>
      </div>
      <div class="results">
        <Facets query={query} result={result} />
        <section class="results-list" aria-label="Results">
          <div class="results-bar">
            <Chosen query={query} categoryName={categoryName} />
            {result.totalCount > 1 && <Sorting query={query} />}
          </div>
          {result.items.length === 0 ? (
            <Nothing query={query} />
          ) : (
            <Cards items={result.items} label="Listings" headingLevel={2} />
          )}
          <Pages query={query} pageCount={result.pageCount} />
        </section>
      </div>
    </Layout>
  )
}

function Sorting({ query }: { query: SearchQuery }) {
  return (
    <nav class="sorting" aria-label="Sort by">
      {sortOrders.map((sort) => (
        <a
          key={sort}
          href={searchPath({ ...query, sort, page: 1 })}
          aria-current={sort === query.sort ? 'true' : undefined}
        >
          {sortWords[sort]}
        </a>
      ))}
    </nav>
  )
}

function Nothing({ query }: { query: SearchQuery }) {
  const isNarrowed =
    query.condition !== null || query.priceBand !== null || query.isInStockOnly || query.categorySlug !== null
  const wide: SearchQuery = {
    ...query,
    categorySlug: null,
    condition: null,
    priceBand: null,
    isInStockOnly: false,
    page: 1,
  }
  return (
    <div class="nothing">
      <h2>Nothing washed up for this one.</h2>
      <p>
        {isNarrowed && query.text !== ''
          ? 'Your filters may be too narrow, or the words too many.'
          : 'Fewer or plainer words find more: “jug” rather than “small white milk jug”.'}
      </p>
      <p>
        {isNarrowed && query.text !== '' ? (
          <a class="button" href={searchPath(wide)}>
            Look for “{query.text}” without filters
          </a>
        ) : (
          <a class="button" href="/">
            Browse the departments
          </a>
        )}
      </p>
    </div>
  )
}

function Pages({ query, pageCount }: { query: SearchQuery; pageCount: number }) {
  if (pageCount <= 1) return null
  const to = (page: number) => searchPath({ ...query, page })
  return (
    <nav class="pages" aria-label="Pages">
      {query.page > 1 && (
        <a href={to(query.page - 1)} rel="prev">
          Previous
        </a>
      )}
      {pageNumbers(query.page, pageCount).map((number, index) =>
        number === null ? (
          <span key={`gap-${index}`} aria-hidden="true">
            …
          </span>
        ) : (
          <a
            key={number}
            href={to(number)}
            aria-label={`Page ${number}`}
            aria-current={number === query.page ? 'page' : undefined}
          >
            {number}
          </a>
        ),
      )}
      {query.page < pageCount && (
        <a href={to(query.page + 1)} rel="next">
          Next
        </a>
      )}
    </nav>
  )
}
