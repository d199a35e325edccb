import { conditionWords, priceBandWords } from '../design/words.ts'
import type { SearchQuery, SearchResult } from '../store/listings.ts'
import { searchPath } from './query.ts'

interface Choice {
  label: string
  count: number
  isChosen: boolean
  /** The query with this choice made, or taken back. */
  query: SearchQuery
}

/** Choices that narrow a search. All of them are links, so they work without a button and can be shared. */
export function Facets({ query, result }: { query: SearchQuery; result: SearchResult }) {
  const { facets } = result
  const change = (changes: Partial<SearchQuery>): SearchQuery => ({ ...query, page: 1, ...changes })
  const groups: { name: string; choices: Choice[] }[] = [
    {
      name: 'Availability',
      choices: [
        {
          label: 'In stock',
          count: facets.inStockCount,
          isChosen: query.isInStockOnly,
          query: change({ isInStockOnly: !query.isInStockOnly }),
        },
      ],
    },
    {
      name: 'Price',
      choices: facets.priceBands.map(({ value, count }) => ({
        label: priceBandWords[value],
        count,
        isChosen: query.priceBand === value,
        query: change({ priceBand: query.priceBand === value ? null : value }),
      })),
    },
    {
      name: 'Condition',
      choices: facets.conditions.map(({ value, count }) => ({
        label: conditionWords[value],
        count,
        isChosen: query.condition === value,
        query: change({ condition: query.condition === value ? null : value }),
      })),
    },
    {
      name: 'Department',
      choices: facets.categories.map(({ value, name, count }) => ({
        label: name,
        count,
        isChosen: query.categorySlug === value,
        query: change({ categorySlug: query.categorySlug === value ? null : value }),
      })),
    },
  ]
  // A department's own page is not narrowed by being in it.
  const isDepartment = query.text === ''
  const chosen = [query.isInStockOnly, query.priceBand, query.condition, isDepartment ? null : query.categorySlug]
  const chosenCount = chosen.filter(Boolean).length
  return (
    <details class="facets">
      <summary>Filter{chosenCount > 0 && ` (${chosenCount})`}</summary>
      <nav aria-label="Filters">
        {groups.map(({ name, choices }) => (
          <FacetGroup key={name} name={name} choices={choices.filter(({ count, isChosen }) => count > 0 || isChosen)} />
        ))}
      </nav>
    </details>
  )
}

function FacetGroup({ name, choices }: { name: string; choices: Choice[] }) {
  if (choices.length === 0) return null
  return (
    <section class="facet">
      <h2>{name}</h2>
      <ul>
        {choices.map(({ label, count, isChosen, query }) => (
          <li key={label}>
            <a href={searchPath(query)} rel="nofollow" aria-current={isChosen ? 'true' : undefined}>
              <span>{label}</span>
              <span class="facet-count">{count.toLocaleString('en-IE')}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** What has been chosen, each with a way to take it back. */
export function Chosen({ query, categoryName }: { query: SearchQuery; categoryName: string | null }) {
  const without = (changes: Partial<SearchQuery>) => searchPath({ ...query, page: 1, ...changes })
  const chips = [
    query.text !== '' && categoryName !== null && { label: categoryName, href: without({ categorySlug: null }) },
    query.isInStockOnly && { label: 'In stock', href: without({ isInStockOnly: false }) },
    query.priceBand !== null && { label: priceBandWords[query.priceBand], href: without({ priceBand: null }) },
    query.condition !== null && { label: conditionWords[query.condition], href: without({ condition: null }) },
  ].filter((chip) => chip !== false)
  if (chips.length === 0) return null
  return (
    <ul class="chips" aria-label="Chosen filters">
      {chips.map(({ label, href }) => (
        <li key={label}>
          <a href={href} rel="nofollow">
            <span class="unseen">Remove </span>
            {label}
            <span aria-hidden="true"> ×</span>
          </a>
        </li>
      ))}
    </ul>
  )
}
