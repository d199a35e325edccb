/**
 * What does a full cache cost the event loop and the garbage collector? Each kind of cache is filled in a process of its own and
 * churned at a steady rate, the same in each; at the end one forced full collection, in CPU time. `empty` does nothing at all,
 * `codec` writes and reads as much JSON as `off-heap` and keeps none of it, `strings` keeps text off the heap as it is. All processes live at once, and work in turns, for
 * `--seconds` each, as often as `--rounds` says: what the machine does besides meets all of them alike. A delay is what lies
 * between two turns of the loop a millisecond apart; `on CPU` is without the time in which the thread was ready and others had
 * the processor (Linux tells). Over all rounds, and beside it the ratio to `empty` with the interval in which it lies with 95 %:
 * rounds are drawn again and again, those of `empty` with the ones that ran beside them, and their delays thrown together. Many
 * short rounds make it narrow, as the machine's own noise comes in spells that are longer than a round.
 * `--v8=--single-threaded-gc` takes off the waiting for the collector's helpers too, which is long where no processor is free.
 *   node bench/cache/off-heap.js [--bytes 1073741824] [--seconds 5] [--rounds 12] [--only empty,codec,off-heap,strings,heap] [--v8=FLAG]
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { clearInterval, setImmediate, setInterval } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createCache } from '@plimsoll/cache'
import { createSeededRandom, nextBelow } from '@plimsoll/core'

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: String(2 ** 30) },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '12' },
    only: { type: 'string', default: 'empty,codec,off-heap,heap' },
    v8: { type: 'string', multiple: true, default: [] },
    subject: { type: 'string' },
  },
})
const maxBytes = Number(values.bytes)
const measureMs = 1000 * Number(values.seconds)
const roundCount = Number(values.rounds)
const say = (line) => process.stdout.write(`${line}\n`)
/** Operations every 10 ms: a busy service, and the same for all. */
const TURN_MS = 10
const GETS = 60
const SETS = 20
/** What `off-heap` finds of what it is asked for (see the last column), `codec` reads. */
const FOUND_SHARE = 0.65
/** Enough that the interval's ends stand to a hundredth. */
const DRAWS = 1000

if (values.subject) await serve(values.subject)
else await compare(values.only.split(','))

async function compare(names) {
  const subjects = []
  for (const name of names) {
    const args = ['--subject', name, '--bytes', values.bytes, '--seconds', values.seconds]
    const execArgv = ['--expose-gc', '--max-old-space-size=6000', ...values.v8]
    const child = fork(fileURLToPath(import.meta.url), args, { execArgv })
    await once(child, 'message')
    subjects.push({ name, rounds: [], ask: (what) => (child.send(what), once(child, 'message')) })
  }
  for (let round = 0; round < roundCount; round++) {
    for (const subject of round % 2 ? subjects : subjects.toReversed()) {
      subject.rounds.push((await subject.ask('measure'))[0])
    }
  }
  say(
    `${maxBytes / 2 ** 20} MiB, ${(1000 / TURN_MS) * GETS} gets and ${(1000 / TURN_MS) * SETS} sets a second, values of 200–3,800 bytes, ` +
      `${roundCount} rounds of ${values.seconds} s`,
  )
  const random = createSeededRandom(1)
  const empty = subjects.find(({ name }) => name === 'empty')
  for (const { name, rounds, ask } of subjects) {
    const [{ gcMs, entryCount, rssMiB, hitRatio }] = await ask('collect')
    const delays = ['delays', 'onCpu'].map((kind) => {
      const all = rounds.flatMap((round) => round[kind])
      const tails = [0.99, 0.999, 1].map((share) => at(all, share).toFixed(1)).join(' / ')
      if (!empty || name === 'empty') return tails
      const [own, others] = [rounds, empty.rounds].map((all) => all.map((round) => tailOf(round[kind])))
      const drawn = Array.from({ length: DRAWS }, () => {
        const chosen = rounds.map(() => nextBelow(random, rounds.length))
        return tailQuantile(chosen.map((n) => own[n])) / tailQuantile(chosen.map((n) => others[n]))
      })
      const [overall, low, high] = [tailQuantile(own) / tailQuantile(others), at(drawn, 0.025), at(drawn, 0.975)]
      return `${tails} (p99.9 ÷ empty ${overall.toFixed(2)}, ${low.toFixed(2)} to ${high.toFixed(2)})`
    })
    const cpuMs = rounds.reduce((sum, round) => sum + round.cpuMs, 0) / rounds.length
    say(
      `${name.padEnd(9)} delay p99 / p99.9 / max: ${delays[0]} ms   on CPU ${delays[1]} ms   full GC ${gcMs.toFixed(1)} ms CPU   ` +
        `work ${((100 * cpuMs) / measureMs).toFixed(1)} % CPU   ${entryCount} entries   RSS ${rssMiB.toFixed(0)} MiB   found ${hitRatio.toFixed(2)}`,
    )
  }
  process.exit()
}

