import { createClient } from '@redis/client'
import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis-5'
import { Redis as Valkey } from 'iovalkey'
import { createClient as createClient5 } from 'redis-client-5'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startRedisTier, type RedisClient, type RedisTier, type RedisTierOptions } from '../../src/redis.ts'
import { RedisServer, until } from './redis-server.ts'

let server: RedisServer
let pattern: Redis
let control: Redis
let namespaceCount = 0
let namespace = ''
const tiers: RedisTier[] = []

beforeAll(async () => {
  server = await RedisServer.start()
  pattern = new Redis({ port: server.port, lazyConnect: true })
  control = new Redis({ port: server.port })
})
afterEach(async () => {
  for (const tier of tiers.splice(0)) await tier.stop()
})
afterAll(async () => {
  control.disconnect()
  await server.end()
})

/** As so many processes would: each its own connections, copies and log. Time-outs are long where they are not what is tested. */
async function processes(count: number, options: Partial<RedisTierOptions> = {}): Promise<RedisTier[]> {
  namespace = `test-${namespaceCount++}`
  const started = Array.from({ length: count }, () =>
    startRedisTier({ redis: pattern, namespace, timeoutMs: 10_000, staleBoundMs: 40_000, ...options }),
  )
  tiers.push(...started)
  await until('all processes follow', () => started.every((tier) => tier.stats().pollCount > 0))
  return started
}

const pages = { name: 'pages', maxBytes: 1 << 20, ttlMs: 60_000 }
const entriesInRedis = () => control.keys(`{${namespace}:*:v:*`)
const leasesInRedis = () => control.keys(`{${namespace}:*:l:*`)

/** A loader that answers when told to. */
function gatedLoader() {
  const calls: { key: string; land: (value: string) => void; fail: (error: Error) => void }[] = []
  const load = (key: string) => new Promise<string>((land, fail) => calls.push({ key, land, fail }))
  return { load, calls }
}

const libraries: Record<string, (port: number) => RedisClient> = {
  'ioredis 6': (port) => new Redis({ port, lazyConnect: true }),
  'ioredis 5': (port) => new Redis5({ port, lazyConnect: true }),
  iovalkey: (port) => new Valkey({ port, lazyConnect: true }),
  'node-redis 6': (port) => createClient({ url: `redis://127.0.0.1:${port}` }),
  'node-redis 5': (port) => createClient5({ url: `redis://127.0.0.1:${port}` }),
}
for (const [library, create] of Object.entries(libraries)) {
  test(`what one process has loaded the other reads, and hears when it changes: ${library}`, async () => {
    const redis = create(server.port)
    const [first, second] = await processes(2, { redis })
    let loads = 0
    const options = { ...pages, load: (key: string) => `${key} ${++loads}` }
    const [here, there] = [first!.createCache<string>(options), second!.createCache<string>(options)]
    expect(await here.fetch('/a')).toBe('/a 1')
    await until('the entry is shared', async () => (await entriesInRedis()).length === 1)
    expect(await there.fetch('/a')).toBe('/a 1')
    expect(loads).toBe(1)
    expect(there.stats()).toMatchObject({ tierHitCount: 1, sourceLoadCount: 0 })
    expect(await here.delete('/a')).toBe('delivered')
    await until('the other has heard', () => there.get('/a') === undefined)
    expect(await there.fetch('/a')).toBe('/a 2')
  })
}

test('a hundred callers in each of three processes are served by one load', async () => {
  const { load, calls } = gatedLoader()
  const caches = (await processes(3)).map((tier) => tier.createCache<string>({ ...pages, load }))
  const waits = caches.flatMap((cache) => Array.from({ length: 100 }, () => cache.fetch('/a')))
  await until('one loads', () => calls.length > 0)
  await until('the others have asked', () => caches.every((cache) => cache.stats().loadCount === 1))
  calls[0]!.land('loaded')
  expect(new Set(await Promise.all(waits))).toEqual(new Set(['loaded']))
  expect(calls.length).toBe(1)
})

