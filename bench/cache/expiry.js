/**
 * Are a million entries released that become too old together, unasked, and without stopping the process?
 *   node bench/cache/expiry.js [--entries 1000000]
 */
import { readFileSync } from 'node:fs'
import { PerformanceObserver, performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createCache } from '@plimsoll/cache'
import { systemClock } from '@plimsoll/core'

const { values } = parseArgs({ options: { entries: { type: 'string', default: '1000000' } } })
const entryCount = Number(values.entries)
const pauses = []
new PerformanceObserver((list) => pauses.push(...list.getEntries().map(({ duration }) => duration))).observe({
  type: 'gc',
})

let timerCount = 0
let mostTimers = 0
let longestMs = 0
/** CPU of all turns until so much was released: what the second would take on a machine that does nothing else. */
let turnsMs = 0
let neededMs = NaN
const clock = {
  ...systemClock,
  nowMs: () => systemClock.nowMs(),
  monotonicMs: () => systemClock.monotonicMs(),
  after(delayMs, act) {
    mostTimers = Math.max(mostTimers, ++timerCount)
    let isOver = false
    const end = () => {
      if (!isOver) timerCount--
      isOver = true
    }
    const timer = systemClock.after(delayMs, () => {
      end()
      const startMs = threadCpuMs()
      act()
      const turnMs = threadCpuMs() - startMs
      longestMs = Math.max(longestMs, turnMs)
      turnsMs += turnMs
      if (Number.isNaN(neededMs) && cache.bytes <= 0.05 * full) neededMs = turnsMs
    })
    return { ...timer, cancel: () => (end(), timer.cancel()) }
  },
}
let full = NaN
const cache = createCache({ maxEntries: entryCount, maxBytes: 2 ** 40, clock })
const startedMs = performance.now()
const aliveMs = 8000
for (let n = 0; n < entryCount; n++) {
  // All due at the same moment.
  cache.set(`product:${n}`, n, { bytes: 100, ttlMs: Math.max(1, startedMs + aliveMs - performance.now()) })
}
full = cache.bytes
await pause(startedMs + aliveMs - performance.now())
const { length } = pauses
await pause(1000)
const releasedShare = 1 - cache.bytes / full
const gcMs = Math.max(0, ...pauses.slice(length))
while (Number.isNaN(neededMs)) await pause(10)
process.stdout.write(
  `${entryCount} entries, a second after they became too old: ${(100 * releasedShare).toFixed(1)} % of the bytes released, ` +
    `${mostTimers} timer at most, longest turn ${longestMs.toFixed(1)} ms of CPU (longest collection ` +
    `${gcMs.toFixed(1)} ms); 95 % took ${neededMs.toFixed(0)} ms of CPU\n`,
)

/** CPU of this thread alone where Linux tells it: V8 compiles on others meanwhile, which stops nobody. */
function threadCpuMs() {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
  } catch {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
}
