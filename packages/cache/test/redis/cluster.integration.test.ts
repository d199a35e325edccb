import { createCluster } from '@redis/client'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedisTier, type RedisClient, type RedisTier } from '../../src/redis.ts'
import { freePort, RedisServer, until } from './redis-server.ts'

let servers: RedisServer[] = []
const tiers: RedisTier[] = []

/** Three nodes on loopback, each with a third of the slots, and none that would take over for another. */
beforeAll(async () => {
  const args = ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no', '--cluster-node-timeout', '2000']
  const busPorts = [await freePort(), await freePort(), await freePort()]
  servers = await Promise.all(busPorts.map((port) => RedisServer.start([...args, '--cluster-port', `${port}`])))
  const third = Math.ceil(16384 / 3)
  for (const [at, server] of servers.entries()) {
    await server.command(`CLUSTER ADDSLOTSRANGE ${at * third} ${Math.min(16384, (at + 1) * third) - 1}`)
    await server.command(`CLUSTER SET-CONFIG-EPOCH ${at + 1}`)
  }
  for (const server of servers) {
    for (const [at, { port }] of servers.entries()) {
      if (servers[at] !== server) await server.command(`CLUSTER MEET 127.0.0.1 ${port} ${busPorts[at]}`)
    }
  }
  for (const server of servers) {
    await until('the cluster is whole', async () => {
      const info = await server.command('CLUSTER INFO')
      return info.includes('cluster_state:ok') && info.includes('cluster_slots_ok:16384')
    })
  }
})
afterAll(async () => {
  for (const tier of tiers) await tier.stop()
  for (const server of servers) await server.end()
})

const libraries: Record<string, (port: number) => RedisClient> = {
  ioredis: (port) => new Cluster([{ host: '127.0.0.1', port }], { lazyConnect: true }),
  'node-redis': (port) => createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${port}` }] }),
}

async function startTier(library: string, namespace: string): Promise<RedisTier> {
  const redis = libraries[library]!(servers[0]!.port)
  const tier = startRedisTier({ redis, namespace: `${namespace} by ${library}`, timeoutMs: 5000, staleBoundMs: 20_000 })
  tiers.push(tier)
  await until('it follows all partitions', () => tier.stats().pollCount >= 16)
  return tier
}

const pages = { name: 'pages', maxBytes: 1 << 20, ttlMs: 60_000 }
const keys = Array.from({ length: 60 }, (_, n) => `/${n}`)

test.each(Object.keys(libraries))(
  'a cluster by %s: entries lie on every node, scripts find their keys in one slot, changes reach every process',
  async (library) => {
    const [first, second] = [await startTier(library, 'spread'), await startTier(library, 'spread')]
    let loads = 0
    const options = { ...pages, load: (key: string) => `${key} ${++loads}` }
    const [here, there] = [first.createCache<string>(options), second.createCache<string>(options)]
    await Promise.all(keys.map((key) => here.set(key, `${key} set`, { tags: [`is ${Number(key.slice(1)) % 2}`] })))
    await until('the other has heard', () => second.stats().changeCount === keys.length)
    expect(await Promise.all(keys.map((key) => there.fetch(key)))).toEqual(keys.map((key) => `${key} set`))
    expect(loads).toBe(0)
    for (const server of servers) expect(Number((await server.command('DBSIZE')).slice(1))).toBeGreaterThan(5)
    expect(await here.invalidateTag('is 0')).toBe('delivered')
    await until('half of the copies are gone', () => keys.filter((key) => there.get(key) !== undefined).length === 30)
    expect(await here.fetch('/1')).toBe('/1 set')
    expect(await here.fetch('/2')).toBe('/2 1')
    expect(await here.clear()).toBe('delivered')
    await until('all copies are gone', () => there.size === 0)
    const waits = [here, there].flatMap((cache) => Array.from({ length: 20 }, () => cache.fetch('/9')))
    expect(new Set(await Promise.all(waits))).toEqual(new Set(['/9 2']))
  },
)

test.each(Object.keys(libraries))(
  'one node dies, by %s: the others’ share goes on, its own is loaded; once it is back all is as before',
  async (library) => {
    const tier = await startTier(library, 'one-dies')
    const cache = tier.createCache<string>({ ...pages, load: (key) => `${key} loaded` })
    for (const key of keys) await cache.set(key, `${key} set`)
    await servers[2]!.kill()
    await until('its loss is noticed', () => tier.stats().lossCount > 0)
    cache.shrink(0)
    // Shrinking to nothing drops the copies here alone, so each fetch has to ask or to load.
    const answers = await Promise.all(keys.map((key) => cache.fetch(key)))
    const shared = answers.filter((answer) => answer!.endsWith('set')).length
    expect(shared).toBeLessThan(keys.length)
    await until('the others answer', async () => {
      cache.shrink(0)
      return (await Promise.all(keys.map((key) => cache.fetch(key)))).some((answer) => answer!.endsWith('set'))
    })
    await servers[2]!.start()
    await until('all is delivered again', async () => {
      const deliveries = await Promise.all(keys.map((key) => cache.set(key, `${key} again`)))
      return deliveries.every((delivery) => delivery === 'delivered')
    })
  },
)
