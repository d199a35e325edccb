import { expect, test } from 'vitest'
import { createCache, createCulprit } from '../../test/facts.ts'
import { matchCache } from './match-cache.ts'

test.each([
  ['pageCache', 'pages'],
  ['pages', 'page-cache'],
  ['Registry.#pages', 'pages'],
  ['pageCache', 'PageCache'],
])('%s is the cache %s', (variable, name) => {
  expect(matchCache(createCulprit({ variable }), [createCache({ name }), createCache({ name: 'sessions' })])).toBe(name)
})

test('a cache that keeps to its budget is not what leaks, whatever it is called', () => {
  expect(
    matchCache(createCulprit({ variable: 'pages' }), [createCache({ bytes: 12_000, budgetBytes: 64_000 })]),
  ).toBeNull()
})

test('without a name the only cache created in the accused file will do, and of two neither', () => {
  const culprit = createCulprit({ variable: 'html' })
  const created = createCache({ name: 'fragments', createdAt: 'src/catalog/pages.ts:12:3' })
  expect(matchCache(culprit, [created])).toBe('fragments')
  expect(matchCache(culprit, [created, { ...created, name: 'others' }])).toBeNull()
  expect(matchCache(culprit, [createCache({ name: 'elsewhere', createdAt: 'src/cart.ts:1' })])).toBeNull()
})
