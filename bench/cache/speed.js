/**
 * How long do operations take beside a bare Map, lru-cache and others? CPU time, so that a busy machine counts less; median and
 * spread of interleaved runs in one process, the first for the compiler.
 *   node bench/cache/speed.js [--entries 10000,100000,1000000] [--runs 7] [--peers lru-cache,mnemonist,…] [--keys stored|fresh]
 * Keys are `stored` strings that were made long ago, or `fresh` for each operation, as services make theirs: both cost, and not alike.
 */
import { parseArgs } from 'node:util'
import { createSeededRandom } from '@plimsoll/core'
import { peers } from './peers.js'
import { createZipf } from './traces.js'

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '10000,100000,1000000' },
    runs: { type: 'string', default: '7' },
    peers: { type: 'string', default: Object.keys(peers).join() },
    keys: { type: 'string', default: 'stored' },
  },
})
const subjects = ['Map', 'plimsoll', ...values.peers.split(',').filter((name) => !['Map', 'plimsoll'].includes(name))]
const runCount = Number(values.runs)
const say = (line) => process.stdout.write(`${line}\n`)

/** Each fills the cache as it wants, and answers what one operation is. */
const workloads = {
  'get hit': (subject, { entryCount, keyOf }) => {
    for (let n = 0; n < entryCount; n++) subject.set(keyOf(n), n)
    return (at) => subject.get(keyOf((at * 7919) % (entryCount >> 1)))
  },
  'miss + set': (subject, { entryCount, keyOf }) => {
    for (let n = 0; n < entryCount; n++) subject.set(keyOf(n), n)
    return (at) => {
      const key = keyOf((at + entryCount) % (6 * entryCount))
      if (subject.get(key) === undefined) subject.set(key, at)
    }
  },
  'zipf 90:10': (subject, { keyOf, draws }) => zipf(subject, keyOf, draws, 10),
  'zipf 75:25': (subject, { keyOf, draws }) => zipf(subject, keyOf, draws, 4),
}

for (const entryCount of values.entries.split(',').map(Number)) {
  const operationCount = Math.max(300_000, entryCount)
  const draw = createZipf(createSeededRandom(1), 4 * entryCount, 0.99)
  const freshKey = (n) => `product:${n}`
  const stored = values.keys === 'fresh' ? [] : Array.from({ length: 6 * entryCount }, (_, n) => freshKey(n))
  const load = {
    entryCount,
    keyOf: values.keys === 'fresh' ? freshKey : (n) => stored[n],
    draws: Uint32Array.from({ length: operationCount }, draw),
  }
  say(
    `${entryCount} entries: CPU ns an operation, median (least–most) of ${runCount}; ratio to Map; ratio to lru-cache`,
  )
  for (const [workload, begin] of Object.entries(workloads)) {
    const times = Object.fromEntries(subjects.map((name) => [name, []]))
    for (let run = 0; run <= runCount; run++) {
      // Backwards every other time, so that nobody always comes after the same.
      for (const name of run % 2 ? subjects : subjects.toReversed()) {
        const { create, isAsync } = peers[name]
        const count = isAsync ? operationCount / 10 : operationCount
        const act = begin(create(entryCount), load)
        const ns = isAsync ? await measureAsync(count, act) : measure(count, act)
        if (run > 0) times[name].push(ns)
      }
    }
    const map = median(times.Map)
    const lru = times['lru-cache'] && median(times['lru-cache'])
    for (const [name, list] of Object.entries(times)) {
      const ns = median(list)
      const ratios = `${(map / ns).toFixed(2)}${lru ? `  ${(lru / ns).toFixed(2)}` : ''}`
      const spread = `(${Math.min(...list).toFixed(0)}–${Math.max(...list).toFixed(0)})`
      say(`  ${workload.padEnd(12)}${name.padEnd(20)}${ns.toFixed(0).padStart(6)} ${spread.padEnd(14)}${ratios}`)
    }
  }
}

function zipf(subject, keyOf, draws, setEvery) {
  return (at) => {
    const key = keyOf(draws[at])
    return at % setEvery === 0 ? subject.set(key, at) : subject.get(key)
  }
}

function measure(count, act) {
  const start = process.cpuUsage()
  for (let at = 0; at < count; at++) act(at)
  return (1000 * process.cpuUsage(start).user) / count
}

async function measureAsync(count, act) {
  const start = process.cpuUsage()
  for (let at = 0; at < count; at++) await act(at)
  return (1000 * process.cpuUsage(start).user) / count
}

function median(list) {
  return list.toSorted((a, b) => a - b)[list.length >> 1]
}
