import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashRoute, nameRoute } from './route-name.ts'

const request = (fields: object) => fields as IncomingMessage

test('a route is called as its framework calls it', () => {
  expect(nameRoute(request({ method: 'GET', url: '/p/7' }), { find: () => '/p/:id' })).toBe('GET /p/:id')
  expect(nameRoute(request({ method: 'POST', url: '/shop/p/7', baseUrl: '/shop', route: { path: '/p/:id' } }))).toBe(
    'POST /shop/p/:id',
  )
})

test('without a framework only fixed words of the path are told', () => {
  expect(nameRoute(request({ method: 'GET', url: '/c/lamps?session=secret' }))).toBe('GET /c/lamps')
  expect(nameRoute(request({ method: 'GET', url: '/users/4711/orders/8f31c2' }))).toBe(
    'GET /users/:value/orders/:value',
  )
  expect(nameRoute(request({ method: 'GET', url: '/a/b/c/d/e/f' }))).toBe('GET /a/b/c/d/…')
  expect(nameRoute(request({}))).toBe('GET /')
})

test('two requests have one number if, and only if, they have one name', () => {
  const segment = fc.oneof(fc.constantFrom('a', 'b', 'orders', 'x-y', '7', '%20', 'a'.repeat(31), 'a'.repeat(32), ''))
  const end = fc.constantFrom('', '/', '?q=/a/b', '#a', '//')
  const path = fc.tuple(fc.array(segment, { maxLength: 7 }), end).map(([list, last]) => `/${list.join('/')}${last}`)
  const made = fc.record({ method: fc.constantFrom('GET', 'POST'), url: path }).map(request)
  fc.assert(
    fc.property(made, made, (one, other) => {
      expect(hashRoute(one) === hashRoute(other)).toBe(nameRoute(one) === nameRoute(other))
    }),
    { numRuns: 3000 },
  )
})
