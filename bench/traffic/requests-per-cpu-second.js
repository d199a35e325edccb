// How many requests does a second of CPU buy, for our traffic engine and for autocannon? Both drive 50 kept connections as fast as
// they are answered, and ours also in the open model it is made for. Client and server are processes of their own; only the
// client's CPU counts. They take turns, as side by side they would starve each other; median and range of the rounds.
//
//   npm install --prefix FOLDER autocannon@9.0.0
//   node bench/traffic/requests-per-cpu-second.js FOLDER [rounds]
import { fork } from 'node:child_process'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CONNECTIONS = 50
const RUN_MS = 4000
const SEED = 1
const OPEN_RATE_PER_SEC = 100
const REQUESTS_PER_SESSION = 20

const clients = {
  'autocannon, 50 connections': runAutocannon,
  'ours, 50 connections': runResidents,
  [`ours, open, ${OPEN_RATE_PER_SEC} sessions/s of ${REQUESTS_PER_SESSION}`]: runOpen,
}

const [role = '', ...rest] = process.argv.slice(2)
if (role === 'server') serve()
else if (role === 'client') await runClient(rest)
else await compare(role, Number(rest[0] ?? 5))

/** A page of 10 KB with the headers a framework sends. */
function serve() {
  const body = Buffer.alloc(10_000, '<p>a page</p>')
  const server = createServer((_, response) => {
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-length': body.length,
      'cache-control': 'private, no-cache',
      etag: 'W/"7ps-1a2b3c"',
      'x-content-type-options': 'nosniff',
    })
    response.end(body)
  })
  process.on('disconnect', () => process.exit())
  server.listen(0, '127.0.0.1', () => process.send(server.address().port))
}

async function runClient([name, origin, autocannonFolder]) {
  const start = process.cpuUsage()
  const requestCount = await clients[name](origin, autocannonFolder)
  const { user, system } = process.cpuUsage(start)
  process.send({ requestCount, cpuSeconds: (user + system) / 1e6 }, () => process.exit())
}

async function runAutocannon(origin, folder) {
  const autocannon = createRequire(join(folder, 'package.json'))('autocannon')
  const { requests } = await autocannon({ url: origin, connections: CONNECTIONS, duration: RUN_MS / 1000 })
  return requests.total
}

async function runResidents(origin) {
  const get = async (user) => {
    for (;;) await user.get('/')
  }
  return runTraffic({ origin, ratePerSec: 0, journeys: {}, residents: { client: { count: CONNECTIONS, run: get } } })
}

async function runOpen(origin) {
  const visit = async (user) => {
    for (let count = 0; count < REQUESTS_PER_SESSION; count++) await user.get('/')
  }
  return runTraffic({ origin, ratePerSec: OPEN_RATE_PER_SEC, journeys: { visit: { weight: 1, run: visit } } })
}

async function runTraffic(options) {
  const { startTraffic } = await import('@plimsoll/soak/traffic')
  const { total } = await startTraffic({ seed: SEED, durationMs: RUN_MS, ...options }).done
  if (total.failureCount > 0)
    throw new Error(`${total.failureCount} requests failed: ${JSON.stringify(total.failures)}`)
  return total.requestCount
}

async function compare(autocannonFolder, roundCount) {
  if (autocannonFolder === '') throw new Error('Say where autocannon is installed (see the top of this file).')
  const names = Object.keys(clients)
  const server = forkSelf(['server'])
  const origin = `http://127.0.0.1:${await nextMessage(server)}`
  const rounds = []
  for (let round = 0; round < roundCount; round++) {
    const speeds = []
    for (const name of names) {
      const { requestCount, cpuSeconds } = await nextMessage(forkSelf(['client', name, origin, autocannonFolder]))
      speeds.push(requestCount / cpuSeconds)
    }
    rounds.push(speeds)
  }
  server.disconnect()
  process.stdout.write(
    `${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString()}\n`,
  )
  for (const [index, name] of names.entries()) {
    const speeds = rounds.map((round) => round[index])
    const ratios = rounds.map((round) => round[index] / round[0])
    const cost = `${(1e6 / median(speeds)).toFixed(1)} µs each`
    process.stdout.write(
      `${name.padEnd(40)} ${show(speeds, 0)} requests/CPU-s, ${cost}; ${show(ratios, 2)} of autocannon\n`,
    )
  }
}

/** Median and range. */
function show(values, digits) {
  const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)].map((value) =>
    value.toFixed(digits),
  )
  return `${middle} (${low} … ${high})`
}

function forkSelf(args) {
  return fork(fileURLToPath(import.meta.url), args)
}

function nextMessage(child) {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`A process of this bench ended with ${code}.`)))
  })
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
