import { expect, test } from 'vitest'
import { isUnchanged, judgeRequest, judgeResponse, parseCacheControl, type Headers } from './http-rules.ts'

const get = (headers: Headers = {}) => ({ method: 'GET', headers })
const ok = (headers: Headers) => ({ status: 200, headers })
const fresh = { 'cache-control': 'max-age=60' }

test.each([
  ['a plain one', get(), 'use'],
  ['HEAD', { method: 'HEAD', headers: {} }, 'use'],
  ['POST', { method: 'POST', headers: {} }, 'bypass'],
  ['with Authorization', get({ authorization: 'Bearer x' }), 'bypass'],
  ['for a range', get({ range: 'bytes=0-1' }), 'bypass'],
  ['no-store', get({ 'cache-control': 'No-Store' }), 'bypass'],
  ['no-cache', get({ 'cache-control': 'no-cache' }), 'refresh'],
  ['max-age=0', get({ 'cache-control': 'max-age=0' }), 'refresh'],
  ['Pragma', get({ pragma: 'no-cache' }), 'refresh'],
  ['with a body', get({ 'content-length': '3' }), 'bypass'],
  ['with a body of nothing', get({ 'content-length': '0' }), 'use'],
])('a request: %s', (_, request, verdict) => expect(judgeRequest(request)).toBe(verdict))

test.each([
  ['fresh for a minute', get(), ok(fresh), 60_000],
  ['s-maxage before max-age', get(), ok({ 'cache-control': 'max-age=60, s-maxage="5"' }), 5000],
  ['less what it has aged on the way', get(), ok({ ...fresh, age: '20' }), 40_000],
  ['says nothing: the default', get(), ok({}), 1000],
  ['max-age=0', get(), ok({ 'cache-control': 'max-age=0' }), null],
  ['max-age that nobody can read', get(), ok({ 'cache-control': 'max-age=soon' }), null],
  ['max-age without a value', get(), ok({ 'cache-control': 'max-age' }), null],
  ['expires', get(), ok({ expires: new Date(30_000).toUTCString() }), 30_000],
  [
    'expires, by its own clock',
    get(),
    ok({ expires: new Date(9e6).toUTCString(), date: new Date(9e6 - 5000).toUTCString() }),
    5000,
  ],
  ['has expired', get(), ok({ expires: new Date(0).toUTCString() }), null],
  ['expires when nobody can read', get(), ok({ expires: 'soon' }), null],
  ['expires after max-age', get(), ok({ ...fresh, expires: '0' }), 60_000],
  ['private', get(), ok({ 'cache-control': 'private, max-age=60' }), null],
  ['no-store', get(), ok({ 'cache-control': 'no-store' }), null],
  ['no-cache', get(), ok({ 'cache-control': 'no-cache, max-age=60' }), null],
  ['sets a cookie', get(), ok({ ...fresh, 'set-cookie': ['a=b'] }), null],
  ['varies on everything', get(), ok({ ...fresh, vary: 'accept, *' }), null],
  ['an error', get(), { status: 500, headers: fresh }, null],
  ['not found', get(), { status: 404, headers: fresh }, 60_000],
  ['not found, and says nothing', get(), { status: 404, headers: {} }, null],
  ['to a visitor with cookies', get({ cookie: 'session=1' }), ok(fresh), null],
  [
    'to a visitor with cookies, but for all',
    get({ cookie: 'a=1' }),
    ok({ 'cache-control': 'public, max-age=60' }),
    60_000,
  ],
  [
    'to a visitor with cookies, and says that it depends',
    get({ cookie: 'a=1' }),
    ok({ ...fresh, vary: 'Cookie' }),
    60_000,
  ],
])('a response: %s', (_, request, response, ttlMs) => {
  expect(judgeResponse(request, response, 1000, 0)?.ttlMs ?? null).toBe(ttlMs)
})

test('reads directives whatever their case and spacing', () => {
  expect([...parseCacheControl('Max-Age = 5 , PUBLIC,s-maxage="7"')]).toEqual([
    ['max-age', '5'],
    ['public', null],
    ['s-maxage', '7'],
  ])
})

test('compares entity tags weakly, in a list or by a star', () => {
  const has = (header: string) => isUnchanged(get({ 'if-none-match': header }), ok({ etag: 'W/"a"' }))
  expect([has('"a"'), has('W/"a"'), has('"b", "a"'), has('*'), has('"b"'), has('a')]).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
  ])
  expect(isUnchanged(get(), ok({ etag: '"a"' }))).toBe(false)
  expect(isUnchanged(get({ 'if-none-match': '*' }), { status: 404, headers: { etag: '"a"' } })).toBe(false)
})
