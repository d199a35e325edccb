import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSharedNextCacheHandler, type NextCacheHandler } from '../../src/adapter/next.ts'
import { startRedisTier, type RedisTier } from '../../src/redis.ts'
import { RedisServer, until } from './redis-server.ts'

let server: RedisServer
let tiers: RedisTier[]
let one: NextCacheHandler
let other: NextCacheHandler

beforeAll(async () => {
  server = await RedisServer.start()
  const redis = new Redis({ port: server.port, lazyConnect: true })
  tiers = [1, 2].map(() => startRedisTier({ redis, namespace: 'build-1', timeoutMs: 10_000, staleBoundMs: 40_000 }))
  await until('both follow', () => tiers.every((tier) => tier.stats().pollCount > 0))
  ;[one, other] = tiers.map((tier) => new (createSharedNextCacheHandler({ tier, maxBytes: 1 << 20 }))()) as [
    NextCacheHandler,
    NextCacheHandler,
  ]
})
afterAll(async () => {
  for (const tier of tiers) await tier.stop()
  await server.end()
})

const page = (html: string, tags: string) => ({
  kind: 'APP_PAGE',
  html,
  rscData: Buffer.from(html),
  segmentData: new Map([['/_tree', Buffer.from('tree')]]),
  headers: { 'x-next-cache-tags': tags },
  status: 200,
})
const fetched = (body: string) => ({
  kind: 'FETCH',
  data: { headers: {}, body, status: 200, url: 'u' },
  revalidate: 60,
})

test('what one server has made the other serves, with its buffers and its map', async () => {
  await one.set('/p/1', page('<h1>', 'products,_N_T_/p/1'))
  expect((await other.get('/p/1'))?.value).toEqual(page('<h1>', 'products,_N_T_/p/1'))
})

test('what a tag or a path names is gone from both, and nothing else', async () => {
  await one.set('/p/2', page('two', 'products,_N_T_/p/2'))
  await one.set('/about', page('about', '_N_T_/about'))
  for (const key of ['/p/2', '/about']) expect(await other.get(key)).not.toBeNull()
  await other.revalidateTag(['products'])
  await until('the tag has arrived', async () => (await one.get('/p/2')) === null)
  expect(await other.get('/p/2')).toBeNull()
  await one.revalidateTag('_N_T_/about')
  await until('the path has arrived', async () => (await other.get('/about')) === null)
})

test('a fetched response leaves with any path, and is not served for a tag that it was not stored with', async () => {
  await one.set('f', fetched('v1'), { tags: ['a'] })
  expect(await other.get('f', { tags: ['a'], softTags: ['_N_T_/p/9'] })).not.toBeNull()
  expect(await other.get('f', { tags: ['b'] })).toBeNull()
  // Whoever stores it again for its own tags keeps those of the others.
  await other.set('f', fetched('v1'), { tags: ['b'] })
  expect(await other.get('f', { tags: ['a', 'b'] })).not.toBeNull()
  await one.revalidateTag('_N_T_/p/9')
  await until('the path has arrived', async () => (await other.get('f', { tags: ['a'] })) === null)
  expect(await one.get('f', { tags: ['a'] })).toBeNull()
})
