/**
 * How many bytes does an entry cost beyond its key and its value? Growth of heapUsed + external with a million entries, less
 * that of the keys, which stand in a list before. Each in a process of its own, so that nobody inherits garbage.
 *   node bench/cache/memory.js [--entries 1000000]
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createCache } from '@plimsoll/cache'
import { LRUCache } from 'lru-cache'
import { peers } from './peers.js'

const { values } = parseArgs({
  options: { entries: { type: 'string', default: '1000000' }, subject: { type: 'string' } },
})
const entryCount = Number(values.entries)
// As keys come from outside: V8 would hold a template's answer as a rope, which costs 8 bytes more once somebody reads it.
const keys = Array.from({ length: entryCount }, (_, n) => Buffer.from(`product:${n}`).toString('latin1'))
const ttl = 3_600_000

const subjects = {
  plimsoll: () => createCache({ maxEntries: entryCount }),
  'lru-cache': () => new LRUCache({ max: entryCount }),
  'plimsoll, ttl': () => createCache({ maxEntries: entryCount, ttlMs: ttl }),
  'lru-cache, ttl': () => new LRUCache({ max: entryCount, ttl }),
  'plimsoll, size': () => sized(createCache({ maxEntries: entryCount, maxBytes: 2 ** 40 }), { bytes: 100 }),
  'lru-cache, size': () => sized(new LRUCache({ max: entryCount, maxSize: 2 ** 40 }), { size: 100 }),
  'plimsoll, ttl and size': () =>
    sized(createCache({ maxEntries: entryCount, maxBytes: 2 ** 40, ttlMs: ttl }), { bytes: 100 }),
  'lru-cache, ttl and size': () => sized(new LRUCache({ max: entryCount, maxSize: 2 ** 40, ttl }), { size: 100 }),
  ...Object.fromEntries(
    Object.entries(peers)
      .filter(([name, { isAsync }]) => !isAsync && !['plimsoll', 'lru-cache'].includes(name))
      .map(([name, { create }]) => [name, () => create(entryCount)]),
  ),
}

if (values.subject) measure(values.subject)
else {
  for (const name of Object.keys(subjects)) {
    const args = ['--expose-gc', fileURLToPath(import.meta.url), '--entries', String(entryCount), '--subject', name]
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
    if (status !== 0) process.exitCode = 1
  }
}

function measure(name) {
  const before = heldBytes()
  const cache = subjects[name]()
  for (let n = 0; n < entryCount; n++) cache.set(keys[n], n)
  const bytes = (heldBytes() - before) / entryCount
  if (cache.get(keys[entryCount - 1]) === undefined) throw new Error(`${name} lost its newest entry`)
  cache.close?.()
  process.stdout.write(`${name.padEnd(26)}${bytes.toFixed(1).padStart(7)} bytes an entry\n`)
}

function sized(cache, options) {
  return {
    get: (key) => cache.get(key),
    set: (key, value) => cache.set(key, value, options),
    close: () => cache.close?.(),
  }
}

function heldBytes() {
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
