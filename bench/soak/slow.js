// Does a slowdown's culprit come first? Ten services, each in two versions: as it was, and with something planted that makes it slower.
// Both run side by side and are watched as `plimsoll soak --against` watches them once it has proven that one is slower; the proof itself,
// which takes two minutes a service, is left out here. A line of .work/slow.jsonl for each; stop and go on as you like.
//
//   npm run build
//   node bench/soak/slow.js [--only NAME] [--limit N] [--out FILE]
//   node bench/soak/slow.js --score [--out FILE]
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { driveSlot } from '../../packages/soak/dist/compare/slot.js'
import { findSlowCode } from '../../packages/soak/dist/culprit/slow-code.js'
import { SlowWatch } from '../../packages/soak/dist/culprit/slow-watch.js'
import { Sources } from '../../packages/soak/dist/culprit/sources.js'
import { startLoad } from '../../packages/soak/dist/load/start-load.js'
import { resolveSoakConfig } from '../../packages/soak/dist/options.js'
import { startSubject } from '../../packages/soak/dist/subject/subject.js'

const RATE_PER_SEC = 60
const WARM_UP_MS = 2500
const WATCH_MS = 2500
const ROUNDS = 2

const here = fileURLToPath(new URL('.', import.meta.url))
const workFolder = join(here, '../leaks/.work')
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    limit: { type: 'string', default: '1000' },
    out: { type: 'string', default: join(workFolder, 'slow.jsonl') },
    score: { type: 'boolean', default: false },
  },
})

/** What all of them have: a database that takes its time, and a pool of connections to it. */
const database = `
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
class Connection {
  async query(ms = 4) {
    await pause(ms)
    return [{ id: 1, name: 'oak table', tags: ['wood', 'brown'] }]
  }
}
class Pool {
  #free
  #waiting = []
  constructor(count) {
    this.#free = Array.from({ length: count }, () => new Connection())
  }
  connect() {
    if (this.#free.length > 0) return Promise.resolve(this.#free.pop())
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
  release(connection) {
    const next = this.#waiting.shift()
    if (next) next(connection)
    else this.#free.push(connection)
  }
}
module.exports = { Pool, pause }
`
const service = ({ poolSize = 20, above = '', handler }) => `
const http = require('node:http')
const crypto = require('node:crypto')
const fs = require('node:fs')
const { Pool, pause } = require('./database.cjs')
const pool = new Pool(${poolSize})
const catalogue = Array.from({ length: 3000 }, (_, id) => ({ id, name: 'thing ' + id, price: id % 97, tags: ['a' + (id % 7), 'b'] }))
const byId = new Map(catalogue.map((item) => [item.id, item]))
${above}
async function load(id, ms) {
  const connection = await pool.connect()
  try {
    return await connection.query(ms)
  } finally {
    pool.release(connection)
  }
}
async function handle(url) {
${handler}
}
http
  .createServer(async (request, response) => {
    try {
      response.end(JSON.stringify(await handle(request.url)))
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  .listen(process.env.PORT, '127.0.0.1')
`
const plain = `  const id = Number(url.slice(3)) % 3000
  const rows = await load(id)
  return { rows, item: byId.get(id) }`

/** `places`: what a right answer may point at. */
const slowdowns = [
  {
    name: 'event-loop: a list is sorted and serialised for every request',
    now: {
      handler: plain.replace(
        '  return',
        '  const ranked = JSON.stringify([...catalogue].sort((a, b) => b.price - a.price))\n  if (!ranked) return null\n  return',
      ),
    },
    places: ['JSON.stringify([...catalogue]'],
  },
  {
    name: 'event-loop: a file is read synchronously for every request',
    above: `fs.writeFileSync(__dirname + '/big.json', JSON.stringify(catalogue.concat(catalogue, catalogue)))`,
    now: {
      handler: plain.replace(
        '  return',
        "  const settings = JSON.parse(fs.readFileSync(__dirname + '/big.json', 'utf8'))\n  if (!settings) return null\n  return",
      ),
    },
    places: ['fs.readFileSync(__dirname'],
  },
  {
    name: 'cpu: a linear search where there was a map',
    then: { handler: plain },
    now: {
      handler: plain.replace(
        '  return',
        '  const found = catalogue.filter((one) => catalogue.slice(0, 40).some((other) => other.name.endsWith(one.name)))\n  if (!found) return null\n  return',
      ),
    },
    places: ['catalogue.filter('],
  },
  {
    name: 'cpu: a password hash with more rounds',
    then: {
      handler: plain.replace(
        '  return',
        "  const key = crypto.pbkdf2Sync(url, 'salt', 500, 32, 'sha256')\n  if (!key) return null\n  return",
      ),
    },
    now: {
      handler: plain.replace(
        '  return',
        "  const key = crypto.pbkdf2Sync(url, 'salt', 9000, 32, 'sha256')\n  if (!key) return null\n  return",
      ),
    },
    places: ['crypto.pbkdf2Sync('],
  },
  {
    name: 'cpu: a regular expression that backtracks',
    above: `const word = /^(\\w+\\s?)*$/`,
    then: { handler: plain },
    now: {
      handler: plain.replace(
        '  return',
        "  const isText = word.test('incomprehensibiliti!')\n  if (isText) return null\n  return",
      ),
    },
    places: ['word.test('],
  },
  {
    name: 'garbage: everything is copied for every request',
    above: `const recent = []`,
    then: { handler: plain },
    now: {
      handler: plain.replace(
        '  return',
        '  recent.push(structuredClone(catalogue))\n  if (recent.length > 20) recent.shift()\n  return',
      ),
    },
    places: ['structuredClone(catalogue)'],
  },
  {
    name: 'pool: one connection where there were twenty',
    now: { poolSize: 1, handler: plain.replace('load(id)', 'load(id, 14)') },
    then: { handler: plain.replace('load(id)', 'load(id, 14)') },
    places: ['await pool.connect()', 'new Pool(1)', 'new Promise((resolve) => this.#waiting.push(resolve))'],
  },
  {
    name: 'query: it takes five times as long',
    now: { handler: plain.replace('load(id)', 'load(id, 25)') },
    places: [
      'connection.query(ms)',
      'await pause(ms)',
      'new Promise((resolve) => setTimeout(resolve, ms))',
      'load(id, 25)',
    ],
  },
  {
    name: 'query: one for every row',
    now: {
      handler: plain.replace(
        '  return',
        '  for (const near of [1, 2, 3, 4, 5, 6]) rows.push(await load(id + near))\n  return',
      ),
    },
    places: [
      'rows.push(await load(',
      'connection.query(ms)',
      'await pause(ms)',
      'new Promise((resolve) => setTimeout(resolve, ms))',
    ],
  },
  {
    name: 'wait: a pause that was forgotten',
    now: { handler: plain.replace('  return', '  await pause(30)\n  return') },
    places: ['await pause(30)', 'new Promise((resolve) => setTimeout(resolve, ms))'],
  },
].map((slowdown) => ({ then: { handler: plain }, above: '', ...slowdown }))

