import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

import { createSeededRandom } from '@plimsoll/core'
import { afterEach, expect, test } from 'vitest'

import { createArrivals, steady } from './arrivals.ts'
import { startTraffic } from './traffic.ts'

// A server in a process of its own, whose only thread stands still when it is told to; it says from when to when.
const stallingServer = `
  const server = require('node:http').createServer((request, response) => response.end('ok'))
  process.on('message', (stallMs) => {
    const fromMs = performance.timeOrigin + performance.now()
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs)
    process.send([fromMs, performance.timeOrigin + performance.now()])
  })
  process.on('disconnect', () => process.exit())
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => process.send(server.address().port))
`

let child: ChildProcess | null = null
afterEach(() => child?.kill('SIGKILL'))

/** What 99 of 100 did not wait longer than, when everybody who comes in a stall waits for its end and all others do not wait. */
function analyticP99(arrivalsMs: number[], fromMs: number, untilMs: number): number {
  const waits = arrivalsMs.map((atMs) => (atMs >= fromMs && atMs < untilMs ? untilMs - atMs : 0)).sort((a, b) => a - b)
  return waits[Math.ceil(0.99 * waits.length) - 1]!
}

// Real time on a shared machine: another process may take the CPU at the wrong moment.
test(
  'a service that stands still for 1 s shows the p99 that all who came have felt, within 3 %',
  { retry: 4 },
  async () => {
    child = spawn(process.execPath, ['-e', stallingServer], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const [port] = (await once(child, 'message')) as [number]
    const [seed, ratePerSec, durationMs] = [10, 400, 4000]
    const traffic = startTraffic({
      origin: `http://127.0.0.1:${port}`,
      seed,
      ratePerSec,
      durationMs,
      maxSessions: 2000,
      journeys: { once: { weight: 1, run: async (user) => void (await user.get('/')) } },
    })
    setTimeout(() => child!.send(1000), 1000)
    const [[fromMs, untilMs]] = (await once(child, 'message')) as [[number, number]]
    const { total, startedAtMs, unfinishedCount } = await traffic.done
    expect(total.failures).toEqual({})
    expect(total.missedSessionCount + unfinishedCount).toBe(0)

    const arrivals = createArrivals(steady(ratePerSec), createSeededRandom(seed))
    const arrivalsMs: number[] = []
    for (; arrivals.nextAtMs <= durationMs; arrivals.advance()) arrivalsMs.push(startedAtMs + arrivals.nextAtMs)
    expect(total.requestCount).toBe(arrivalsMs.length)
    const analyticMs = analyticP99(arrivalsMs, fromMs, untilMs)
    // A generator that waits for each answer before it asks again would have reported a few milliseconds.
    expect(analyticMs).toBeGreaterThan(900)
    expect(Math.abs(total.latencyMsP99 / analyticMs - 1)).toBeLessThan(0.03)
    expect(total.latencyMsP50).toBeLessThan(100)
  },
)
