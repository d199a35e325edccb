import { categories } from '../catalog/categories.ts'
import { cleanText } from '../http/form.ts'
import { conditions, MAX_PAGE, priceBands, sortOrders, type SearchQuery } from '../store/listings.ts'

const MAX_TEXT_LENGTH = 100

/** Reads a query string's parameters; what is not ours, too long or out of bounds falls back to "no choice", never to an error. */
export function parseSearchQuery(parameters: unknown, categorySlug?: string): SearchQuery {
  const read = (name: string) => {
    const value = (parameters as Record<string, unknown>)[name]
    const first = Array.isArray(value) ? value[0] : value
    return typeof first === 'string' ? first : ''
  }
  const page = /^\d{1,3}$/.test(read('page')) ? Number(read('page')) : 1
  return {
    text: cleanText(read('q')).slice(0, MAX_TEXT_LENGTH).trim(),
    categorySlug: categorySlug ?? categories.find(({ slug }) => slug === read('category'))?.slug ?? null,
    condition: conditions.find((condition) => condition === read('condition')) ?? null,
    priceBand: priceBands.find(({ name }) => name === read('price'))?.name ?? null,
    isInStockOnly: read('stock') === '1',
    sort: sortOrders.find((sort) => sort === read('sort')) ?? 'popular',
    page: Math.min(Math.max(page, 1), MAX_PAGE),
  }
}

/**
 * The one address of a query: parameters in fixed order, defaults left out. A department without words lives under
 * `/c/:category`, all else under `/search`, so that a page is cached, linked and indexed once.
 */
export function searchPath(query: SearchQuery): string {
  const parameters = new URLSearchParams()
  const isDepartment = query.text === '' && query.categorySlug !== null
  if (query.text !== '') parameters.set('q', query.text)
  if (query.categorySlug !== null && !isDepartment) parameters.set('category', query.categorySlug)
  if (query.condition !== null) parameters.set('condition', query.condition)
  if (query.priceBand !== null) parameters.set('price', query.priceBand)
  if (query.isInStockOnly) parameters.set('stock', '1')
  if (query.sort !== 'popular') parameters.set('sort', query.sort)
  if (query.page > 1) parameters.set('page', String(query.page))
  const path = isDepartment ? `/c/${query.categorySlug}` : '/search'
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`
}

/** The page numbers to offer: the first, the last and those around the current one; `null` where some are left out. */
export function pageNumbers(page: number, pageCount: number): (number | null)[] {
  const shown = [1, page - 1, page, page + 1, pageCount].filter((number) => number >= 1 && number <= pageCount)
  const numbers = [...new Set(shown)].sort((one, other) => one - other)
  return numbers.flatMap((number, index) => (index > 0 && number - numbers[index - 1]! > 1 ? [null, number] : [number]))
}