test('a load that takes longer than the lease keeps it; one whose process died loses it', async () => {
  const [dying, other] = await processes(2, { leaseMs: 3000 })
  const { load, calls } = gatedLoader()
  void dying!.createCache<string>({ ...pages, load }).fetch('/a')
  await until('it loads', () => calls.length === 1)
  const [lease] = await leasesInRedis()
  // Renewed at least once: time to live goes up again.
  let leastMs = Infinity
  await until('the lease is renewed', async () => {
    const leftMs = await control.pttl(lease!)
    const wasRenewed = leftMs > leastMs + 20
    leastMs = Math.min(leastMs, leftMs)
    return wasRenewed
  })
  const waiting = other!.createCache<string>({ ...pages, load }).fetch('/a')
  await dying!.stop()
  await until('the other loads', () => calls.length === 2)
  calls[1]!.land('new')
  expect(await waiting).toBe('new')
  await until('it is shared', async () => (await entriesInRedis()).length === 1)
  // What the dead one had on its way no longer counts.
  calls[0]!.land('old')
  expect(await other!.createCache<string>({ ...pages, name: 'again' }).fetch('/a')).toBe(undefined)
  expect(await control.get((await entriesInRedis())[0]!)).toContain('new')
})

test('a value that was loaded before an invalidation is kept nowhere: the lease is the fence', async () => {
  const [slow, other] = await processes(2)
  const { load, calls } = gatedLoader()
  const here = slow!.createCache<string>({ ...pages, load })
  const there = other!.createCache<string>(pages)
  const waiting = here.fetch('/a')
  await until('it loads', () => calls.length === 1)
  await there.delete('/a')
  await until('the news is here', () => slow!.stats().changeCount === 1)
  calls[0]!.land('old')
  expect(await waiting).toBe('old')
  await until('the fill was refused', () => here.stats().unsharedCount === 1)
  expect(here.get('/a')).toBe(undefined)
  expect(await entriesInRedis()).toEqual([])
})

test('a tag that was invalidated while a value with it was loaded fences it off too', async () => {
  const [slow, other] = await processes(2, { partitions: 3 })
  let land!: () => void
  const here = slow!.createCache<string>({
    ...pages,
    load: (_, { entry }) => new Promise<string>((resolve) => (land = () => ((entry.tags = ['t']), resolve('old')))),
  })
  const waiting = here.fetch('/a')
  await until('it loads', () => land !== undefined)
  await other!.createCache<string>(pages).invalidateTag('t')
  await until('the news is here', () => slow!.stats().changeCount >= 1)
  land()
  await waiting
  await until('the fill was refused', () => here.stats().unsharedCount === 1)
  expect(await entriesInRedis()).toEqual([])
})

test('invalidating a tag reaches every process and Redis, over all partitions, and nothing else', async () => {
  const [first, second] = await processes(2, { partitions: 3 })
  const [here, there] = [first!.createCache<string>(pages), second!.createCache<string>(pages)]
  for (const key of ['/1', '/2', '/3', '/4'])
    await here.set(key, key, { tags: ['odd-or-even', `is ${Number(key[1]) % 2}`] })
  await here.set('/plain', 'plain')
  // Else news that comes late, by a poll, drops copies that are newer already.
  await until('the other knows', () => second!.stats().changeCount >= 5)
  for (const key of ['/1', '/2', '/3', '/4', '/plain']) expect(await there.fetch(key)).toBeDefined()
  expect(await here.invalidateTag('is 0')).toBe('delivered')
  await until('the copies are gone', () => there.get('/2') === undefined && there.get('/4') === undefined)
  expect([there.get('/1'), there.get('/3'), there.get('/plain')]).toEqual(['/1', '/3', 'plain'])
  expect(await Promise.all(['/1', '/2', '/3', '/4'].map((key) => here.fetch(key)))).toEqual([
    '/1',
    undefined,
    '/3',
    undefined,
  ])
  expect(await here.clear()).toBe('delivered')
  await until('all copies are gone', () => there.size === 0)
  expect(await there.fetch('/1')).toBe(undefined)
})

test('a write goes through: here, to Redis, and others drop what they had', async () => {
  const [first, second] = await processes(2)
  const [here, there] = [first!.createCache<string>(pages), second!.createCache<string>(pages)]
  await here.set('/a', 'one')
  expect(await there.fetch('/a')).toBe('one')
  expect(await here.set('/a', 'two')).toBe('delivered')
  expect(here.get('/a')).toBe('two')
  await until('the old copy is gone', () => there.get('/a') !== 'one')
  expect(await there.fetch('/a')).toBe('two')
})

test('values come back as they were, compressed when that helps, and for as long as they may live', async () => {
  const [first, second] = await processes(2)
  const page = {
    html: '<li>oak</li>'.repeat(1000),
    at: new Date(0),
    tags: new Set(['a']),
    n: 10n,
    raw: Buffer.from([1, 2]),
  }
  const [here, there] = [first!.createCache<typeof page>(pages), second!.createCache<typeof page>(pages)]
  await here.set('/a', page, { ttlMs: 30_000 })
  expect(await there.fetch('/a')).toEqual(page)
  const [key] = await entriesInRedis()
  expect(await control.strlen(key!)).toBeLessThan(1000)
  expect(await control.pttl(key!)).toBeGreaterThan(0)
  expect(await control.pttl(key!)).toBeLessThanOrEqual(30_000)
})

