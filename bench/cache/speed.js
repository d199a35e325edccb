/**
 * Operations a second beside a bare Map and lru-cache (when it is installed), as a ratio to the Map: median of interleaved
 * runs, sizes given, so that nobody weighs.
 *   node bench/cache/speed.js [--entries 10000] [--runs 7]
 */
import { parseArgs } from 'node:util'
import { createCache } from '@plimsoll/cache'
import { createSeededRandom } from '@plimsoll/core'
import { createZipf } from './traces.js'

const { values } = parseArgs({
  options: { entries: { type: 'string', default: '10000' }, runs: { type: 'string', default: '7' } },
})
const entryCount = Number(values.entries)
const runCount = Number(values.runs)
const bytes = 100
const say = (line) => process.stdout.write(`${line}\n`)

const subjects = {
  Map: () => {
    const map = new Map()
    return { get: (key) => map.get(key), set: (key, value) => map.set(key, value) }
  },
  plimsoll: () => {
    const cache = createCache({ maxBytes: entryCount * bytes })
    const options = { bytes }
    return { get: (key) => cache.get(key), set: (key, value) => cache.set(key, value, options) }
  },
  'plimsoll, lru': () => {
    const cache = createCache({ maxBytes: entryCount * bytes, policy: 'lru' })
    const options = { bytes }
    return { get: (key) => cache.get(key), set: (key, value) => cache.set(key, value, options) }
  },
  'plimsoll, weighing': () => {
    const cache = createCache({ maxBytes: entryCount * 2 * bytes })
    return { get: (key) => cache.get(key), set: (key, value) => cache.set(key, value) }
  },
}
const lruCache = await import('lru-cache').catch(() => null)
if (lruCache) {
  const LRUCache = lruCache.LRUCache ?? lruCache.default
  subjects['lru-cache'] = () => {
    const cache = new LRUCache({ maxSize: entryCount * bytes, max: entryCount })
    const options = { size: bytes }
    return { get: (key) => cache.get(key), set: (key, value) => cache.set(key, value, options) }
  }
} else say('lru-cache is not installed here: npm install --no-save lru-cache')

const zipf = createZipf(createSeededRandom(1), 4 * entryCount, 0.99)
const keys = Array.from({ length: 6 * entryCount }, (_, n) => `product:${n}`)
const draws = Uint32Array.from({ length: 500_000 }, zipf)

const workloads = {
  'get hit'(subject) {
    for (let n = 0; n < entryCount; n++) subject.set(keys[n], n)
    return measure(500_000, (at) => subject.get(keys[(at * 7919) % (entryCount >> 1)]))
  },
  'miss + set'(subject) {
    return measure(300_000, (at) => {
      const key = keys[at % keys.length]
      if (subject.get(key) === undefined) subject.set(key, at)
    })
  },
  'zipf 90:10'(subject) {
    return measure(500_000, (at) => {
      const key = keys[draws[at]]
      if (at % 10 === 0) subject.set(key, at)
      else subject.get(key)
    })
  },
}

const times = {}
for (let run = 0; run < runCount + 1; run++) {
  for (const [workload, act] of Object.entries(workloads)) {
    for (const [name, create] of Object.entries(subjects)) {
      const ns = act(create())
      // The first run is for the compiler.
      if (run > 0) ((times[workload] ??= {})[name] ??= []).push(ns)
    }
  }
}
say(`${entryCount} entries, median of ${runCount}: ns an operation (ratio to a Map)`)
for (const [workload, byName] of Object.entries(times)) {
  const map = median(byName.Map)
  const row = Object.entries(byName).map(
    ([name, list]) => `${name} ${median(list).toFixed(0)} (${(map / median(list)).toFixed(2)})`,
  )
  say(`${workload.padEnd(12)}${row.join('   ')}`)
}

function measure(count, act) {
  const start = process.hrtime.bigint()
  for (let at = 0; at < count; at++) act(at)
  return Number(process.hrtime.bigint() - start) / count
}

function median(list) {
  return list.toSorted((a, b) => a - b)[list.length >> 1]
}
