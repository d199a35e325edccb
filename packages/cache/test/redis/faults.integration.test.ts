import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createClient } from '@redis/client'
import { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { startRedisTier, type RedisClient, type RedisTier, type RedisTierOptions } from '../../src/redis.ts'
import { RedisServer, until } from './redis-server.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function startServer(args?: readonly string[]): Promise<RedisServer> {
  const server = await RedisServer.start(args)
  ends.push(() => server.end())
  return server
}

const libraries: Record<string, (port: number) => RedisClient> = {
  ioredis: (port) => new Redis({ port, lazyConnect: true }),
  'node-redis': (port) => createClient({ url: `redis://127.0.0.1:${port}` }),
}

async function startTier(server: RedisServer, options: Partial<RedisTierOptions> = {}): Promise<RedisTier> {
  const redis = new Redis({ port: server.port, lazyConnect: true })
  const tier = startRedisTier({ redis, namespace: 'shop', timeoutMs: 10_000, staleBoundMs: 60_000, ...options })
  ends.push(() => tier.stop())
  await until('it follows', () => tier.stats().pollCount > 0)
  return tier
}

const pages = { name: 'pages', maxBytes: 1 << 20 }

test.each(Object.keys(libraries))(
  'Redis is killed, %s: requests load by themselves, changes wait, and are delivered when it is back',
  async (library) => {
    const server = await startServer()
    const tier = await startTier(server, { redis: libraries[library]!(server.port) })
    const cache = tier.createCache<string>({ ...pages, load: (key) => `page ${key}` })
    await cache.set('/a', 'old')
    await server.kill()
    await until('it is noticed', () => !tier.stats().isConnected)
    expect(await cache.fetch('/b')).toBe('page /b')
    expect(await cache.delete('/a')).toBe('queued')
    expect(await cache.fetch('/a')).toBe('page /a')
    expect(tier.stats()).toMatchObject({ queuedCount: 1, isConnected: false })
    await server.start()
    await until('it is delivered', () => tier.stats().queuedCount === 0)
    expect(await cache.set('/c', 'kept')).toBe('delivered')
  },
)

test('Redis comes back with an old disk: what was changed since is not served again', async () => {
  const server = await startServer()
  const [first, second] = [await startTier(server), await startTier(server)]
  const here = first.createCache<string>({ ...pages, load: () => 'new' })
  const there = second.createCache<string>({ ...pages, load: () => 'new' })
  await here.set('/a', 'old')
  await there.fetch('/a')
  expect(await server.command('SAVE')).toBe('+OK\r\n')
  // Both know of this change, the disk does not.
  expect(await here.delete('/a')).toBe('delivered')
  await server.kill()
  await server.start()
  await until('both follow again', () => [first, second].every((tier) => tier.stats().freshStartCount === 1))
  expect(await server.command('DBSIZE')).not.toBe(':0\r\n')
  expect(await here.fetch('/a')).toBe('new')
  expect(await there.fetch('/a')).toBe('new')
})

test.each(Object.keys(libraries))(
  'Redis hangs, %s: a request waits no longer than the time-out, soon none waits, and one trial finds it awake again',
  async (library) => {
    const server = await startServer()
    const tier = await startTier(server, { timeoutMs: 100, redis: libraries[library]!(server.port) })
    const cache = tier.createCache<string>({ ...pages, load: (key) => `page ${key}` })
    await cache.set('/a', 'shared')
    server.hang()
    const startedMs = performance.now()
    for (let n = 0; n < 4; n++) expect(await cache.fetch(`/${n}`)).toBe(`page /${n}`)
    // Four time-outs of 100 ms on a quiet machine; a busy one is forgiven much, but not a hung request.
    expect(performance.now() - startedMs).toBeLessThan(20_000)
    await until('the breaker is open', () => tier.stats().breaker !== 'closed')
    const { askCount, pollCount } = tier.stats()
    await Promise.all(Array.from({ length: 100 }, (_, n) => cache.fetch(`/more/${n}`)))
    expect(tier.stats().askCount - askCount).toBeLessThan(50)
    expect(tier.stats().pollCount).toBe(pollCount)
    server.wake()
    await until('the breaker is closed', () => tier.stats().breaker === 'closed')
    expect(tier.stats().breakerOpenCount).toBeGreaterThan(0)
    await until('it is used again', async () => (await cache.set('/b', 'shared')) === 'delivered')
  },
)