test('what was missed while the connections were killed is caught up on, and nothing else is dropped', async () => {
  const [first, second] = await processes(2)
  const [here, there] = [first!.createCache<string>(pages), second!.createCache<string>(pages)]
  for (let n = 0; n < 50; n++) await here.set(`/${n}`, 'old')
  // News of a write that comes after the value was read drops the copy, needlessly.
  await until('the other has heard', () => second!.stats().changeCount === 50)
  await Promise.all(Array.from({ length: 50 }, (_, n) => there.fetch(`/${n}`)))
  // Messages alone are lost first: of what happens now, only a poll can tell.
  await control.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await here.set('/1', 'new')
  await control.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  await until('they are connected again', () => tiers.every((tier) => tier.stats().lossCount > 0))
  await until('it is told', async () => (await here.delete('/2')) === 'delivered')
  await until('the news is here', () => there.get('/1') !== 'old' && there.get('/2') === undefined)
  expect(await there.fetch('/1')).toBe('new')
  const others = Array.from({ length: 47 }, (_, n) => there.get(`/${n + 3}`))
  expect(others.filter((copy) => copy === 'old').length).toBe(47)
  expect(second!.stats().freshStartCount).toBe(0)
})

test('a process that missed more than the log tells starts afresh', async () => {
  const [first, second] = await processes(2)
  const [here, there] = [first!.createCache<string>(pages), second!.createCache<string>(pages)]
  await here.set('/a', 'old')
  await there.fetch('/a')
  await control.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await control.del(`{${namespace}:0}:log`)
  await here.delete('/a')
  await control.del(`{${namespace}:0}:log`)
  await control.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  await until('it starts afresh', () => second!.stats().freshStartCount === 1)
  expect(there.size).toBe(0)
})

test('entries of another codec, garbage and a stranger’s type are not there, and are no failure', async () => {
  const [first, second] = await processes(2)
  const here = first!.createCache<string>({ ...pages, codec: 'string' })
  const there = second!.createCache<string>({ ...pages, codec: 'v8', load: () => 'loaded' })
  await here.set('/a', 'x'.repeat(10))
  expect(await there.fetch('/a')).toBe('loaded')
  expect(there.stats().unreadableCount).toBe(1)
  const [key] = await entriesInRedis()
  await control.set(key!.replace('/a', '/b'), '1\n\n', 'PX', 10_000)
  expect(await there.fetch('/b')).toBe('loaded')
  await control.hset(key!.replace('/a', '/c'), 'what', 'else')
  expect(await there.fetch('/c')).toBe('loaded')
})

test('a new process starts with what the ones before it were asked for most, hottest first', async () => {
  const [old] = await processes(1, { maxHotKeys: 50 })
  let loads = 0
  const options = { ...pages, load: (key: string) => (loads++, `page ${key}`) }
  const before = old!.createCache<string>(options)
  for (let n = 0; n < 200; n++) await before.fetch(`/${n}`)
  for (let n = 0; n < 50; n++) for (let times = 0; times < 3; times++) before.get(`/${n}`)
  await until('all are shared', async () => (await entriesInRedis()).length === 200)
  await old!.stop()
  const next = startRedisTier({ redis: pattern, namespace, timeoutMs: 10_000, staleBoundMs: 40_000 })
  tiers.push(next)
  const after = next.createCache<string>(options)
  const report = await after.warm({ withinMs: 30_000 })
  expect(report).toMatchObject({ listedCount: 50, warmedCount: 50 })
  expect(Array.from({ length: 50 }, (_, n) => after.get(`/${n}`))).toEqual(
    Array.from({ length: 50 }, (_, n) => `page /${n}`),
  )
  expect(loads).toBe(200)
})

test('two caches of one name in a process are refused, and so is what no Redis client is', async () => {
  const [tier] = await processes(1)
  tier!.createCache(pages)
  expect(() => tier!.createCache(pages)).toThrow(/pages is taken/)
  expect(() => startRedisTier({ redis: 'redis://localhost' as never, namespace: 'a{b' })).toThrow(
    /redis must be a Redis or Cluster.*namespace must be/,
  )
})
