import { expect, test } from 'vitest'
import { isFromOurPages, parseId, toLocalPath } from './guard.ts'

test.each([
  [{ host: 'shop.example' }, true],
  [{ host: 'shop.example', origin: 'https://shop.example', 'sec-fetch-site': 'same-origin' }, true],
  [{ host: 'shop.example:3000', origin: 'http://shop.example:3000' }, true],
  [{ host: 'shop.example', origin: 'https://evil.example' }, false],
  [{ host: 'shop.example', origin: 'null' }, false],
  [{ host: 'shop.example', 'sec-fetch-site': 'cross-site' }, false],
  [{ host: 'shop.example', 'sec-fetch-site': 'same-site' }, false],
])('headers %j come from our own pages: %s', (headers, expected) => {
  expect(isFromOurPages(headers)).toBe(expected)
})

test.each([
  ['/orders', '/orders'],
  ['/search?q=a+b&page=2', '/search?q=a+b&page=2'],
  ['//evil.example', '/account'],
  ['/\\evil.example', '/account'],
  ['https://evil.example', '/account'],
  ['javascript:alert(1)', '/account'],
  ['/a\nset-cookie: x=1', '/account'],
  ['/' + 'x'.repeat(400), '/account'],
  [undefined, '/account'],
  [['/a', '/b'], '/account'],
])('%j leads to %s', (typed, expected) => {
  expect(toLocalPath(typed, '/account')).toBe(expected)
})

test.each([
  ['1', 1],
  ['2147483647', 2_147_483_647],
  ['2147483648', null],
  ['0', null],
  ['-1', null],
  ['1.5', null],
  ['1e3', null],
  ['', null],
])('the id %j reads as %s', (typed, expected) => {
  expect(parseId(typed)).toBe(expected)
})
