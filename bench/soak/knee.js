// Is the knee found where it was planted, and is it said what gives out there? Three services whose limit is known: five connections that
// are each held for 25 ms (200 requests/s), a queue of one at 10 ms (100 requests/s), and 5 ms of the event loop a request (200 requests/s).
// By the code behind `plimsoll soak --knee`, without the memory soak before it.
//
//   npm run build
//   node bench/soak/knee.js [--rounds N]
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { findKnee } from '../../packages/soak/dist/compare/find-knee.js'
import { startLoad } from '../../packages/soak/dist/load/start-load.js'
import { resolveSoakConfig } from '../../packages/soak/dist/options.js'
import { startSubject } from '../../packages/soak/dist/subject/subject.js'
import { workFolder } from '../leaks/prepare.js'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1' } } })

/** Lent to so many at a time, for so long each. */
const pool = (count, ms) => `
const { setTimeout: pause } = require('node:timers/promises')
let free = ${count}
const waiting = []
async function answer() {
  if (free === 0) await new Promise((resolve) => waiting.push(resolve))
  else free--
  await pause(${ms})
  const next = waiting.shift()
  if (next) next()
  else free++
}`
const services = [
  { name: 'five connections of 25 ms', atPerSec: 200, limitedBy: 'waiting', code: pool(5, 25) },
  { name: 'a queue of one at 10 ms', atPerSec: 100, limitedBy: 'waiting', code: pool(1, 10) },
  {
    name: '5 ms of the event loop',
    atPerSec: 200,
    limitedBy: 'event-loop',
    code: `
function compute() {
  const untilMs = performance.now() + 5
  for (let turn = 0; performance.now() < untilMs; turn++) Math.sqrt(turn)
}
async function answer() {
  compute()
}`,
  },
]

for (let round = 0; round < Number(values.rounds); round++) for (const service of services) await find(service)

async function find({ name, atPerSec, limitedBy, code }) {
  const cwd = join(workFolder, 'knee', name.replaceAll(/\W+/g, '-'))
  mkdirSync(cwd, { recursive: true })
  writeFileSync(
    join(cwd, 'server.cjs'),
    `const { createServer } = require('node:http')
${code}
createServer((request, response) => {
  answer().then(() => response.end('done'))
}).listen(process.env.PORT, '127.0.0.1')
`,
  )
  const command = `${JSON.stringify(process.execPath)} server.cjs`
  const subject = await startSubject({ command, cwd, readyPath: '/', readyWithinMs: 60_000 })
  const config = resolveSoakConfig({ start: command, get: ['/p/{1..100000}'] })
  const load = { origin: subject.origin, fromNumber: 0, ratePerSec: 0, closedClientCount: 0, maxRequests: 1e9 }
  const traffic = startLoad(config, undefined, { ...load, maxMs: 600_000 })
  try {
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    const found = await findKnee({ subject, traffic, capacityPerSec: atPerSec, cwd, wait, tell: () => {} })
    const { lowPerSec, highPerSec } = found
    // A queue's latency leaves the line before its last request a second is taken: where one is served after another, each equally long,
    // it has doubled at two thirds of the limit (the mean wait is ρ/2(1 − ρ) of what serving takes).
    const isNear = highPerSec !== null && highPerSec > 0.66 * atPerSec && lowPerSec < 1.1 * atPerSec
    const [first] = found.culprits
    console.log(
      `${isNear && found.limitedBy === limitedBy ? 'right' : 'WRONG'}  ${name}: planted at ${atPerSec}/s, found between ${Math.round(lowPerSec)} and` +
        ` ${highPerSec === null ? found.why : Math.round(highPerSec)}/s, limited by ${found.limitedBy}${first ? `, ${first.file}:${first.line} ${first.code}` : ''}`,
    )
  } finally {
    await traffic.stop().catch(() => {})
    await subject.stop()
  }
}
