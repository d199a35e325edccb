import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startTraffic } from '@plimsoll/soak/traffic'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { openShopDatabase } from '../testing/shop-database.ts'
import { startShop, type ShopProcess } from '../testing/shop-process.ts'
import { createScenario } from './scenario.ts'

let database: Awaited<ReturnType<typeof openShopDatabase>>
let dataDir: string
let shop: ShopProcess

beforeAll(async () => {
  database = await openShopDatabase()
  dataDir = mkdtempSync(join(tmpdir(), 'shop-journey-'))
  const args = ['--data', dataDir, '--seed', '7', '--listings', '600', '--workers', '2']
  shop = await startShop({ args, env: { DATABASE_URL: database.url() } })
})

afterAll(async () => {
  await shop.stop()
  await database.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

test('the journeys fit the shop: seeded shoppers, sellers and crawlers meet no failure, and orders are paid', async () => {
  const visitors = { listingCount: 600, thinkMs: 50, sellerPassword: 'harbour-demo', crawlerCount: 2 }
  const traffic = startTraffic({
    ...createScenario(visitors),
    origin: shop.url,
    seed: 5,
    ratePerSec: 10,
    durationMs: 6000,
    // A starved machine is slow, and slow is no failure here.
    requestTimeoutMs: 30_000,
    graceMs: 10_000,
  })
  const { total, routes, journeyFaults } = await traffic.done
  expect(journeyFaults).toEqual({ count: 0, messages: [] })
  expect(routes.filter(({ failureCount }) => failureCount > 0)).toEqual([])
  expect(total.sessionCount).toBeGreaterThan(30)
  expect(total.checkouts.attemptedCount).toBeGreaterThan(0)
  expect(total.checkouts.failedCount).toBe(0)
  expect(total.checkouts.paidMinor).toBeGreaterThan(0)
  const asked = new Set(routes.map(({ route }) => route))
  for (const route of [
    'GET /',
    'GET /c/:category',
    'GET /search',
    'GET /p/:id',
    'POST /cart/items',
    'POST /checkout',
  ]) {
    expect(asked).toContain(route)
  }
  expect(asked).toContain('POST /sell/listings/:id')
  expect(asked).toContain('GET /orders/:id')
})