/** The largest twentieth of a round's delays, and how many there were: more is never asked for. */
function tailOf(delays) {
  return { count: delays.length, largest: delays.toSorted((a, b) => b - a).slice(0, Math.ceil(delays.length / 20)) }
}

/** What a thousandth of these rounds' delays lie above. */
function tailQuantile(tails) {
  const count = tails.reduce((sum, tail) => sum + tail.count, 0)
  return tails.flatMap(({ largest }) => largest).sort((a, b) => b - a)[Math.floor(count / 1000)]
}

/** The item of a list below which so many of it lie. */
function at(list, share) {
  const sorted = list.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}

async function serve(name) {
  const random = createSeededRandom(1)
  const noise = Buffer.from(Uint8Array.from({ length: 8192 }, () => 32 + nextBelow(random, 90))).toString('latin1')
  const make = () => {
    const length = 200 + nextBelow(random, 3600)
    const from = nextBelow(random, 8192 - length)
    if (name === 'strings') return noise.slice(from, from + length)
    return {
      id: length,
      text: noise.slice(from, from + length),
      tags: ['a', 'b'],
      price: { amount: from, currency: 'EUR' },
    }
  }
  const texts = Array.from({ length: 64 }, () => JSON.stringify(make()))
  const create = {
    empty: () => null,
    codec: () => ({
      get: () => random.next() < FOUND_SHARE && JSON.parse(texts[nextBelow(random, texts.length)]),
      set: (_, value) => JSON.stringify(value),
    }),
    'off-heap': () => createCache({ maxBytes, store: 'off-heap', codec: 'json' }),
    strings: () => createCache({ maxBytes, store: 'off-heap', codec: 'string' }),
    heap: () => createCache({ maxBytes }),
  }
  const cache = create[name]()
  const keyCount = Math.ceil((1.4 * maxBytes) / 2100)
  const operate = () => {
    for (let n = 0; n < GETS; n++) cache.get(`product:${nextBelow(random, keyCount)}`)
    for (let n = 0; n < SETS; n++) cache.set(`product:${nextBelow(random, 2 * keyCount)}`, make())
  }
  if (cache !== null) {
    for (let n = 0; n < keyCount; n++) {
      cache.set(`product:${n}`, make())
      if (n % 2000 === 0) await new Promise(setImmediate)
    }
  }
  globalThis.gc()
  process.on('message', async (what) => {
    if (what === 'measure') return process.send(await measure(cache === null ? () => {} : operate))
    const gcMs = Math.min(...[0, 1, 2].map(cpuOfGc))
    const rssMiB = process.memoryUsage().rss / 2 ** 20
    process.send({ gcMs, entryCount: cache?.size ?? 0, rssMiB, hitRatio: cache?.stats?.().hitRatio ?? 0 })
  })
  process.send('ready')
}

async function measure(operate) {
  const delays = new Float64Array(2 * measureMs)
  const onCpu = new Float64Array(2 * measureMs)
  const inLine = openInLine()
  const cpuBefore = process.cpuUsage()
  const startedMs = performance.now()
  let count = 0
  let [wasMs, wasInLineMs] = [startedMs, inLine.readMs()]
  await new Promise((resolve) => {
    const worker = setInterval(operate, TURN_MS)
    const watcher = setInterval(() => {
      const [nowMs, inLineMs] = [performance.now(), inLine.readMs()]
      delays[count] = nowMs - wasMs
      onCpu[count++] = nowMs - wasMs - (inLineMs - wasInLineMs)
      wasMs = nowMs
      wasInLineMs = inLineMs
      if (nowMs - startedMs < measureMs) return
      clearInterval(worker)
      clearInterval(watcher)
      resolve()
    }, 1)
  })
  const { user, system } = process.cpuUsage(cpuBefore)
  inLine.close()
  return { delays: [...delays.subarray(0, count)], onCpu: [...onCpu.subarray(0, count)], cpuMs: (user + system) / 1000 }
}

/** How long this thread was ready to run and did not; 0 where nobody tells. */
function openInLine() {
  try {
    const file = openSync('/proc/thread-self/schedstat')
    const buffer = Buffer.alloc(64)
    const readMs = () => Number(buffer.latin1Slice(0, readSync(file, buffer, 0, 64, 0)).split(' ')[1]) / 1e6
    return { readMs, close: () => closeSync(file) }
  } catch {
    return { readMs: () => 0, close() {} }
  }
}

function cpuOfGc() {
  const before = process.cpuUsage()
  globalThis.gc()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
