import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { startTraffic } from '@plimsoll/soak/traffic'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { createScenario } from './scenario.ts'

const LISTING_COUNT = 2000
const dataDir = mkdtempSync(join(tmpdir(), 'journey-shop-'))
let shop: ChildProcess
let origin: string

beforeAll(async () => {
  const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
  const flags = ['--port', '0', '--workers', '2', '--data', dataDir, '--listings', String(LISTING_COUNT)]
  shop = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  origin = await new Promise((resolve, reject) => {
    let said = ''
    shop.stdout!.on('data', (bytes: Buffer) => {
      said += bytes.toString()
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0]
      if (url) resolve(url)
    })
    shop.once('exit', (code) => reject(new Error(`The shop did not open (exit code ${code}): ${said}`)))
  })
})

afterAll(async () => {
  if (shop.exitCode === null) {
    shop.kill('SIGTERM')
    await new Promise((resolve) => shop.once('exit', resolve))
  }
  rmSync(dataDir, { recursive: true, force: true })
})

test('the journeys fit the shop: seeded shoppers, sellers and crawlers meet no failure, and orders are paid', async () => {
  const visitors = { listingCount: LISTING_COUNT, thinkMs: 50, sellerPassword: 'harbour-demo', crawlerCount: 2 }
  const traffic = startTraffic({
    ...createScenario(visitors),
    origin,
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