const commit = execFileSync('git', ['describe', '--always', '--dirty', '--exclude=*'], {
  cwd: here,
  encoding: 'utf8',
}).trim()
mkdirSync(workFolder, { recursive: true })
if (values.score) score()
else await runNext()

async function runNext() {
  let left = Number(values.limit)
  for (const slowdown of slowdowns) {
    if (values.only !== undefined && !slowdown.name.includes(values.only)) continue
    if (left === 0 || readResults().some(({ name }) => name === slowdown.name)) continue
    left--
    await run(slowdown)
  }
}

async function run({ name, then, now, above, places }) {
  const slug = name.replaceAll(/[^a-z]+/g, '-').slice(0, 40)
  const sides = []
  try {
    for (const [side, version] of Object.entries({ then, now })) {
      const cwd = join(workFolder, 'slow', slug, side)
      mkdirSync(cwd, { recursive: true })
      writeFileSync(join(cwd, 'database.cjs'), database)
      writeFileSync(join(cwd, 'server.cjs'), service({ above, ...version }))
      const command = `${JSON.stringify(process.execPath)} server.cjs`
      const subject = await startSubject({ command, cwd, readyPath: '/p/1', readyWithinMs: 60_000 })
      const config = resolveSoakConfig({ start: command, get: ['/p/{1..100000}'] })
      const load = {
        origin: subject.origin,
        fromNumber: 0,
        ratePerSec: 0,
        closedClientCount: 0,
        maxRequests: 1e9,
        maxMs: 600_000,
      }
      const traffic = startLoad(config, undefined, load)
      sides.push({ subject, traffic, watch: new SlowWatch(subject, new Sources(cwd)), cwd, latency: [] })
    }
    for (const { traffic } of sides) await traffic.pause(5000)
    for (const { traffic } of sides) await driveSlot(traffic, wait, RATE_PER_SEC, WARM_UP_MS)
    for (let round = 0; round < ROUNDS; round++) {
      for (const { traffic, watch, latency } of sides)
        await watch.watch(async () => {
          const lap = await driveSlot(traffic, wait, RATE_PER_SEC, WATCH_MS)
          latency.push(lap.latencyMsP50)
          return lap
        })
    }
    const culprits = findSlowCode(sides[0].watch, sides[1].watch)
    const text = (culprit) => culprit.code ?? ''
    const [first] = culprits
    const isRight = first !== undefined && places.some((place) => text(first).includes(place))
    const line = {
      name,
      isRight,
      first: first && {
        file: first.file,
        line: first.line,
        code: text(first),
        kind: first.kind,
        why: first.why,
        share: first.share,
      },
      others: culprits.slice(1).map((culprit) => text(culprit)),
      p50: sides.map(({ latency }) => Math.min(...latency)),
      commit,
      nodeVersion: process.version,
      atMs: Date.now(),
    }
    appendFileSync(values.out, `${JSON.stringify(line)}\n`)
    console.log(
      `${isRight ? 'right' : 'WRONG'}  ${name}\n       ${line.first ? `${line.first.code}   ${line.first.kind}, ${line.first.why}` : 'nobody named'}`,
    )
  } finally {
    for (const { traffic } of sides) await traffic.stop().catch(() => {})
    for (const { subject } of sides) await subject.stop()
  }
}

function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function readResults() {
  if (!existsSync(values.out)) return []
  return readFileSync(values.out, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

function score() {
  const results = readResults()
  console.log(
    `planted slowdowns whose culprit comes first   ${results.filter(({ isRight }) => isRight).length} of ${results.length}`,
  )
  for (const { name } of results.filter(({ isRight }) => !isRight)) console.log(`  wrong: ${name}`)
}
