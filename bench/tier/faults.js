// What does a Redis in trouble cost a request? Misses of fresh keys, ten at a time, whose load takes 5 ms; time-out 50 ms. On top of
// the load a request may wait for the time-out, and soon for nothing; beside it the same requests without a tier, in the same run.
//   node bench/tier/faults.js [--requests 1000]
import { performance } from 'node:perf_hooks'
import { clearInterval, setInterval } from 'node:timers'
import { parseArgs } from 'node:util'
import { createCache } from '@plimsoll/cache'
import { startRedisTier } from '@plimsoll/cache/redis'
import { Redis } from 'ioredis'
import { Server } from './server.js'

const { values } = parseArgs({ options: { requests: { type: 'string', default: '1000' } } })
const requests = Number(values.requests)
const timeoutMs = 50
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const load = async (key) => (await sleep(5), `page ${key}`)

const server = await Server.start()
const tier = startRedisTier({
  redis: new Redis({ port: server.port, lazyConnect: true }),
  namespace: 'bench',
  timeoutMs,
  staleBoundMs: 2000,
})
const cache = tier.createCache({ name: 'pages', maxBytes: 64 << 20, load })
const alone = createCache({ maxBytes: 64 << 20, load })
while (tier.stats().pollCount === 0) await sleep(10)
let keyCount = 0

async function measure(name, subject) {
  const before = tier.stats()
  const spans = []
  const lane = async () => {
    while (spans.length < requests) {
      const startedMs = performance.now()
      await subject.fetch(`/${keyCount++}`)
      spans.push(performance.now() - startedMs)
    }
  }
  await Promise.all(Array.from({ length: 10 }, lane))
  spans.sort((left, right) => left - right)
  const at = (share) => Number(spans[Math.floor(share * (spans.length - 1))].toFixed(1))
  const { timeoutCount, breaker } = tier.stats()
  const waited = timeoutCount - before.timeoutCount
  return { state: name, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), timeouts: waited, breaker }
}

const rows = [await measure('no tier', alone), await measure('well', cache)]
await server.command('CONFIG SET maxmemory 1')
rows.push(await measure('out of memory', cache))
await server.command('CONFIG SET maxmemory 0')
server.signal('SIGSTOP')
rows.push(await measure('hung', cache))
server.signal('SIGCONT')
while (tier.stats().breaker !== 'closed') await sleep(10)
const slow = setInterval(() => void server.command('CLIENT PAUSE 200 ALL').catch(() => {}), 250)
rows.push(await measure('slow: stands still for 200 of 250 ms', cache))
clearInterval(slow)
await server.kill()
await sleep(50)
rows.push(await measure('killed', cache))
await server.start()
const restartedMs = performance.now()
while ((await cache.set('/probe', 'x')) !== 'delivered') await sleep(5)
console.table(rows)
console.log(`in use again ${Math.round(performance.now() - restartedMs)} ms after it was back`)

// Warm restart: what a new process has when it starts.
for (let n = 0; n < 1000; n++) await cache.set(`hot ${n}`, 'x'.repeat(2000))
for (let n = 0; n < 3000; n++) cache.get(`hot ${n % 1000}`)
await tier.stop()
const next = startRedisTier({
  redis: new Redis({ port: server.port, lazyConnect: true }),
  namespace: 'bench',
  timeoutMs,
})
const warmed = await next.createCache({ name: 'pages', maxBytes: 64 << 20, load }).warm()
console.log('a new process warms up:', warmed)
await next.stop()
await server.end()
