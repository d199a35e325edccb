/**
 * What does a full cache cost the event loop and the garbage collector? Each kind of cache is filled in a process of its own and
 * churned at a steady rate, the same in each; at the end one forced full collection, in CPU time. `empty` does nothing at all;
 * `control` makes the same values at the same rate, writes and reads as many of them in the same codec, and keeps none: what any
 * process that works costs, with or without a cache. All processes live at once, and work in turns, for
 * `--seconds` each, as often as `--rounds` says: what the machine does besides meets all of them alike. A delay is what lies
 * between two turns of the loop a millisecond apart; `on CPU` is without the time in which the thread was ready and others had
 * the processor (Linux tells). Over all rounds, and beside it the ratios to `empty` and to `control` with the interval in which each lies
 * with 95 %: rounds are drawn again and again, those of the other with the ones that ran beside them, and their delays thrown
 * together. Many short rounds make it narrow, as the machine's own noise comes in spells that are longer than a round.
 * All of a turn's work is one turn of the loop: `--turn 1` spreads the same work over ten times as many.
 * `--v8=--single-threaded-gc` takes off the waiting for the collector's helpers too, which is long where no processor is free.
 *   node bench/cache/off-heap.js [--codec json|string|raw|v8] [--bytes 1073741824] [--seconds 5] [--rounds 12] [--turn 10]
 *     [--only empty,control,off-heap,heap] [--v8=FLAG]
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { clearInterval, setImmediate, setInterval } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { createCache } from '@plimsoll/cache'
import { createSeededRandom, nextBelow } from '@plimsoll/core'

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: String(2 ** 30) },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '12' },
    only: { type: 'string', default: 'empty,control,off-heap,heap' },
    codec: { type: 'string', default: 'json' },
    turn: { type: 'string', default: '10' },
    v8: { type: 'string', multiple: true, default: [] },
    subject: { type: 'string' },
  },
})
const maxBytes = Number(values.bytes)
const measureMs = 1000 * Number(values.seconds)
const roundCount = Number(values.rounds)
const say = (line) => process.stdout.write(`${line}\n`)
/** A busy service, and the same for all. */
const GETS_PER_SECOND = 6000
const SETS_PER_SECOND = 2000
const turnMs = Number(values.turn)
const gets = Math.round((GETS_PER_SECOND * turnMs) / 1000)
const sets = Math.round((SETS_PER_SECOND * turnMs) / 1000)
/** What `off-heap` finds of what it is asked for (see the last column), `control` reads. */
const FOUND_SHARE = 0.65
/** What the store's codecs do, to bytes that nobody keeps. */
const codecs = {
  json: {
    write: (value, target) => target.write(JSON.stringify(value), 'latin1'),
    read: (bytes) => JSON.parse(bytes.toString('latin1')),
  },
  string: { write: (value, target) => target.write(value, 'latin1'), read: (bytes) => bytes.toString('latin1') },
  raw: { write: (value, target) => value.copy(target), read: (bytes) => Buffer.from(bytes) },
  v8: { write: (value, target) => serialize(value).copy(target), read: (bytes) => deserialize(bytes) },
}
/** Enough that the interval's ends stand to a hundredth. */
const DRAWS = 1000

if (values.subject) await serve(values.subject)
else await compare(values.only.split(','))

async function compare(names) {
  const subjects = []
  for (const name of names) {
    const { bytes, seconds, codec, turn } = values
    const args = Object.entries({ subject: name, bytes, seconds, codec, turn }).flatMap(([key, value]) => [
      `--${key}`,
      value,
    ])
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
    `${maxBytes / 2 ** 20} MiB, ${GETS_PER_SECOND} gets and ${SETS_PER_SECOND} sets a second, ${gets + sets} in a turn, ` +
      `values of 200–3,800 bytes as ${values.codec}, ${roundCount} rounds of ${values.seconds} s`,
  )
  const random = createSeededRandom(1)
  for (const { name, rounds, ask } of subjects) {
    const [{ gcMs, entryCount, rssMiB, hitRatio }] = await ask('collect')
    const delays = ['delays', 'onCpu'].map((kind) => {
      const all = rounds.flatMap((round) => round[kind])
      const tails = [0.99, 0.999, 1].map((share) => at(all, share).toFixed(1)).join(' / ')
      const ratios = subjects
        .slice(
          0,
          subjects.findIndex((subject) => subject.name === name),
        )
        .filter((other) => other.name === 'empty' || other.name === 'control')
        .map((other) => `÷ ${other.name} ${ratioOf(kind, rounds, other.rounds, random)}`)
      return ratios.length === 0 ? tails : `${tails} (p99.9 ${ratios.join(', ')})`
    })
    const cpuMs = rounds.reduce((sum, round) => sum + round.cpuMs, 0) / rounds.length
    say(
      `${name.padEnd(9)} delay p99 / p99.9 / max: ${delays[0]} ms   on CPU ${delays[1]} ms   full GC ${gcMs.toFixed(1)} ms CPU   ` +
        `work ${((100 * cpuMs) / measureMs).toFixed(1)} % CPU   ${entryCount} entries   RSS ${rssMiB.toFixed(0)} MiB   found ${hitRatio.toFixed(2)}`,
    )
  }
  process.exit()
}

/** Between what a thousandth of both's delays lie above, and the interval of that. */
function ratioOf(kind, rounds, otherRounds, random) {
  const [own, others] = [rounds, otherRounds].map((all) => all.map((round) => tailOf(round[kind])))
  const drawn = Array.from({ length: DRAWS }, () => {
    const chosen = rounds.map(() => nextBelow(random, rounds.length))
    return tailQuantile(chosen.map((n) => own[n])) / tailQuantile(chosen.map((n) => others[n]))
  })
  const [overall, low, high] = [tailQuantile(own) / tailQuantile(others), at(drawn, 0.025), at(drawn, 0.975)]
  return `${overall.toFixed(2)}, ${low.toFixed(2)} to ${high.toFixed(2)}`
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
  const { codec } = values
  const { write, read } = codecs[codec]
  const noiseBytes = Buffer.from(Uint8Array.from({ length: 8192 }, () => 32 + nextBelow(random, 90)))
  const noise = noiseBytes.toString('latin1')
  const make = () => {
    const length = 200 + nextBelow(random, 3600)
    const from = nextBelow(random, 8192 - length)
    if (codec === 'raw') return noiseBytes.subarray(from, from + length)
    if (codec === 'string') return noise.slice(from, from + length)
    return {
      id: length,
      text: noise.slice(from, from + length),
      tags: ['a', 'b'],
      price: { amount: from, currency: 'EUR' },
    }
  }
  const target = Buffer.allocUnsafe(16_384)
  const written = Array.from({ length: 64 }, () => Buffer.from(target.subarray(0, write(make(), target))))
  const create = {
    empty: () => null,
    control: () => ({
      get: () => random.next() < FOUND_SHARE && read(written[nextBelow(random, written.length)]),
      set: (_, value) => write(value, target),
    }),
    'off-heap': () => createCache({ maxBytes, store: 'off-heap', codec }),
    heap: () => createCache({ maxBytes }),
  }
  const cache = create[name]()
  const keyCount = Math.ceil((1.4 * maxBytes) / 2100)
  const operate = () => {
    for (let n = 0; n < gets; n++) cache.get(`product:${nextBelow(random, keyCount)}`)
    for (let n = 0; n < sets; n++) cache.set(`product:${nextBelow(random, 2 * keyCount)}`, make())
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
    const worker = setInterval(operate, turnMs)
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
