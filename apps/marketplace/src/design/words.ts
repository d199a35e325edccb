import type { Condition, PriceBand, SortOrder } from '../store/listings.ts'

/** How the shop says what the store counts. */
export const conditionWords: Record<Condition, string> = {
  new: 'New',
  'like-new': 'Like new',
  good: 'Good',
  worn: 'Worn',
}

export const priceBandWords: Record<PriceBand, string> = {
  'under-20': 'Under €20',
  '20-50': '€20 to €50',
  '50-100': '€50 to €100',
  '100-250': '€100 to €250',
  'over-250': 'Over €250',
}

export const sortWords: Record<SortOrder, string> = {
  popular: 'Popular',
  newest: 'Newest',
  'price-up': 'Lowest price',
  'price-down': 'Highest price',
}

export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-IE')} ${count === 1 ? one : many}`
}

/** What is left of a listing, as a buyer wants to hear it. */
export function stockWords(stock: number): string {
  if (stock === 0) return 'Sold out'
  if (stock === 1) return 'In stock: the only one'
  return stock <= 5 ? `In stock: ${stock} left` : 'In stock'
}

const day = new Intl.DateTimeFormat('en-IE', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })

export function formatDay(date: Date): string {
  return day.format(date)
}
