/**
 * Object and byte hit ratio where entries differ in weight, charged exactly the trace's sizes.
 *   node bench/cache/sized.js [--traces DIR] [--seed N]
 */
import { parseArgs } from 'node:util'
import { createCache, EntryTooLargeError } from '@plimsoll/cache'
import { createSeededRandom } from '@plimsoll/core'
import { makeSizedTrace, readSizedTraces } from './traces.js'

const { values } = parseArgs({ options: { traces: { type: 'string' }, seed: { type: 'string', default: '1' } } })
const traces = values.traces ? readSizedTraces(values.traces) : [makeSizedTrace(Number(values.seed))]
const subjects = [
  { policy: 'w-tinylfu', optimize: 'objects' },
  { policy: 'w-tinylfu', optimize: 'bytes' },
  { policy: 'lru' },
]

for (const { name, ids, sizes } of traces) {
  const footprintBytes = sizes.reduce((sum, size) => sum + size, 0)
  for (const share of [0.01, 0.05, 0.2]) {
    for (const subject of subjects) {
      const { objectHitRatio, byteHitRatio } = replay(ids, sizes, {
        ...subject,
        maxBytes: Math.floor(share * footprintBytes),
      })
      const label = `${name} ${100 * share} %`.padEnd(18) + `${subject.policy} ${subject.optimize ?? ''}`.padEnd(20)
      process.stdout.write(`${label}objects ${percent(objectHitRatio)}   bytes ${percent(byteHitRatio)}\n`)
    }
  }
}

function replay(ids, sizes, options) {
  const cache = createCache({ ...options, random: createSeededRandom(1) })
  let bytesAsked = 0
  let bytesHit = 0
  for (const id of ids) {
    const bytes = Math.max(1, sizes[id])
    bytesAsked += bytes
    if (cache.get(id) !== undefined) bytesHit += bytes
    else store(cache, id, bytes)
  }
  const { hitRatio } = cache.stats()
  cache.close()
  return { objectHitRatio: hitRatio, byteHitRatio: bytesHit / bytesAsked }
}

function store(cache, id, bytes) {
  try {
    cache.set(id, id, { bytes })
  } catch (error) {
    if (!(error instanceof EntryTooLargeError)) throw error
  }
}

function percent(ratio) {
  return (100 * ratio).toFixed(1).padStart(5)
}
