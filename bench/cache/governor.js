/**
 * How good is the governor? Three questions, each answered by replaying traces, every entry of 1,000 bytes:
 * - `curve`: how far is the curve that it publishes from the truth, which is the same trace through a cache of each size?
 * - `split`: what share of the hits of the best split that stays does it get, the best being searched by full runs of each
 *   cache at 33 sizes? In the second half of a run at `--rate` requests a second, when all is warm. Once with a steady mix of requests, once with a mix that changes from phase to phase:
 *   a phase is half of `--requests`, so half a minute, or a minute with `--requests 600000`. There `foreseen` is what one gets who knows
 *   before each phase which split is best for it, and how far to move there, as what moves has to be loaded again: a quarter of the way, a
 *   half, three quarters, or all of it. Who never moves has 100 %.
 * - `cost`: CPU a request at 20,000 a second, which is what the time that passes for it is set to, and memory a cache, above the same
 *   caches without it.
 *   node --expose-gc bench/cache/governor.js [--traces DIR] [--only curve,split,cost] [--requests 300000] [--rate 5000] [--groups 0,1] [--samples 1]
 * What the best split hits is searched with one seed of the caches' policy. The same split with the seeds that the governed caches have
 * stands beside it: a load that changes by itself is hit more or less by chances of the policy, whatever the split.
 * `--samples` repeats the curve and the split with as many other samples of the keys, and tells of each size of the curve what lay farthest
 * from the truth.
 */
import { parseArgs } from 'node:util'
import { createCache, startGovernor } from '@plimsoll/cache'
import { createSeededRandom } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { makeTraces, readTraces } from './traces.js'

const { values } = parseArgs({
  options: {
    traces: { type: 'string' },
    only: { type: 'string', default: 'curve,split,cost' },
    requests: { type: 'string', default: '300000' },
    rate: { type: 'string', default: '5000' },
    groups: { type: 'string' },
    samples: { type: 'string', default: '1' },
  },
})
const requestCount = Number(values.requests)
const say = (line) => process.stdout.write(`${line}\n`)
const ENTRY = { bytes: 1000 }
/** Requests of the replays in a tick of 10 ms. */
const TURN_MS = 10
const TURN = Number(values.rate) / (1000 / TURN_MS)
const PERIOD_MS = 2000
/** In so many parts the search for the best split hands out the budget. */
const PARTS = 32
/** So far does `foreseen` move. */
const SHARES = [0.25, 0.5, 0.75, 1]
const floorOf = (budget) => Math.floor(budget / 100)
/** Requests of a period. */
const PERIOD = (PERIOD_MS / TURN_MS) * TURN

const traces = (values.traces ? readTraces(values.traces) : makeTraces(1))
  .map(({ name, ids, entryCounts }) => ({
    name,
    ids: ids.subarray(0, requestCount),
    mostEntries: Math.max(...entryCounts),
  }))
  .filter(({ mostEntries }) => mostEntries >= 256)
const wanted = values.only.split(',')
if (wanted.includes('curve')) curve()
if (wanted.includes('split')) split()
if (wanted.includes('cost')) cost()

function ask(cache, key) {
  if (cache.get(key) !== undefined) return 1
  cache.set(key, 1, ENTRY)
  return 0
}

/** Hits of a cache alone, phase by phase; `ends` says how many of its keys had been asked for when each was over. */
function hitsAlone(ids, bytes, ends) {
  const cache = createCache({ maxBytes: Math.floor(bytes), random: createSeededRandom(3) })
  const hits = ends.map(() => 0)
  let phase = 0
  ids.forEach((id, at) => {
    while (at >= ends[phase]) phase++
    hits[phase] += ask(cache, id)
  })
  cache.close()
  return hits
}

function curve() {
  say(
    `curve: published hit ratio against a cache of that size, in points, at ten sizes, of the last half minute or so at ${values.rate} requests a second`,
  )
  const longEnough = traces.filter(({ ids }) => ids.length >= PERIOD)
  const all = []
  for (const { name, ids, mostEntries } of longEnough) {
    const counted = ids.subarray(0, ids.length - (ids.length % PERIOD))
    const maxBytes = 2 * mostEntries * ENTRY.bytes
    const published = Array.from({ length: Number(values.samples) }, (_, at) =>
      publishedCurve(counted, maxBytes, at + 2),
    )
    const truths = published[0].map(({ bytes }) => fadedHitRatio(counted, bytes))
    const errors = published.map((points) => points.map(({ missRatio }, at) => 100 * (1 - missRatio - truths[at])))
    all.push(...errors.flat())
    const worstBySize = truths.map((_, at) => farthest(errors.map((ofSample) => ofSample[at])))
    say(`  ${name.padEnd(12)} ${inWords(errors.flat())}   ${worstBySize.map((e) => e.toFixed(1)).join('  ')}`)
  }
  say(`  all: ${inWords(all)}, within 3: ${all.filter((e) => Math.abs(e) <= 3).length} of ${all.length}`)
}

