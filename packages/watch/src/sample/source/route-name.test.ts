import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { nameRoute } from './route-name.ts'

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
