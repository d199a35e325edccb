import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatPrice, parsePrice, toPriceField } from './money.ts'

test('prices are written as people write them', () => {
  expect(formatPrice(4800)).toBe('€48')
  expect(formatPrice(1205)).toBe('€12.05')
  expect(formatPrice(125_000)).toBe('€1,250')
})

test.each([
  ['12', 1200],
  ['12.5', 1250],
  ['12,50', 1250],
  [' € 12.50 ', 1250],
  ['12.505', null],
  ['-3', null],
  ['1e3', null],
  ['', null],
  ['99999999', null],
])('the typed price %j means %s cents', (typed, cents) => {
  expect(parsePrice(typed)).toBe(cents)
})

test('what a price field shows means the same price again', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 999_999_999 }), (cents) => parsePrice(toPriceField(cents)) === cents))
})
