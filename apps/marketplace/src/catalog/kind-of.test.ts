import { expect, test } from 'vitest'
import { categories } from './categories.ts'
import { kindOf } from './kind-of.ts'

test.each([
  ['Stoneware teapot', 'teapot'],
  ['Oak milking stool, three-legged', 'stool'],
  ['Oak-handled bread knife', null],
  ['Walnut chest of drawers', 'chest'],
  ['Toy ferry with a wooden stool on deck', 'toy-boat'],
  ['Sea chart of the estuary', 'chart'],
  ['A nameless thing', null],
  ['', null],
])('%j is of the kind %s', (title, kind) => {
  expect(kindOf(title)).toBe(kind)
})

test('every noun leads back to its own kind', () => {
  for (const { slug, nouns } of categories.flatMap(({ kinds }) => kinds)) {
    for (const noun of nouns) expect(kindOf(`Old ${noun}`)).toBe(slug)
  }
})
