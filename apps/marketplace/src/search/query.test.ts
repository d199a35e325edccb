import fc from 'fast-check'
import { expect, test } from 'vitest'
import { conditions, MAX_PAGE, priceBands, sortOrders } from '../store/listings.ts'
import { pageNumbers, parseSearchQuery, searchPath } from './query.ts'

test('what is not ours, too long or out of bounds means no choice', () => {
  const query = parseSearchQuery({
    q: ['x'.repeat(500), 'y'],
    category: '../etc',
    condition: 'mint',
    price: '7',
    sort: 'random',
    page: '-3',
    stock: 'yes',
  })
  expect(query).toEqual({
    text: 'x'.repeat(100),
    categorySlug: null,
    condition: null,
    priceBand: null,
    isInStockOnly: false,
    sort: 'popular',
    page: 1,
  })
})

test('a page lies between 1 and the last one that can be turned to', () => {
  expect(parseSearchQuery({ page: '0' }).page).toBe(1)
  expect(parseSearchQuery({ page: '999' }).page).toBe(MAX_PAGE)
  expect(parseSearchQuery({ page: '1e2' }).page).toBe(1)
  expect(parseSearchQuery({ page: '99999999999999999999' }).page).toBe(1)
})

test('a department without words lives under its own address', () => {
  expect(searchPath(parseSearchQuery({ category: 'boating' }))).toBe('/c/boating')
  expect(searchPath(parseSearchQuery({ category: 'boating', q: ' old  rope ' }))).toBe(
    '/search?q=old+rope&category=boating',
  )
  expect(searchPath(parseSearchQuery({ page: '1', sort: 'popular' }))).toBe('/search')
})

test('every query has one address, and the address means that query again', () => {
  const anyQuery = fc.record({
    q: fc.string({ maxLength: 120 }),
    condition: fc.constantFrom('', ...conditions),
    price: fc.constantFrom('', ...priceBands.map(({ name }) => name)),
    stock: fc.constantFrom('', '1'),
    sort: fc.constantFrom('', ...sortOrders),
    page: fc.integer({ min: -1, max: 60 }).map(String),
    category: fc.constantFrom('', 'toys', 'nowhere'),
  })
  fc.assert(
    fc.property(anyQuery, (parameters) => {
      const query = parseSearchQuery(parameters)
      const url = new URL(searchPath(query), 'http://shop')
      const inPath = /^\/c\/(.+)$/.exec(url.pathname)?.[1]
      expect(parseSearchQuery(Object.fromEntries(url.searchParams), inPath)).toEqual(query)
    }),
  )
})

test('offers the first and the last page and those around the current one', () => {
  expect(pageNumbers(1, 1)).toEqual([1])
  expect(pageNumbers(1, 50)).toEqual([1, 2, null, 50])
  expect(pageNumbers(25, 50)).toEqual([1, null, 24, 25, 26, null, 50])
  expect(pageNumbers(50, 50)).toEqual([1, null, 49, 50])
  expect(pageNumbers(60, 50)).not.toContain(60)
})
