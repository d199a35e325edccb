/**
 * Does a process live when something beside its caches grows? A child with a small heap serves requests from caches that are
 * allowed most of it, while a neighbour on the same heap grows, stays and goes, twice: in one child with a governor, in another
 * without. Tells whether it lived, how fast memory was given back when the neighbour took a large step at once,
 * and when the hit ratio was back. An hour of growth is pressed into minutes by growing faster.
 *   node bench/cache/pressure.js [--heap 512] [--seconds 100] [--only governed,alone]
 */
import { spawnSync } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { setInterval } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createCache, startGovernor } from '@plimsoll/cache'
import { createSeededRandom } from '@plimsoll/core'
import { createZipf } from './traces.js'

const { values } = parseArgs({
  options: {
    heap: { type: 'string', default: '512' },
    seconds: { type: 'string', default: '100' },
    only: { type: 'string', default: 'governed,alone' },
    subject: { type: 'string' },
  },
})
const MiB = 2 ** 20
const heapMiB = Number(values.heap)
const say = (line) => process.stdout.write(`${line}\n`)

if (values.subject) serve(values.subject === 'governed')
else {
  for (const subject of values.only.split(',')) {
    const args = [`--max-old-space-size=${heapMiB}`, fileURLToPath(import.meta.url), '--subject', subject]
    const { status, signal, stdout } = spawnSync(
      process.execPath,
      [...args, '--heap', values.heap, '--seconds', values.seconds],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    )
    say(`${subject}: ${status === 0 ? 'lived' : `died (${signal ?? status})`}`)
    process.stdout.write(stdout.replaceAll(/^/gm, '  ').trimEnd() + '\n')
  }
}

function serve(isGoverned) {
  const random = createSeededRandom(1)
  const cacheBytes = 0.6 * heapMiB * MiB
  const governor = isGoverned ? startGovernor({ maxBytes: cacheBytes }) : undefined
  const caches = ['pages', 'products'].map((name) =>
    createCache({ name, governor, maxBytes: isGoverned ? Math.floor(0.8 * cacheBytes) : Math.floor(cacheBytes / 2) }),
  )
  const keyCount = Math.ceil((1.3 * cacheBytes) / 2 / 1100)
  const draw = createZipf(random, keyCount, 0.8)
  const value = (key) => Buffer.from(`${key}`.padEnd(1000, 'x')).toString('latin1')
  for (const cache of caches) for (let key = keyCount; key > 0; key--) cache.set(key - 1, value(key - 1))

  /** What grows beside the caches: objects on the heap. */
  let neighbour = []
  const grow = (mib) => {
    for (let n = 0; n < mib; n++) neighbour.push(Array.from({ length: 1024 }, (_, at) => new Array(126).fill(at)))
  }
  const held = () => caches.reduce((sum, cache) => sum + cache.bytes, 0)
  const counts = []
  const startedAt = performance.now()
  const secondsOf = () => (performance.now() - startedAt) / 1000
  const total = Number(values.seconds)
  const most = Math.round(0.6 * heapMiB)
  let step = null
  setInterval(() => {
    for (let n = 0; n < 150; n++) {
      const cache = caches[n & 1]
      const key = draw()
      if (cache.get(key) === undefined) cache.set(key, value(key))
    }
    if (step !== null) step.held.push([performance.now() - step.at, held()])
  }, 10)
  setInterval(() => {
    const second = secondsOf()
    const asks = caches.reduce((sum, cache) => sum + cache.stats().hitCount + cache.stats().missCount, 0)
    counts.push({ second, hits: caches.reduce((sum, cache) => sum + cache.stats().hitCount, 0), asks })
    // A fifth of the time calm, then slow growth, then gone; then one large step, then gone.
    const share = second / total
    if (share > 0.15 && share < 0.4 && neighbour.length < most) grow(Math.ceil(most / (0.25 * total)))
    else if (share > 0.4 && share < 0.65) neighbour = []
    else if (share > 0.65 && share < 0.75 && step === null) {
      const beforeBytes = held()
      grow(most)
      step = { at: performance.now(), beforeBytes, held: [] }
    } else if (share > 0.75) neighbour = []
    if (share < 1) return
    const ratio = (from, to) => {
      const [first, last] = [
        counts.find((c) => c.second >= from * total),
        counts.findLast((c) => c.second <= to * total),
      ]
      return (last.hits - first.hits) / Math.max(1, last.asks - first.asks)
    }
    const calm = ratio(0.05, 0.15)
    say(`hit ratio calm ${calm.toFixed(3)}, while the neighbour is large ${ratio(0.35, 0.4).toFixed(3)}`)
    const back = counts.findIndex(
      (c, at) =>
        at > 0 &&
        c.second > 0.42 * total &&
        (c.hits - counts[at - 1].hits) / (c.asks - counts[at - 1].asks) >= 0.95 * calm,
    )
    say(`95 % of the calm hit ratio again ${(counts[back]?.second - 0.4 * total).toFixed(1)} s after it has gone`)
    const given = step.held.filter(([ms]) => ms < 3000).map(([ms, bytes]) => [ms, step.beforeBytes - bytes])
    const mostGiven = Math.max(...given.map(([, bytes]) => bytes))
    const [doneMs] = given.find(([, bytes]) => bytes >= 0.9 * mostGiven) ?? [NaN]
    say(
      `a step of ${most} MiB at once: ${Math.round(mostGiven / MiB)} of ${Math.round(step.beforeBytes / MiB)} MiB given back, nine tenths of it within ${Math.round(doneMs)} ms`,
    )
    process.exit()
  }, 1000)
}
