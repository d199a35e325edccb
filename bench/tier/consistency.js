// Is anything ever served staler than the bound, whatever happens to Redis and to the processes? Processes read and change at
// random while random faults strike; afterwards a judge goes through all they saw. Ends with 1 when a promise was broken.
//   node bench/tier/consistency.js [--operations 100000] [--seed 1] [--workers 2] [--bound-ms 400] [--claim-ms BOUND] [--json]
// --claim-ms judges by another bound than the tier was given: by 0 it must find something, or it could not find anything.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createSeededRandom, nextBelow } from '@plimsoll/core'
import { judge } from './judge.js'
import { Server } from './server.js'

const number = (fallback) => ({ type: 'string', default: String(fallback) })
const { values } = parseArgs({
  options: {
    operations: number(100_000),
    seed: number(1),
    workers: number(2),
    lanes: number(64),
    keys: number(40),
    'bound-ms': number(400),
    'claim-ms': { type: 'string' },
    'timeout-ms': number(60),
    'lease-ms': number(300),
    json: { type: 'boolean', default: false },
  },
})
const operations = Number(values.operations)
const seed = Number(values.seed)
const workers = Number(values.workers)
const boundMs = Number(values['bound-ms'])
const claimMs = Number(values['claim-ms'] ?? boundMs)
const timeoutMs = Number(values['timeout-ms'])
const leaseMs = Number(values['lease-ms'])
const random = createSeededRandom(seed)
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const server = await Server.start()
/** @type {Map<string, number>} */
const latest = new Map()
const reads = []
const writes = []
const stats = []
const children = []
let loadCount = 0
let workerCount = 0
let isOver = false

function startWorker(worker) {
  const given = { port: server.port, worker, workers, boundMs, timeoutMs, leaseMs, lanes: Number(values.lanes) }
  const options = { ...given, keyCount: Number(values.keys), seed: seed * 1000 + workerCount++ }
  const child = fork(fileURLToPath(new URL('worker.js', import.meta.url)), [JSON.stringify(options)])
  child.on('message', (message) => {
    if (message.kind === 'saw') reads.push(message)
    else if (message.kind === 'wrote') writes.push(message)
    else if (message.kind === 'stopped') stats.push(message.stats)
    else if (message.kind === 'read') {
      loadCount++
      reply(
        child,
        message,
        message.keys.map((key) => latest.get(key) ?? 0),
      )
    } else {
      for (const key of message.keys) latest.set(key, (latest.get(key) ?? 0) + 1)
      reply(
        child,
        message,
        message.keys.map((key) => latest.get(key)),
      )
    }
  })
  children[worker] = child
}
const reply = (child, { id }, answer) => child.connected && child.send({ id, answer }, () => {})

/** Each lasts as long as it says and leaves things whole. */
const faults = {
  async 'connections killed'() {
    await server.command('CLIENT KILL TYPE normal')
    await server.command('CLIENT KILL TYPE pubsub')
  },
  async 'messages lost'() {
    await server.command('CLIENT KILL TYPE pubsub')
  },
  async hung() {
    server.signal('SIGSTOP')
    await sleep(random.next() * 2.5 * boundMs)
    server.signal('SIGCONT')
  },
  async slow() {
    await server.command(`CLIENT PAUSE ${nextBelow(random, 3 * timeoutMs)} ALL`)
  },
  async 'out of memory'() {
    await server.command('CONFIG SET maxmemory 1')
    await sleep(random.next() * boundMs)
    await server.command('CONFIG SET maxmemory 0')
  },
  async 'killed, empty afterwards'() {
    await server.command('FLUSHALL')
    await server.command('SAVE')
    await server.kill()
    await sleep(random.next() * 2 * boundMs)
    await server.start()
  },
  async 'killed, with an old disk'() {
    await server.command('SAVE')
    await sleep(random.next() * boundMs)
    await server.kill()
    await sleep(random.next() * 0.5 * boundMs)
    await server.start()
  },
  async 'all keys gone'() {
    await server.command('FLUSHALL')
  },
  async 'a process stopped'() {
    const child = children[nextBelow(random, workers)]
    child.kill('SIGSTOP')
    await sleep(random.next() * 2.5 * Math.max(boundMs, leaseMs))
    child.kill('SIGCONT')
  },
  async 'a process killed'() {
    const worker = nextBelow(random, workers)
    const gone = once(children[worker], 'exit')
    children[worker].kill('SIGKILL')
    await gone
    startWorker(worker)
  },
}
const faultCounts = Object.fromEntries(Object.keys(faults).map((name) => [name, 0]))

async function strike() {
  const names = Object.keys(faults)
  // In turn, so that a short run meets all of them, and with quiet between: so must things be that follow one another.
  for (let at = seed; !isOver; at++) {
    await sleep(random.next() * 600)
    if (isOver) return
    const name = names[at % names.length]
    await faults[name]()
    faultCounts[name]++
  }
}

const startedMs = Date.now()
for (let worker = 0; worker < workers; worker++) startWorker(worker)
const striking = strike()
while (reads.length + writes.length < operations) await sleep(20)
isOver = true
await striking
await Promise.all(children.map((child) => (child.send({ kind: 'stop' }), once(child, 'exit'))))
await server.end()

const { violations, staleCount, longestStaleMs } = judge({ reads, writes, latest }, claimMs)
const spans = reads.map(({ startMs, endMs }) => endMs - startMs).sort((left, right) => left - right)
const percentile = (share) => Number(spans[Math.floor(share * (spans.length - 1))].toFixed(1))
const result = {
  seed,
  operations: reads.length + writes.length,
  tookS: Math.round((Date.now() - startedMs) / 1000),
  reads: reads.length,
  changes: writes.length,
  delivered: writes.filter(({ deliveredMs }) => deliveredMs !== null).length,
  loads: loadCount,
  tierHits: stats.reduce((sum, { cache }) => sum + cache.tierHitCount, 0),
  faults: faultCounts,
  boundMs: claimMs,
  staleWithinBound: staleCount - violations.filter(({ kind }) => kind === 'stale').length,
  longestStaleMs: Math.round(longestStaleMs),
  fetchMsP50: percentile(0.5),
  fetchMsP99: percentile(0.99),
  violations: violations.length,
  stale: violations.filter(({ kind }) => kind === 'stale').length,
  firstViolations: violations.sort((a, b) => (a.kind < b.kind ? 1 : -1)).slice(0, 3),
}
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`)
else console.log(result)
process.exitCode = violations.length > 0 ? 1 : 0
