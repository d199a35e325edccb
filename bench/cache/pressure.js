/**
 * Does a process live when something beside its caches grows? A child with a small heap serves requests from caches that are
 * allowed most of it, while a neighbour on the same heap takes a large step at once, goes, then grows all through what would be an
 * hour, pressed into a minute by growing sixty times as fast, and goes: in one child with a governor, in another without. Tells
 * whether it lived, how fast memory was given back after the step, and when the hit ratio was back.
 *   node bench/cache/pressure.js [--heap 512] [--only governed,alone]
 */
import { spawnSync } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { setInterval } from 'node:timers'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createCache, startGovernor } from '@plimsoll/cache'
import { createSeededRandom } from '@plimsoll/core'
import { createZipf } from './traces.js'

const { values } = parseArgs({
  options: {
    heap: { type: 'string', default: '512' },
    only: { type: 'string', default: 'governed,alone' },
    subject: { type: 'string' },
  },
})
const MiB = 2 ** 20
const heapMiB = Number(values.heap)
const say = (line) => process.stdout.write(`${line}\n`)

if (values.subject) await serve(values.subject === 'governed')
else {
  for (const subject of values.only.split(',')) {
    const args = [`--max-old-space-size=${heapMiB}`, fileURLToPath(import.meta.url), '--subject', subject]
    const { status, signal, stdout } = spawnSync(process.execPath, [...args, '--heap', values.heap], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    say(`${subject}: ${status === 0 ? 'lived' : `died (${signal ?? status})`}`)
    process.stdout.write(stdout.replaceAll(/^/gm, '  ').trimEnd() + '\n')
  }
}

async function serve(isGoverned) {
  const random = createSeededRandom(1)
  const cacheBytes = 0.6 * heapMiB * MiB
  const governor = isGoverned ? startGovernor({ maxBytes: cacheBytes }) : undefined
  const caches = ['pages', 'products'].map((name) =>
    createCache({ name, governor, maxBytes: isGoverned ? Math.floor(0.8 * cacheBytes) : Math.floor(cacheBytes / 2) }),
  )
  const keyCount = Math.ceil((1.3 * cacheBytes) / 2 / 1100)
  const draw = createZipf(random, keyCount, 0.8)
  const value = (key) => Buffer.from(`${key}`.padEnd(1000, 'x')).toString('latin1')
  for (let key = keyCount - 1; key >= 0; key--) {
    for (const cache of caches) cache.set(key, value(key))
    if (key % 1000 === 0) await wait(20)
  }

  /** What grows beside the caches: objects on the heap. */
  let neighbour = []
  const grow = (mib) => {
    for (let n = 0; n < mib; n++) neighbour.push(Array.from({ length: 1024 }, (_, at) => new Array(126).fill(at)))
  }
  const held = () => caches.reduce((sum, cache) => sum + cache.bytes, 0)
  const ticks = []
  const startedAt = performance.now()
  setInterval(() => {
    let hitCount = 0
    for (let n = 0; n < 150; n++) {
      const cache = caches[n & 1]
      const key = draw()
      if (cache.get(key) !== undefined) hitCount++
      else cache.set(key, value(key))
    }
    ticks.push({ atMs: performance.now() - startedAt, heldBytes: held(), hitCount })
  }, 10)
  const nowMs = () => performance.now() - startedAt
  const hitRatio = (fromMs, toMs) => {
    const between = ticks.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
    return between.reduce((sum, { hitCount }) => sum + hitCount, 0) / (150 * between.length)
  }
  /** Seconds after `fromMs` from which the hit ratio of a second was 95 % of what it was in calm. */
  const backAfter = (fromMs, toMs, calm) => {
    for (let ms = fromMs; ms < toMs; ms += 500) {
      if (hitRatio(ms, ms + 1000) >= 0.95 * calm) return `${((ms + 1000 - fromMs) / 1000).toFixed(1)} s`
    }
    return 'never'
  }

  await wait(30_000)
  const calm = hitRatio(nowMs() - 10_000, nowMs())
  say(`calm: hit ratio ${calm.toFixed(3)}, ${Math.round(held() / MiB)} MiB held`)

  const stepMiB = Math.round(0.3 * heapMiB)
  const before = held()
  grow(stepMiB)
  const stepAtMs = nowMs()
  await wait(15_000)
  const after = ticks.filter(({ atMs }) => atMs >= stepAtMs)
  const least = Math.min(...after.map(({ heldBytes }) => heldBytes))
  const given = Math.max(0, before - least)
  const doneMs = after.find(({ heldBytes }) => before - heldBytes >= 0.9 * given)?.atMs
  say(
    `a step of ${stepMiB} MiB at once: ${Math.round(given / MiB)} of ${Math.round(before / MiB)} MiB given back in 15 s, ` +
      `nine tenths of it within ${Math.round(doneMs - stepAtMs)} ms`,
  )
  const goneAtMs = nowMs()
  neighbour = []
  await wait(60_000)
  say(`95 % of the calm hit ratio again ${backAfter(goneAtMs, nowMs(), calm)} after it has gone`)

  const mostMiB = Math.round(0.75 * heapMiB)
  for (let second = 0; second < 60; second++) {
    grow(Math.ceil(mostMiB / 60))
    await wait(1000)
  }
  say(
    `grown to ${neighbour.length} of ${heapMiB} MiB in a minute: ${Math.round(held() / MiB)} MiB held, ` +
      `hit ratio ${hitRatio(nowMs() - 5000, nowMs()).toFixed(3)}`,
  )
  const leftAtMs = nowMs()
  neighbour = []
  await wait(75_000)
  say(`95 % of the calm hit ratio again ${backAfter(leftAtMs, nowMs(), calm)} after it has gone`)
  process.exit()
}
