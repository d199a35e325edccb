import { expect, test } from 'vitest'

import { NotLoopbackError, parseTarget } from './loopback.ts'

test.each([
  ['http://127.0.0.1:3000', { host: '127.0.0.1', port: 3000, authority: '127.0.0.1:3000' }],
  ['http://127.8.9.1/some/path', { host: '127.8.9.1', port: 80, authority: '127.8.9.1' }],
  ['http://localhost:8080', { host: '127.0.0.1', port: 8080, authority: 'localhost:8080' }],
  ['https://127.0.0.1', { host: '127.0.0.1', port: 443, authority: '127.0.0.1' }],
  ['http://[::1]:3000', { host: '::1', port: 3000, authority: '[::1]:3000' }],
])('%s is this machine', (origin, target) => {
  expect(parseTarget(origin)).toEqual({ isTls: origin.startsWith('https:'), ...target })
})

test.each([
  'http://example.org',
  'http://10.0.0.1:3000',
  'http://0.0.0.0:3000',
  'http://127.0.0.1.example.org',
  'http://localhost.example.org',
  'http://[::ffff:10.0.0.1]:80',
  'http://user@127.0.0.1:3000',
  '127.0.0.1:3000',
  '',
])('%s is refused, with what to do instead', (origin) => {
  expect(() => parseTarget(origin)).toThrow(NotLoopbackError)
  expect(() => parseTarget(origin)).toThrow('use http://127.0.0.1:PORT')
})
