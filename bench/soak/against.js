// What --against says of one build beside itself, and of a build whose 99th percentile is a fifth higher: real comparisons by the code
// behind `plimsoll soak --against`, without the memory soak before it. Each adds a line to bench/leaks/.work/soak-against.jsonl.
// A free machine is needed: on a busy one latencies are not counted, and nothing is cleared.
//
//   npm run build
//   node bench/soak/against.js [--kind same|slower] [--runs N] [--minutes N] [--rate 200] [--cap 420]
//   node bench/soak/against.js --score
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { systemClock } from '../../packages/core/dist/index.js'
import { compareBuilds } from '../../packages/soak/dist/compare/compare.js'
import { startLoad } from '../../packages/soak/dist/load/start-load.js'
import { resolveSoakConfig } from '../../packages/soak/dist/options.js'
import { workFolder } from '../leaks/prepare.js'

const { values } = parseArgs({
  options: {
    kind: { type: 'string', default: 'same' },
    runs: { type: 'string', default: '1' },
    minutes: { type: 'string', default: 'Infinity' },
    rate: { type: 'string', default: '200' },
    cap: { type: 'string', default: '420' },
    score: { type: 'boolean', default: false },
  },
})
const out = join(workFolder, 'soak-against.jsonl')

/** Waits for something as services do, a while that has a tail, and computes a little. */
const service = (factor) => `
const { createServer } = require('node:http')
createServer((request, response) => {
  const waitMs = ${factor} * (4 + 6 * -Math.log(1 - Math.random()))
  setTimeout(() => {
    const rows = Array.from({ length: 200 }, (_, index) => ({ index, url: request.url }))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(rows))
  }, waitMs)
}).listen(process.env.PORT, '127.0.0.1')
`

mkdirSync(workFolder, { recursive: true })
if (values.score) score()
else {
  const untilMs = Date.now() + Number(values.minutes) * 60_000
  for (let run = 0; run < Number(values.runs) && Date.now() < untilMs; run++) await compareOnce(values.kind)
}

async function compareOnce(kind) {
  const [baseCwd, hereCwd] = [1, kind === 'slower' ? 1.2 : 1].map((factor, index) => {
    const folder = join(workFolder, `soak-against-${index}`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'server.cjs'), service(factor))
    return folder
  })
  const config = resolveSoakConfig({ start: 'node server.cjs', get: ['/orders/{1..50000}'] })
  const beganAtMs = Date.now()
  const comparison = await compareBuilds({
    ref: 'base',
    commit: 'base',
    baseCwd,
    hereCwd,
    service: {
      command: config.start,
      environment: {},
      readyPath: '/',
      readyWithinMs: 30_000,
    },
    startTraffic: (origin) =>
      startLoad(config, undefined, {
        origin,
        fromNumber: 0,
        ratePerSec: 0,
        closedClientCount: 0,
        maxRequests: 1e9,
        maxMs: 3_600_000,
      }),
    ratePerSec: Number(values.rate),
    limit: 0.1,
    capMs: Number(values.cap) * 1000,
    // Chance decides which goes first in a pair.
    seed: beganAtMs % 2 ** 31,
    clock: systemClock,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    tell: () => {},
  })
  const { verdict, p50, p99, cpu, pairCount, starvedPairCount } = comparison
  const seconds = Math.round((Date.now() - beganAtMs) / 1000)
  appendFileSync(
    out,
    `${JSON.stringify({ kind, verdict, seconds, pairCount, starvedPairCount, p50, p99, cpu, atMs: beganAtMs })}\n`,
  )
  const tell = (change) => (change ? `${(100 * change.estimate).toFixed(1)} %` : 'not told')
  console.log(
    `${kind.padEnd(8)}${verdict.padEnd(10)}${String(seconds).padStart(4)} s  ${pairCount} pairs (${starvedPairCount} starved)` +
      `  p50 ${tell(p50)}  p99 ${tell(p99)}  CPU ${tell(cpu)}`,
  )
}

function score() {
  const lines = existsSync(out) ? readFileSync(out, 'utf8').split('\n').filter(Boolean) : []
  const results = lines.map((line) => JSON.parse(line))
  for (const kind of ['same', 'slower']) {
    const some = results.filter((result) => result.kind === kind)
    const count = (verdict) => some.filter((result) => result.verdict === verdict).length
    console.log(
      `${kind.padEnd(8)}${some.length} runs: ${count('slower')} called slower, ${count('same')} cleared, ${count('not-sure')} not sure`,
    )
  }
}
