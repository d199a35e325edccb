import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
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

test('the guide’s shared handler, as it stands, serves in one process what another has made', () => {
  const page = readFileSync(new URL('../../../../docs/guide/cache-adapters.md', import.meta.url), 'utf8')
  const [, source] = /```mjs\n([\s\S]*?)```/.exec(page)!
  // Where the packages are found by their names, and a build has been.
  const folder = new URL('../../node_modules/.cache/next-guide/', import.meta.url)
  mkdirSync(new URL('.next/', folder), { recursive: true })
  writeFileSync(new URL('.next/BUILD_ID', folder), 'build-2')
  writeFileSync(new URL('cache-handler.mjs', folder), source!)
  const script = (act: string) => `import Handler from './cache-handler.mjs'
    const handler = new Handler()
    const until = async (isDone) => { while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 50)) }
    ${act}
    process.exit(0)`
  const options = (redisUrl?: string) => ({
    cwd: fileURLToPath(folder),
    env: { ...process.env, REDIS_URL: redisUrl },
  })
  const args = (act: string) => ['--input-type=module', '-e', script(act)]
  const run = (act: string, redisUrl?: string) => {
    const more = { encoding: 'utf8', timeout: 60_000 } as const
    const { status, stderr } = spawnSync(process.execPath, args(act), { ...options(redisUrl), ...more })
    return { status, stderr }
  }
  const redisUrl = `redis://127.0.0.1:${server.port}`
  const make = `await until(() => handler.set('/p/42', { kind: 'PAGES', html: '<h1>', pageData: {} }, {}))`
  const find = `await until(async () => (await handler.get('/p/42'))?.value.html === '<h1>')`
  const findNothing = `if ((await handler.get('/p/42')) !== null) throw new Error('nobody shared it')`
  const maker = spawn(process.execPath, args(make), { ...options(redisUrl), stdio: 'ignore' })
  try {
    expect(run(find, redisUrl)).toEqual({ status: 0, stderr: '' })
    expect(run(findNothing)).toEqual({ status: 0, stderr: '' })
  } finally {
    maker.kill()
  }
})
