/**
 * What does a full cache cost the event loop and the garbage collector? Fills each kind of cache in a process of its own and
 * churns it at a steady rate, the same work in each; then one forced full collection, in CPU time. `nothing` does the work and
 * keeps none of it. The processes run in turns, as often as `--runs` says: median (least–most).
 *   node bench/cache/off-heap.js [--bytes 1073741824] [--seconds 20] [--runs 3] [--only nothing,off-heap,heap]
 */
import { spawnSync } from 'node:child_process'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { clearInterval, setImmediate, setInterval } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createCache } from '@plimsoll/cache'
import { createSeededRandom, nextBelow } from '@plimsoll/core'

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: String(2 ** 30) },
    seconds: { type: 'string', default: '20' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string', default: 'nothing,off-heap,heap' },
    subject: { type: 'string' },
  },
})
const maxBytes = Number(values.bytes)
const say = (line) => process.stdout.write(`${line}\n`)
/** Operations every 10 ms: a busy service, and the same for all. */
const TURN_MS = 10
const GETS = 60
const SETS = 20

if (values.subject) {
  await measure(values.subject)
  process.exit()
}

const subjects = values.only.split(',')
const results = Object.fromEntries(subjects.map((name) => [name, []]))
for (let run = 0; run < Number(values.runs); run++) {
  for (const name of run % 2 ? subjects : subjects.toReversed()) {
    const args = ['--expose-gc', '--max-old-space-size=6000', fileURLToPath(import.meta.url), '--subject', name]
    const { stdout, status } = spawnSync(
      process.execPath,
      [...args, '--bytes', values.bytes, '--seconds', values.seconds],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    if (status !== 0) throw new Error(`${name} ended with ${status}`)
    results[name].push(JSON.parse(stdout))
  }
}
say(
  `${maxBytes / 2 ** 20} MiB, ${(1000 / TURN_MS) * GETS} gets and ${(1000 / TURN_MS) * SETS} sets a second for ${values.seconds} s, values of 200–3,800 bytes`,
)
for (const name of subjects) {
  const column = (key, digits = 1) => {
    const sorted = results[name].map((result) => result[key]).sort((a, b) => a - b)
    const [median, least, most] = [sorted[sorted.length >> 1], sorted[0], sorted.at(-1)].map((n) => n.toFixed(digits))
    return `${median} (${least}–${most})`
  }
  say(
    `${name.padEnd(10)} loop delay p99 ${column('p99')} p99.9 ${column('p999')} max ${column('max')} ms   full GC ${column('gcMs')} ms CPU   ` +
      `${column('entryCount', 0)} entries   RSS ${column('rssMiB', 0)} MiB   work ${column('cpuMs', 0)} ms CPU`,
  )
}

async function measure(name) {
  const random = createSeededRandom(1)
  const noise = Buffer.from(Uint8Array.from({ length: 8192 }, () => 32 + nextBelow(random, 90))).toString('latin1')
  const make = () => {
    const length = 200 + nextBelow(random, 3600)
    const from = nextBelow(random, 8192 - length)
    return {
      id: length,
      text: noise.slice(from, from + length),
      tags: ['a', 'b'],
      price: { amount: from, currency: 'EUR' },
    }
  }
  const create = {
    nothing: () => ({ get() {}, set: (_, value) => JSON.stringify(value) }),
    'off-heap': () => createCache({ maxBytes, store: 'off-heap', codec: 'json' }),
    heap: () => createCache({ maxBytes }),
  }
  const cache = create[name]()
  const keyCount = Math.ceil((1.4 * maxBytes) / 2100)
  for (let n = 0; n < keyCount; n++) {
    cache.set(`product:${n}`, make())
    if (n % 2000 === 0) await new Promise(setImmediate)
  }
  globalThis.gc()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const startedAt = performance.now()
  delay.enable()
  const before = process.cpuUsage()
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      for (let n = 0; n < GETS; n++) cache.get(`product:${nextBelow(random, keyCount)}`)
      for (let n = 0; n < SETS; n++) cache.set(`product:${nextBelow(random, 2 * keyCount)}`, make())
      if (performance.now() - startedAt < 1000 * Number(values.seconds)) return
      clearInterval(timer)
      resolve()
    }, TURN_MS)
  })
  delay.disable()
  const { user, system } = process.cpuUsage(before)
  const gcMs = Math.min(...[0, 1, 2].map(cpuOfGc))
  say(
    JSON.stringify({
      p99: delay.percentile(99) / 1e6,
      p999: delay.percentile(99.9) / 1e6,
      max: delay.max / 1e6,
      gcMs,
      cpuMs: (user + system) / 1000,
      entryCount: cache.size ?? 0,
      rssMiB: process.memoryUsage().rss / 2 ** 20,
    }),
  )
}

function cpuOfGc() {
  const before = process.cpuUsage()
  globalThis.gc()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
