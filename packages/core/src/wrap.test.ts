import { expect, test } from 'vitest'
import { wrap } from './wrap.ts'

test('breaks between words, and leaves a word that is too long whole', () => {
  expect(wrap('a cache without a bound', 10)).toEqual(['a cache', 'without a', 'bound'])
  expect(wrap('see node_modules/eslint-plugin now', 10)).toEqual(['see', 'node_modules/eslint-plugin', 'now'])
})
