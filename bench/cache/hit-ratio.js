/**
 * Hit ratio of each policy on each trace, beside the best possible (Bélády, with bypass).
 *   node bench/cache/hit-ratio.js [--traces DIR] [--seed N] [--policy NAME,…]
 */
import { parseArgs } from 'node:util'
import { createCache } from '@plimsoll/cache'
import { createSeededRandom } from '@plimsoll/core'
import { replayOptimum } from './optimum.js'
import { makeTraces, readTraces } from './traces.js'

const { values } = parseArgs({
  options: {
    traces: { type: 'string' },
    seed: { type: 'string', default: '1' },
    policy: { type: 'string', default: 'w-tinylfu,lru' },
  },
})
const traces = values.traces ? readTraces(values.traces) : makeTraces(Number(values.seed))
const policies = values.policy.split(',')
const say = (line) => process.stdout.write(`${line}\n`)
const ratioOfOptimum = Object.fromEntries(policies.map((policy) => [policy, []]))
const regret = Object.fromEntries(policies.map((policy) => [policy, []]))
const againstLru = Object.fromEntries(policies.map((policy) => [policy, []]))

say(
  `${'trace'.padEnd(12)}${'entries'.padStart(8)}${policies.map((policy) => policy.padStart(12)).join('')}${'best ref.'.padStart(12)}${'optimum'.padStart(9)}`,
)
for (const { name, ids, entryCounts, references } of traces) {
  for (const entryCount of entryCounts) {
    const optimum = replayOptimum(ids, entryCount)
    const others = Object.entries(references)
      .filter(([policy]) => policy !== 'opt')
      .map(([, ratios]) => ratios[entryCount])
    const best = others.length > 0 ? Math.max(...others) : NaN
    const lru = references.lru?.[entryCount] ?? 100 * replay(ids, entryCount, 'lru')
    const ours = policies.map((policy) => {
      const ratio = 100 * replay(ids, entryCount, policy)
      ratioOfOptimum[policy].push(ratio / (100 * optimum))
      regret[policy].push(best - ratio)
      againstLru[policy].push(ratio - lru)
      return ratio
    })
    say(
      `${name.padEnd(12)}${String(entryCount).padStart(8)}${ours.map((ratio) => ratio.toFixed(1).padStart(12)).join('')}${best.toFixed(1).padStart(12)}${(100 * optimum).toFixed(1).padStart(9)}`,
    )
  }
}
for (const policy of policies) {
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length
  say(
    `${policy}: ${(100 * mean(ratioOfOptimum[policy])).toFixed(2)} % of the optimum in the mean; mean regret to the best reference ${mean(regret[policy]).toFixed(2)} points, worst ${Math.max(...regret[policy]).toFixed(1)}; least against LRU ${Math.min(...againstLru[policy]).toFixed(1)}`,
  )
}

function replay(ids, entryCount, policy) {
  const cache = createCache({ maxEntries: entryCount, policy, random: createSeededRandom(1) })
  for (const id of ids) if (cache.get(id) === undefined) cache.set(id, id)
  const { hitRatio } = cache.stats()
  cache.close()
  return hitRatio
}
