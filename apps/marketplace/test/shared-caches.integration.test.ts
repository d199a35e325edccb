import { systemClock } from '@plimsoll/core'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RedisServer } from '../../../packages/cache/test/redis/redis-server.ts'
import { startSharedCaches } from '../src/cache/shared-caches.ts'
import { createLog } from '../src/log.ts'
import { until } from '../src/testing/shop-process.ts'

let redis: RedisServer
let client: Redis
beforeAll(async () => {
  redis = await RedisServer.start()
  client = new Redis(redis.port)
})
afterAll(async () => {
  client.disconnect()
  await redis.end()
})
const entryCount = async () => (await client.keys('*:v:listings:*')).length

test('a worker that takes another’s place has what that was asked for most, without asking the database', async () => {
  let loads = 0
  const start = () => {
    const log = createLog({ level: 'silent', name: 'web-1' })
    const caches = startSharedCaches(`redis://127.0.0.1:${redis.port}`, { clock: systemClock, log })
    const load = async (key: number) => `listing ${key}, loaded ${++loads}`
    return { caches, listings: caches.create({ name: 'listings', maxBytes: 1 << 20, ttlMs: 60_000, load }) }
  }
  const before = start()
  // Who is not connected yet loads for itself alone.
  for (let id = 100; (await entryCount()) === 0; id++) await before.listings.fetch(id)
  for (let times = 0; times < 3; times++) for (let id = 0; id < 20; id++) await before.listings.fetch(id)
  await until('all are shared', async () => (await entryCount()) >= 20)
  const loaded = loads
  await before.caches.stop()

  const after = start()
  await until('the hottest are here', () => [...Array(20).keys()].every((id) => after.listings.get(id) !== undefined))
  expect(loads).toBe(loaded)
  await after.caches.stop()
})
