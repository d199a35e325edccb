import { expect, test } from 'vitest'
import { createCulprit } from '../../test/facts.ts'
import { findOwner } from './ownership.ts'

const rules = [
  { path: 'src/', cache: null, package: null, team: 'web' },
  { path: 'src/catalog/', cache: null, package: null, team: 'catalog' },
  { path: null, cache: 'pages', package: null, team: 'caching' },
  { path: null, cache: null, package: 'left-open', team: 'platform' },
]

test.each([
  ['the longest path prefix', createCulprit(), null, 'catalog'],
  ['a shorter prefix where the longer one does not fit', createCulprit({ file: 'src/cart/cart.ts' }), null, 'web'],
  ['the package before the path', createCulprit({ package: 'left-open' }), null, 'platform'],
  ['the cache before everything', createCulprit({ package: 'left-open' }), 'pages', 'caching'],
])('finds the owner by %s', (_how, culprit, cache, team) => {
  expect(findOwner(rules, culprit, cache)?.team).toBe(team)
})

test('what nobody owns has no owner', () => {
  expect(findOwner(rules, createCulprit({ file: 'node_modules/other/index.js' }), null)).toBeNull()
})
