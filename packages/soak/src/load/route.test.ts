import { expect, test } from 'vitest'

import { parsePost, parseRoute } from './route.ts'

test('a POST has a path and a body, in both of which ranges vary', () => {
  const route = parsePost('/shops/{1..2}/orders {"sku":"s{1..3}","lines":[{"count":{5..6}}]}')
  expect(route).toMatchObject({ method: 'POST', path: '/shops/{1..2}/orders' })
  const { count, at } = parseRoute(route)
  expect(count).toBe(6)
  expect([0, 1, 2].map(at)).toEqual([
    { path: '/shops/1/orders', json: { sku: 's1', lines: [{ count: 5 }] } },
    { path: '/shops/2/orders', json: { sku: 's1', lines: [{ count: 6 }] } },
    { path: '/shops/1/orders', json: { sku: 's2', lines: [{ count: 5 }] } },
  ])
})

test('what is no JSON is a form, and nothing at all is a POST without a body', () => {
  expect(parseRoute(parsePost('/login user=u{1..9}&password=a%20b')).at(1)).toEqual({
    path: '/login',
    fields: { user: 'u2', password: 'a b' },
  })
  expect(parseRoute(parsePost('/ping')).at(0)).toEqual({ path: '/ping', json: undefined })
})

test.each([
  ['orders {}', 'must begin with "/"'],
  ['/orders {"sku": s{1..3}}', 'is no JSON'],
  ['/orders {"sku":{9..3}}', 'runs backwards'],
])('%s is refused: %s', (text, fault) => {
  expect(() => parsePost(text)).toThrow(fault)
})
