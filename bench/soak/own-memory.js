// Does the load generator stay as it is, however much it sends? It drives a service for as long as a soak lasts: over kept connections and
// with visitors of its own, each with cookies and a new connection. Its process is read once a second: what the kernel charges it (RSS),
// of which a young generation may come and go, and its slope over the second half.
//
//   npm run build
//   node bench/soak/own-memory.js [--minutes 4] [--rate 500]
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { clearInterval, setInterval } from 'node:timers'
import { parseArgs } from 'node:util'

import { slopeInterval } from '../../packages/core/dist/trend/index.js'
import { startLoad } from '../../packages/soak/dist/load/start-load.js'
import { resolveSoakConfig } from '../../packages/soak/dist/options.js'
import { startTrafficProcess } from '../../packages/soak/dist/traffic/traffic-process.js'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '4' }, rate: { type: 'string', default: '500' } },
})
const durationMs = Number(values.minutes) * 60_000
const ratePerSec = Number(values.rate)
const MB = 1e6

/** Imported by the traffic process: visitors with cookies and checks, who think between two pages. */
export function createScenario() {
  const run = async (user) => {
    const home = await user.get(`/home/${user.fresh()}`)
    home.check(home.text.includes('page'), 'it is a page')
    await user.think(50)
    await user.get(`/item/${user.zipf(1000)}`)
  }
  return { journeys: { visitor: { weight: 1, run } } }
}

if (process.argv[1] === new URL(import.meta.url).pathname) await measureBoth()

async function measureBoth() {
  const body = Buffer.alloc(2000, '<p>a page</p>')
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': 'visitor=1; Path=/' }).end(body)
  })
  await new Promise((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${server.address().port}`
  const config = resolveSoakConfig({ start: 'node server.js', get: ['/x/{1..1000000}'] })
  const load = { origin, fromNumber: 0, ratePerSec, closedClientCount: 0, maxRequests: 1e9, maxMs: durationMs }
  const plan = { origin, seed: 1, ratePerSec: ratePerSec / 2, durationMs, scenario: import.meta.url }
  await watch('kept connections', startLoad(config, undefined, load))
  await watch('visitors', startTrafficProcess(plan))
  server.close()
}

async function watch(name, traffic) {
  const points = []
  const beganAtMs = Date.now()
  const timer = setInterval(() => {
    const rssBytes = Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${traffic.pid}/status`, 'utf8'))[1]) * 1024
    points.push([(Date.now() - beganAtMs) / 60_000, rssBytes])
  }, 1000)
  const report = await traffic.done.finally(() => clearInterval(timer))
  const late = points.slice(points.length >> 1)
  const mean = (part) => part.reduce((sum, [, bytes]) => sum + bytes, 0) / part.length
  const third = Math.floor(late.length / 3)
  const { slope, low, high } = slopeInterval(late, 0.99)
  const tell = (bytes) => (bytes / MB).toFixed(2)
  console.log(
    `${name.padEnd(18)}${report.total.requestCount} requests, ${report.total.failureCount} failed, RSS ${tell(points[0][1])} → ${tell(points.at(-1)[1])} MB;` +
      ` second half: ${tell(slope)} MB a minute (99 %: ${tell(low)} … ${tell(high)}), its last third beside its first ${tell(mean(late.slice(-third)) - mean(late.slice(0, third)))} MB`,
  )
}