test('Redis does not answer for longer than the bound: all copies go, and new ones live no longer than it', async () => {
  const server = await startServer()
  const tier = await startTier(server, { timeoutMs: 50, staleBoundMs: 300 })
  let loads = 0
  const cache = tier.createCache<string>({ ...pages, staleMs: 60_000, load: () => `load ${++loads}` })
  await until(
    'it is kept',
    async () => (await cache.set('/a', 'before')) === 'delivered' && cache.get('/a') === 'before',
  )
  server.hang()
  await until('the copy is gone', () => cache.get('/a') === undefined)
  expect(tier.stats().suspendCount).toBeGreaterThan(0)
  expect(await cache.fetch('/a')).toBe('load 1')
  // Not even as a stale value behind which it is refreshed: nobody would tell of a change.
  await until('the next copy is gone', () => cache.get('/a') === undefined)
  expect(await cache.fetch('/a')).toBe('load 2')
})

test('Redis is out of memory: reads go on, changes are delivered, and values stay with who has them', async () => {
  const server = await startServer()
  const [first, second] = [await startTier(server), await startTier(server)]
  const options = { ...pages, load: () => 'loaded' }
  const [here, there] = [first.createCache<string>(options), second.createCache<string>(options)]
  expect(await here.set('/first', 'fits')).toBe('delivered')
  expect(await there.fetch('/first')).toBe('fits')
  expect(await server.command('CONFIG SET maxmemory 1')).toBe('+OK\r\n')
  expect(await server.command('SET x y')).toContain('OOM')
  expect(await here.set('/second', 'too much')).toBe('delivered')
  expect(here.get('/second')).toBe('too much')
  expect(await there.fetch('/second')).toBe('loaded')
  expect(await here.delete('/first')).toBe('delivered')
  await until('the other has heard', () => there.get('/first') === undefined)
  expect(await here.invalidateTag('some')).toBe('delivered')
  expect(first.stats()).toMatchObject({ breaker: 'closed', failureCount: 0 })
})

test('Redis evicts whatever it likes: nothing that was changed is served again', async () => {
  const server = await startServer(['--maxmemory', '3mb', '--maxmemory-policy', 'allkeys-random'])
  const [first, second] = [
    await startTier(server, { staleBoundMs: 4000, timeoutMs: 2000 }),
    await startTier(server, { staleBoundMs: 4000, timeoutMs: 2000 }),
  ]
  const versions = new Map<string, number>()
  const load = (key: string, { entry }: { entry: { tags?: readonly string[] } }) => {
    entry.tags = [`tag of ${key}`]
    return { version: versions.get(key) ?? 0, ballast: Buffer.alloc(40_000, key).toString('base64') }
  }
  const options = { ...pages, maxBytes: 8 << 20, codec: 'json' as const, load }
  const [here, there] = [
    first.createCache<ReturnType<typeof load>>(options),
    second.createCache<ReturnType<typeof load>>(options),
  ]
  for (let n = 0; n < 150; n++) {
    const key = `/${n % 70}`
    await Promise.all([here.fetch(key), there.fetch(key)])
    if (n % 3 > 0) continue
    versions.set(key, n)
    if (n % 2 > 0) await until('the change is delivered', async () => (await here.delete(key)) === 'delivered')
    else await until('the change is delivered', async () => (await here.invalidateTag(`tag of ${key}`)) === 'delivered')
    expect((await here.fetch(key))!.version).toBe(n)
  }
  // Once everybody has heard, nobody has anything older than the truth.
  const heard = second.stats().pollCount + 3
  await until('the other has polled again', () => second.stats().pollCount >= heard)
  for (const [key, version] of versions) expect((await there.fetch(key))!.version).toBe(version)
})

test('the guide’s example runs as it stands', async () => {
  const server = await startServer()
  const page = readFileSync(new URL('../../../../docs/guide/cache-redis.md', import.meta.url), 'utf8')
  const [, source] = /```js\n([\s\S]*?)```/.exec(page)!
  // Where the packages are found by their names, as in a user's project.
  const folder = new URL('../../node_modules/.cache/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  const file = fileURLToPath(new URL('cache-redis.mjs', folder))
  writeFileSync(file, source!)
  const env = { ...process.env, REDIS_URL: `redis://127.0.0.1:${server.port}` }
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { env, encoding: 'utf8', timeout: 60_000 })
  expect(stderr).toBe('')
  expect(stdout).toContain('breaker')
  expect(status).toBe(0)
})