/** Ten of the fourteen points, from the least to the largest. */
function publishedCurve(ids, maxBytes, seed) {
  const clock = new ManualClock()
  const governor = startGovernor({ maxBytes: Math.max(2 ** 20, maxBytes), pressure: null, clock, periodMs: PERIOD_MS })
  const cache = createCache({ governor, maxBytes, floorBytes: 1, random: createSeededRandom(seed) })
  ids.forEach((id, at) => {
    ask(cache, id)
    if ((at + 1) % TURN === 0) clock.advance(TURN_MS)
  })
  const points = governor.report()[0].curve
  governor.stop()
  cache.close()
  return Array.from({ length: 10 }, (_, at) => points[Math.round((at * (points.length - 1)) / 9)])
}

function farthest(errors) {
  return errors.reduce((most, error) => (Math.abs(error) > Math.abs(most) ? error : most), 0)
}

function inWords(errors) {
  const mean = errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length
  return `mean ${mean.toFixed(2)}  worst ${Math.abs(farthest(errors)).toFixed(1)}`
}

/** What a cache of that size hits, older periods counting less and less, as they do in the curve. */
function fadedHitRatio(ids, bytes) {
  const KEPT = 0.94
  const cache = createCache({ maxBytes: Math.floor(bytes), random: createSeededRandom(3) })
  let [hits, asks] = [0, 0]
  ids.forEach((id, at) => {
    if (at % PERIOD === 0) [hits, asks] = [hits * KEPT, asks * KEPT]
    hits += ask(cache, id)
    asks++
  })
  cache.close()
  return hits / asks
}

/**
 * Hits in the second half of `steps`, each a cache and a key, of caches that `governor` divides a budget among; `startPhase` is called
 * as each phase begins.
 */
function replay(steps, { governor, clock, cacheCount, budget, startPhase, sample = 0 }) {
  const caches = Array.from({ length: cacheCount }, (_, at) => {
    const floorBytes = floorOf(budget)
    const random = createSeededRandom(at + 100 * sample)
    return createCache({ governor, name: `${at}`, maxBytes: budget, floorBytes, random })
  })
  let hitCount = 0
  let count = 0
  for (const [at, key] of steps()) {
    if (count % steps.phaseLength === 0) startPhase?.(count / steps.phaseLength)
    const hit = ask(caches[at], key)
    if (2 * count >= steps.total) hitCount += hit
    if (++count % TURN === 0) clock.advance(TURN_MS)
  }
  return hitCount
}

function governed(steps, cacheCount, budget, sample) {
  const clock = new ManualClock()
  const governor = startGovernor({ maxBytes: budget, pressure: null, clock, periodMs: PERIOD_MS })
  const hitCount = replay(steps, { governor, clock, cacheCount, budget, sample })
  const grants = governor.report().map(({ grantBytes }) => Math.round((100 * grantBytes) / budget))
  governor.stop()
  return { hitCount, grants }
}

/** Who knows what comes moves, as a phase begins, that share of the way from the best split that stays to the best one for the phase. */
function foreseen(steps, { ways, way, share, sample }, budget) {
  const members = []
  const observer = { ask: () => false, put() {}, forget() {}, forgetAll() {}, loaded() {}, curve: () => [] }
  const governor = { join: (member) => (members.push(member), observer), leave() {} }
  const startPhase = (phase) => {
    const grants = ways[phase].map((parts, at) => {
      const moved = way[at] + share * (parts - way[at])
      return Math.max(floorOf(budget), Math.floor((moved * budget) / PARTS))
    })
    members.forEach((member, at) => member.grant(Math.min(grants[at], member.bytes)))
    members.forEach((member, at) => member.grant(grants[at]))
  }
  return replay(steps, { governor, clock: new ManualClock(), cacheCount: way.length, budget, startPhase, sample })
}

/** The split of 32 parts that hits most in all, by what each cache hits with so many of them. */
function bestWay(hits) {
  let best = new Array(PARTS + 1).fill(0)
  let ways = new Array(PARTS + 1).fill([])
  for (const own of hits) {
    const next = best.map((_, parts) => {
      const all = Array.from({ length: parts + 1 }, (_, k) => best[parts - k] + own[k])
      const k = all.indexOf(Math.max(...all))
      return [all[k], [...ways[parts - k], k]]
    })
    best = next.map(([sum]) => sum)
    ways = next.map(([, way]) => way)
  }
  return { hitCount: best[PARTS], way: ways[PARTS] }
}

/** As many requests of each trace as of any other, or of one eight times as many, in turn. */
function mix(traces, isInPhases) {
  const random = createSeededRandom(5)
  const total = traces.length * requestCount
  const phaseLength = total / (2 * traces.length)
  const order = new Uint8Array(total)
  for (let n = 0; n < total; n++) {
    const phase = Math.floor(n / phaseLength)
    const weights = traces.map((_, at) => (isInPhases && phase % traces.length === at ? 8 : 1))
    let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0)
    order[n] = weights.findIndex((weight) => (left -= weight) < 0)
  }
  const steps = function* () {
    const next = traces.map(() => 0)
    for (const at of order) yield [at, traces[at].ids[next[at]++ % traces[at].ids.length]]
  }
  return Object.assign(steps, { total, phaseLength })
}

