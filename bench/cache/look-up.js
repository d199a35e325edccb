/**
 * What does a look-up wait for? CPU time of one, step by step, over the draws of a Zipf load: a key's head alone, its last five
 * characters, a bare Map, our `get` and lru-cache's. Keys as templates write them (ropes, from 13 characters on), and as they come
 * from outside. Nobody stores meanwhile; what is here was set by every tenth draw. Median and quartiles of interleaved runs.
 *   node bench/cache/look-up.js [--entries 10000] [--runs 15]
 */
import { parseArgs } from 'node:util'
import { createSeededRandom } from '@plimsoll/core'
import { peers } from './peers.js'
import { createZipf } from './traces.js'

const { values } = parseArgs({
  options: { entries: { type: 'string', default: '10000' }, runs: { type: 'string', default: '15' } },
})
const entryCount = Number(values.entries)
const drawCount = Math.max(300_000, entryCount)
const draws = Uint32Array.from({ length: drawCount }, createZipf(createSeededRandom(1), 4 * entryCount, 0.99))
const ropes = Array.from({ length: 4 * entryCount }, (_, n) => `product:${n}`)

for (const [kind, keys] of [
  ['ropes', ropes],
  ['from outside', ropes.map((key) => Buffer.from(key).toString('latin1'))],
]) {
  const [map, ours, lru] = ['Map', 'plimsoll', 'lru-cache'].map((name) => filled(peers[name].create(entryCount), keys))
  // Each a loop of its own, so that V8 compiles each for what it calls.
  const steps = {
    'length alone': () => {
      let sum = 0
      for (let at = 0; at < drawCount; at++) sum += keys[draws[at]].length
      return sum
    },
    'last five characters': () => {
      let sum = 0
      for (let at = 0; at < drawCount; at++) {
        const key = keys[draws[at]]
        for (let back = 1; back <= 5; back++) sum ^= key.charCodeAt(key.length - back) << back
      }
      return sum
    },
    'Map.get': () => {
      let sum = 0
      for (let at = 0; at < drawCount; at++) sum += map.get(keys[draws[at]]) ?? 0
      return sum
    },
    'plimsoll get': () => {
      let sum = 0
      for (let at = 0; at < drawCount; at++) sum += ours.get(keys[draws[at]]) ?? 0
      return sum
    },
    'lru-cache get': () => {
      let sum = 0
      for (let at = 0; at < drawCount; at++) sum += lru.get(keys[draws[at]]) ?? 0
      return sum
    },
  }
  const times = Object.fromEntries(Object.keys(steps).map((step) => [step, []]))
  for (let run = 0; run <= Number(values.runs); run++) {
    for (const [step, act] of Object.entries(steps)) {
      const start = process.cpuUsage()
      act()
      if (run > 0) times[step].push((1000 * process.cpuUsage(start).user) / drawCount)
    }
  }
  process.stdout.write(`${entryCount} entries, keys ${kind}: CPU ns a look-up\n`)
  for (const [step, list] of Object.entries(times)) {
    const [low, mid, high] = [0.25, 0.5, 0.75].map((share) => quantile(list, share).toFixed(0))
    process.stdout.write(`  ${step.padEnd(24)}${mid.padStart(6)} (${low}–${high})\n`)
  }
}

function filled(subject, keys) {
  for (let at = 0; at < drawCount; at += 10) subject.set(keys[draws[at]], at)
  return subject
}

function quantile(list, share) {
  return list.toSorted((a, b) => a - b)[Math.floor(share * (list.length - 1))]
}
