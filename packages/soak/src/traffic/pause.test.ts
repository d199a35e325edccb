import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

import { afterEach, expect, test, vi } from 'vitest'

import { startTraffic, type Traffic } from './traffic.ts'
import type { User } from './journey.ts'

// Whatever is waited for is waited for by its state: as long as a starved machine needs.
vi.setConfig({ testTimeout: 120_000 })
const patience = { timeout: 60_000, interval: 10 }
const LONG_MS = 300_000

let server: Server
let traffic: Traffic | null = null
afterEach(async () => {
  await traffic?.stop()
  server.closeAllConnections()
  server.close()
})

interface Seen {
  openCount: number
  connectionCount: number
  requestCount: number
  paths: string[]
}

async function serve(answerAfterMs: number): Promise<{ origin: string; seen: Seen }> {
  const seen: Seen = { openCount: 0, connectionCount: 0, requestCount: 0, paths: [] }
  server = createServer((request, response) => {
    seen.requestCount++
    seen.openCount++
    seen.paths.push(request.url!)
    setTimeout(() => {
      seen.openCount--
      response.end('ok')
    }, answerAfterMs)
  })
  server.on('connection', () => void seen.connectionCount++)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { origin: `http://127.0.0.1:${(server.address() as { port: number }).port}`, seen }
}

test('a pause ends what is under way and lets nothing begin until the resumption', async () => {
  const { origin, seen } = await serve(30)
  traffic = startTraffic({
    origin,
    seed: 4,
    ratePerSec: 200,
    durationMs: LONG_MS,
    requestTimeoutMs: 60_000,
    journeys: {
      two: {
        weight: 1,
        async run(user) {
          await user.get('/first')
          await user.get('/second')
        },
      },
    },
  })
  await vi.waitFor(() => expect(seen.paths).toContain('/second'), patience)
  const pause = await traffic.pause(60_000)
  expect(pause.isQuiet).toBe(true)
  expect(seen.openCount).toBe(0)
  expect(pause.requestCount).toBe(seen.requestCount)
  expect(pause.routes.map(({ route }) => route).sort()).toEqual(['GET /first', 'GET /second'])
  await delay(200)
  expect(seen.requestCount).toBe(pause.requestCount)
  traffic.resume(200)
  await vi.waitFor(() => expect(seen.requestCount).toBeGreaterThan(pause.requestCount), patience)
  const report = await traffic.stop()
  expect(report.total.failureCount).toBe(0)
})

test('a pause that finds no quiet in time says so', async () => {
  const { origin, seen } = await serve(60_000)
  traffic = startTraffic({
    origin,
    seed: 4,
    ratePerSec: 100,
    durationMs: LONG_MS,
    requestTimeoutMs: 60_000,
    graceMs: 0,
    journeys: { one: { weight: 1, run: async (user) => void (await user.get('/')) } },
  })
  await vi.waitFor(() => expect(seen.requestCount).toBeGreaterThan(0), patience)
  const { isQuiet, inFlightCount } = await traffic.pause(50)
  expect(isQuiet).toBe(false)
  expect(inFlightCount).toBeGreaterThan(0)
})

test('a pause leaves a server with a few connections, however many it took before', async () => {
  const { origin } = await serve(50)
  server.keepAliveTimeout = LONG_MS
  const ask = { weight: 1, run: async (user: { get(path: string): Promise<unknown> }) => void (await user.get('/')) }
  traffic = startTraffic({
    origin,
    seed: 4,
    ratePerSec: 400,
    durationMs: LONG_MS,
    requestTimeoutMs: 60_000,
    connections: 'shared',
    journeys: { ask },
  })
  const openCount = () => new Promise<number>((resolve) => void server.getConnections((_, count) => resolve(count)))
  await vi.waitFor(async () => expect(await openCount()).toBeGreaterThan(10), patience)
  await traffic.pause(60_000)
  await vi.waitFor(async () => expect(await openCount()).toBeLessThanOrEqual(4), patience)
  const { total } = await traffic.stop()
  expect(total.failureCount).toBe(0)
})

test('sessions one after another share a connection, where each of its own would open one', async () => {
  const { origin, seen } = await serve(0)
  server.keepAliveTimeout = 0
  await startTraffic({
    origin,
    seed: 4,
    ratePerSec: 300,
    durationMs: 60_000,
    graceMs: 60_000,
    maxSessions: 1,
    maxRequests: 30,
    connections: 'shared',
    journeys: { one: { weight: 1, run: async (user) => void (await user.get('/')) } },
  }).done
  expect(seen.requestCount).toBe(30)
  expect(seen.connectionCount).toBe(1)
}, 90_000)

test('weights can be changed under way', async () => {
  const { origin, seen } = await serve(0)
  const visit = (path: string) => ({
    weight: 1,
    run: async (user: { get(path: string): Promise<unknown> }) => void (await user.get(path)),
  })
  traffic = startTraffic({
    origin,
    seed: 4,
    ratePerSec: 300,
    durationMs: LONG_MS,
    requestTimeoutMs: 60_000,
    journeys: { left: visit('/left'), right: visit('/right') },
  })
  await vi.waitFor(() => expect(new Set(seen.paths)).toEqual(new Set(['/left', '/right'])), patience)
  await traffic.pause(60_000)
  seen.paths.length = 0
  traffic.setWeights({ left: 0, unknown: 5 })
  traffic.resume(300)
  await vi.waitFor(() => expect(seen.paths.length).toBeGreaterThan(30), patience)
  expect(new Set(seen.paths)).toEqual(new Set(['/right']))
})

test('the status that is told of a lap is that of its own first failure', async () => {
  const { origin } = await serve(1)
  let status = 404
  server.prependListener('request', (_request, response) => void (response.statusCode = status))
  const load = { seed: 1, ratePerSec: 200, durationMs: LONG_MS }
  const run = async (user: User) => void (await user.get('/'))
  traffic = startTraffic({ origin, ...load, journeys: { ask: { weight: 1, run } } })
  const failing = async () => {
    await delay(100)
    const { lap, firstErrorStatus } = await traffic!.pause(60_000)
    return { hasFailed: lap.failureCount > 0, firstErrorStatus }
  }
  expect(await failing()).toEqual({ hasFailed: true, firstErrorStatus: 404 })
  status = 429
  traffic.resume(200)
  expect(await failing()).toEqual({ hasFailed: true, firstErrorStatus: 429 })
})