function split() {
  for (let group = 0; group < traces.length; group += 3) {
    const mixed = traces.slice(group, group + 4)
    if (mixed.length < 2 || (values.groups && !values.groups.split(',').includes(String(group / 3)))) continue
    const budget = Math.max(
      2 ** 20,
      Math.round((mixed.reduce((sum, { mostEntries }) => sum + mostEntries, 0) * ENTRY.bytes) / 2),
    )
    for (const kind of ['steady', 'phases']) {
      const steps = mix(mixed, kind === 'phases')
      const keysOf = mixed.map(() => [])
      const ends = mixed.map(() => [])
      let count = 0
      for (const [at, key] of steps()) {
        keysOf[at].push(key)
        if (++count % steps.phaseLength === 0) keysOf.forEach((keys, at) => ends[at].push(keys.length))
      }
      // By cache, parts and phase.
      const hits = keysOf.map((ids, at) =>
        Array.from({ length: PARTS + 1 }, (_, parts) => {
          return parts === 0 ? ends[at].map(() => 0) : hitsAlone(ids, (parts * budget) / PARTS, ends[at])
        }),
      )
      const secondHalf = (phases) => phases.slice(phases.length / 2).reduce((sum, hits) => sum + hits, 0)
      const whole = hits.map((sizes) => sizes.map(secondHalf))
      const best = bestWay(whole)
      const ways = ends[0].map((_, phase) => bestWay(hits.map((sizes) => sizes.map((phases) => phases[phase]))).way)
      const equal = whole.reduce((sum, own) => sum + own[Math.round(PARTS / mixed.length)], 0)
      const most = () => Math.max(...SHARES.map((share) => foreseen(steps, { ways, way: best.way, share }, budget)))
      const own = Array.from({ length: Number(values.samples) }, (_, sample) => ({
        ...governed(steps, mixed.length, budget, sample),
        stayingHitCount: foreseen(steps, { ways, way: best.way, share: 0, sample }, budget),
      }))
      const percent = (hitCount) => `${((100 * hitCount) / best.hitCount).toFixed(2)} %`
      say(
        `split, ${kind}: ${own.map(({ hitCount }) => percent(hitCount)).join(', ')} of the best static ` +
          `(that split with the same caches ${own.map(({ stayingHitCount }) => percent(stayingHitCount)).join(', ')}, equal split ${percent(equal)}` +
          `${kind === 'phases' ? `, foreseen ${percent(most())}` : ''})   ${mixed.map(({ name }) => name).join(', ')}   ` +
          `grants ${own[0].grants.join('/')} % at the end, static ${best.way.map((k) => Math.round((100 * k) / PARTS)).join('/')}`,
      )
    }
  }
}

function cost() {
  const { ids, mostEntries } = traces[0]
  const maxBytes = mostEntries * ENTRY.bytes
  const times = { alone: [], governed: [] }
  for (let run = 0; run < 6; run++) {
    for (const kind of run % 2 ? ['alone', 'governed'] : ['governed', 'alone']) {
      const clock = new ManualClock()
      const governor =
        kind === 'alone' ? undefined : startGovernor({ maxBytes: Math.max(maxBytes, 2 ** 20), pressure: null, clock })
      const cache = createCache({ maxBytes, governor, random: createSeededRandom(1) })
      let count = 0
      const pass = () => {
        for (const id of ids) {
          ask(cache, id)
          if (++count % 200 === 0) clock.advance(TURN_MS)
        }
      }
      // How many keys the miniatures can afford shows in the first seconds.
      pass()
      const before = process.cpuUsage()
      pass()
      const { user, system } = process.cpuUsage(before)
      if (run > 0) times[kind].push((1000 * (user + system)) / ids.length)
      governor?.stop()
    }
  }
  const median = (list) => list.sort((a, b) => a - b)[list.length >> 1]
  const [alone, governedNs] = [median(times.alone), median(times.governed)]
  say(
    `cost: ${alone.toFixed(0)} ns CPU a request alone, ${governedNs.toFixed(0)} governed: ` +
      `${(((governedNs - alone) * 20_000) / 1e7).toFixed(2)} % of a CPU at 20,000 requests a second`,
  )
  if (!globalThis.gc) return
  const held = () => (globalThis.gc(), globalThis.gc(), process.memoryUsage().heapUsed + process.memoryUsage().external)
  const bytesOf = (governor) => {
    const before = held()
    const caches = Array.from({ length: 8 }, () => createCache({ maxBytes, governor, random: createSeededRandom(1) }))
    for (const cache of caches) for (const id of ids.subarray(0, 100_000)) ask(cache, id)
    const bytes = (held() - before - caches.reduce((sum, cache) => sum + cache.size * 60, 0)) / caches.length
    for (const cache of caches) cache.close()
    return bytes
  }
  bytesOf()
  const aloneBytes = bytesOf()
  const governor = startGovernor({
    maxBytes: 8 * Math.max(maxBytes, 2 ** 20),
    pressure: null,
    clock: new ManualClock(),
  })
  say(`cost: ${((bytesOf(governor) - aloneBytes) / 2 ** 10).toFixed(0)} KiB a cache`)
  governor.stop()
}
