/**
 * How long does one `set` of a full off-heap cache take? Most of all: the slowest of them, which are what the event loop waits
 * for. Each time is without that in which the thread was ready and others had the processor (Linux tells). Builds that are
 * compared take turns in one process, a hundred sets each, so that load and collector meet all of them alike.
 *   node bench/cache/set-time.js [--bytes 268435456] [--sets 1000000] [--codec json] [--build DIR-OF-ANOTHER-BUILD/index.js]…
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { createCache } from '@plimsoll/cache'
import { createSeededRandom, nextBelow } from '@plimsoll/core'

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: String(2 ** 28) },
    sets: { type: 'string', default: '1000000' },
    codec: { type: 'string', default: 'json' },
    build: { type: 'string', multiple: true, default: [] },
  },
})
const maxBytes = Number(values.bytes)
const setCount = Number(values.sets)
const TURN = 100
const keyCount = Math.ceil((2.8 * maxBytes) / 2100)

const others = values.build.map(async (path) => [path, (await import(pathToFileURL(path))).createCache])
const builds = [['this build', createCache], ...(await Promise.all(others))]
const subjects = builds.map(([name, create]) => ({
  name,
  cache: create({ maxBytes, store: 'off-heap', codec: values.codec }),
  // The same keys and values for each.
  random: createSeededRandom(1),
  timesMs: new Float64Array(setCount),
}))
const random = createSeededRandom(2)
const noise = Buffer.from(Uint8Array.from({ length: 8192 }, () => 32 + nextBelow(random, 90))).toString('latin1')
const schedule = openSync('/proc/thread-self/schedstat')
const buffer = Buffer.alloc(64)

for (const { cache, random } of subjects) for (let n = 0; n < keyCount; n++) cache.set(...entry(random))
for (let from = 0; from < setCount; from += TURN) for (const subject of subjects) measure(subject, from)
closeSync(schedule)
for (const { name, cache, timesMs } of subjects) {
  timesMs.sort()
  const tails = [0.5, 0.99, 0.999, 0.9999].map((share) => timesMs[Math.floor(share * setCount)])
  const figures = [...tails, timesMs.at(-1)].map((ms) => (1000 * ms).toFixed(0)).join(' / ')
  const meanUs = (1000 * timesMs.reduce((sum, ms) => sum + ms, 0)) / setCount
  process.stdout.write(
    `${name}: p50 / p99 / p99.9 / p99.99 / max ${figures} µs, mean ${meanUs.toFixed(1)} µs, ${cache.size} entries\n`,
  )
}

function measure({ cache, random, timesMs }, from) {
  for (let n = from; n < Math.min(setCount, from + TURN); n++) {
    const [key, value] = entry(random)
    const waitedMs = readWaitedMs()
    const startedMs = performance.now()
    cache.set(key, value)
    const tookMs = performance.now() - startedMs
    timesMs[n] = Math.max(0, tookMs - (readWaitedMs() - waitedMs))
  }
}

function entry(random) {
  const length = 200 + nextBelow(random, 3600)
  const from = nextBelow(random, 8192 - length)
  const text = noise.slice(from, from + length)
  const value = { id: length, text, tags: ['a', 'b'], price: { amount: from, currency: 'EUR' } }
  return [`product:${nextBelow(random, keyCount)}`, values.codec === 'string' ? text : value]
}

function readWaitedMs() {
  return Number(buffer.latin1Slice(0, readSync(schedule, buffer, 0, 64, 0)).split(' ')[1]) / 1e6
}
