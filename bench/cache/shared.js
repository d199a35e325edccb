/**
 * One cache for all threads, in shared memory:
 *   torn       every thread reads and writes; each answer is checked letter by letter. Reads that were torn, of `--reads`
 *   terminate  a worker that writes is terminated at a random instant, `--times` times; the longest that the others waited, less
 *              the time in line for a processor
 *   speed      gets a CPU-second against asking a thread that owns the cache, by messages, 64 of them under way; in `--pairs` pairs
 *   node bench/cache/shared.js [--only torn,terminate,speed] [--reads 100000000] [--times 1000] [--threads 2] [--seconds 5] [--pairs 9]
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { MessageChannel, Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { setTimeout as wait } from 'node:timers/promises'
import { createCache } from '@plimsoll/cache'
import { createSharedMemory, openSharedCache } from '@plimsoll/cache/shared'
import { createSeededRandom, nextBelow } from '@plimsoll/core'

const say = (line) => process.stdout.write(`${line}\n`)
const here = fileURLToPath(import.meta.url)
const MiB = 2 ** 20

async function main() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: 'torn,terminate,speed' },
      reads: { type: 'string', default: String(1e8) },
      times: { type: 'string', default: '1000' },
      threads: { type: 'string', default: '2' },
      seconds: { type: 'string', default: '5' },
      pairs: { type: 'string', default: '9' },
    },
  })
  const wanted = values.only.split(',')
  const threads = Number(values.threads)
  if (wanted.includes('torn')) await measureTorn(Number(values.reads), threads)
  if (wanted.includes('terminate')) await measureTerminations(Number(values.times), threads)
  if (wanted.includes('speed')) await measureSpeed(Number(values.seconds), threads, Number(values.pairs))
}

const start = (role, data) => new Worker(here, { workerData: { role, ...data } })
const answerOf = async (worker) => (await once(worker, 'message'))[0]

// Torn reads.

async function measureTorn(reads, threads) {
  // Small, so that what is read is overwritten all the time.
  const memory = createSharedMemory({ maxBytes: 4 * MiB })
  const cache = openSharedCache({ memory, codec: 'raw' })
  const startedAt = performance.now()
  const workers = Array.from({ length: threads }, (_, seed) =>
    start('torn', { memory, seed: seed + 1, reads: Math.ceil(reads / threads) }),
  )
  const answers = await Promise.all(workers.map(answerOf))
  const sum = (key) => answers.reduce((total, answer) => total + answer[key], 0)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  say(
    `torn       ${sum('torn')} torn of ${sum('checked')} checked reads by ${threads} threads in ${seconds} s; ` +
      `${sum('sets')} sets beside them, ${sum('takeOvers')} turns taken over`,
  )
  cache.close()
  if (sum('torn') > 0) process.exitCode = 1
}

function torn({ memory, seed, reads }) {
  const cache = openSharedCache({ memory, codec: 'raw' })
  const random = createSeededRandom(seed)
  const buffer = new Int32Array(1024)
  let [checked, bad, sets] = [0, 0, 0]
  for (let n = 0; checked < reads; n++) {
    const key = nextBelow(random, 4000)
    if (n % 10 === 0) {
      cache.set(key, valueOf(buffer, key, n, random))
      sets++
      continue
    }
    const got = cache.get(key)
    if (got === undefined) continue
    checked++
    if (!isWhole(got, key)) bad++
  }
  parentPort.postMessage({ checked, torn: bad, sets, takeOvers: cache.stats().takeOverCount })
  cache.close()
}

// Terminated threads.

async function measureTerminations(times, threads) {
  const memory = createSharedMemory({ maxBytes: 4 * MiB })
  const cache = openSharedCache({ memory, codec: 'raw' })
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const waiters = Array.from({ length: Math.max(1, threads - 1) }, (_, seed) =>
    start('waiter', { memory, seed: seed + 1, stop }),
  )
  const answers = waiters.map(answerOf)
  await Promise.all(waiters.map((worker) => once(worker, 'online')))
  const random = createSeededRandom(99)
  for (let n = 0; n < times;) {
    // A processor each: how long a thread waits for one is not what is asked here.
    const atOnce = Math.max(1, availableParallelism() - waiters.length)
    const batch = await Promise.all(
      Array.from({ length: Math.min(atOnce, times - n) }, async (_, seed) => {
        const worker = start('hammer', { memory, seed: n + seed + 1000 })
        await answerOf(worker)
        return worker
      }),
    )
    for (const worker of batch) {
      await wait(random.next() * 3)
      await worker.terminate()
    }
    n += batch.length
  }
  Atomics.store(stop, 0, 1)
  const told = await Promise.all(answers)
  const longest = Math.max(...told.map(({ longestMs }) => longestMs))
  const machine = Math.max(...told.map(({ machineMs }) => machineMs))
  const inLine = Math.max(...told.map(({ inLineMs }) => inLineMs))
  const sum = (key) => told.reduce((total, answer) => total + answer[key], 0)
  say(
    `terminate  ${times} threads terminated while they wrote; ${sum('takeOvers')} turns taken over; the others waited ${longest.toFixed(1)} ms at the longest ` +
      `for them, and ${sum('over')} times over 10 ms, less the time in line for a processor (at most ${inLine.toFixed(1)} ms; ` +
      `${machine.toFixed(1)} ms where nothing was taken over: the machine); ${sum('torn')} of ${sum('acts')} acts torn; ` +
      `${cache.stats().threadCount} threads are left`,
  )
  cache.close()
  if (sum('torn') > 0) process.exitCode = 1
}

function hammer({ memory, seed }) {
  const cache = openSharedCache({ memory, codec: 'raw' })
  const random = createSeededRandom(seed)
  const buffer = new Int32Array(1024)
  parentPort.postMessage('ready')
  for (let n = 0; ; n++) {
    const key = nextBelow(random, 4000)
    cache.set(key, valueOf(buffer, key, n, random))
  }
}

/**
 * Times each act; those that took a turn over apart, as only they waited for a thread that was stopped: the rest is the machine.
 * Where Linux tells how long a thread stood in line for a processor, that is taken off: the cache cannot give it one.
 */
function waiter({ memory, seed, stop }) {
  const cache = openSharedCache({ memory, codec: 'raw' })
  const random = createSeededRandom(seed)
  const buffer = new Int32Array(1024)
  const told = { acts: 0, over: 0, torn: 0, takeOvers: 0, longestMs: 0, machineMs: 0, inLineMs: 0 }
  let inLineMs = readInLineMs()
  for (let n = 0; Atomics.load(stop, 0) === 0; n++) {
    const key = nextBelow(random, 4000)
    const value = valueOf(buffer, key, n, random)
    if (n % 32 === 0) inLineMs = readInLineMs()
    const startedAt = performance.now()
    const got = n % 2 ? cache.get(key) : void cache.set(key, value)
    const ms = performance.now() - startedAt
    told.acts++
    if (got !== undefined && !isWhole(got, key)) told.torn++
    if (ms < 1) continue
    // What some acts before stood in line for is taken off too: a tenth of a millisecond each at the most.
    const stoodMs = Math.min(ms, readInLineMs() - inLineMs)
    const ownMs = ms - stoodMs
    const { takeOverCount } = cache.stats()
    if (takeOverCount === told.takeOvers) told.machineMs = Math.max(told.machineMs, ownMs)
    else {
      told.longestMs = Math.max(told.longestMs, ownMs)
      told.inLineMs = Math.max(told.inLineMs, stoodMs)
      if (ownMs > 10) told.over++
    }
    told.takeOvers = takeOverCount
  }
  parentPort.postMessage(told)
  cache.close()
}

/** How long this thread was ready to run and did not, since it began; 0 where nobody tells. */
function readInLineMs() {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]) / 1e6
  } catch {
    return 0
  }
}

/** A value is one word again and again: of its key, and of when it was written. */
function valueOf(buffer, key, n, random) {
  const count = 50 + nextBelow(random, 450)
  buffer.fill((key << 16) | (n & 0xffff), 0, count)
  return Buffer.from(buffer.buffer, 0, 4 * count)
}

function isWhole(got, key) {
  if (got.length % 4 !== 0 || got.byteOffset % 4 !== 0) return false
  const words = new Int32Array(got.buffer, got.byteOffset, got.length >> 2)
  const first = words[0]
  if (first >> 16 !== key) return false
  for (let at = 1; at < words.length; at++) if (words[at] !== first) return false
  return true
}

// Speed.

const KEYS = 20_000
const textOf = (key) => 'abcdefghij'.repeat(20 + (key % 180))

async function measureSpeed(seconds, threads, pairs) {
  const memory = createSharedMemory({ maxBytes: 64 * MiB })
  const cache = openSharedCache({ memory, codec: 'string' })
  for (let key = 0; key < KEYS; key++) cache.set(`product:${key}`, textOf(key))
  const ways = {
    shared: async () => {
      const workers = Array.from({ length: threads }, (_, seed) => start('shared', { memory, seed, seconds }))
      return Promise.all(workers.map(answerOf))
    },
    messages: async () => {
      const owning = start('owner', {})
      await answerOf(owning)
      const workers = Array.from({ length: threads }, (_, seed) => {
        const { port1, port2 } = new MessageChannel()
        owning.postMessage(port1, [port1])
        return new Worker(here, { workerData: { role: 'asker', seed, seconds, port: port2 }, transferList: [port2] })
      })
      const answers = await Promise.all(workers.map(answerOf))
      await owning.terminate()
      return answers
    },
  }
  const rates = { shared: [], messages: [] }
  for (let run = 0; run < pairs; run++) {
    for (const name of run % 2 ? ['shared', 'messages'] : ['messages', 'shared']) {
      const before = process.cpuUsage()
      const answers = await ways[name]()
      const { user, system } = process.cpuUsage(before)
      const gets = answers.reduce((total, answer) => total + answer.gets, 0)
      rates[name].push(gets / ((user + system) / 1e6))
    }
  }
  const at = (list, share) => list.toSorted((a, b) => a - b)[Math.floor(share * (list.length - 1))]
  const ratios = rates.shared.map((rate, run) => rate / rates.messages[run])
  const [middle, low, high, least, most] = [0.5, 0.25, 0.75, 0, 1].map((share) => at(ratios, share).toFixed(1))
  say(
    `speed      ${(at(rates.shared, 0.5) / 1e6).toFixed(2)} million gets a CPU-second, values of 200–2,000 letters; by messages ` +
      `${(at(rates.messages, 0.5) / 1e6).toFixed(3)} million; ratio ${middle} (quartiles ${low} and ${high}, all ${least} to ${most}; ` +
      `${pairs} pairs, starts of the threads included)`,
  )
  cache.close()
}

function shared({ memory, seed, seconds }) {
  const cache = openSharedCache({ memory, codec: 'string' })
  const random = createSeededRandom(seed + 1)
  const until = performance.now() + 1000 * seconds
  let gets = 0
  while (performance.now() < until) {
    for (let n = 0; n < 1000; n++, gets++) {
      const key = nextBelow(random, KEYS)
      if (cache.get(`product:${key}`)?.length !== 10 * (20 + (key % 180))) throw new Error(`product ${key} is not here`)
    }
  }
  parentPort.postMessage({ gets })
  cache.close()
}

function owner() {
  const cache = createCache({ maxBytes: 64 * MiB })
  for (let key = 0; key < KEYS; key++) cache.set(`product:${key}`, textOf(key))
  parentPort.on('message', (port) => {
    port.on('message', ([id, key]) => port.postMessage([id, cache.get(key)]))
  })
  parentPort.postMessage('ready')
}

async function asker({ port, seed, seconds }) {
  const random = createSeededRandom(seed + 1)
  const until = performance.now() + 1000 * seconds
  let gets = 0
  const ask = () => port.postMessage([gets, `product:${nextBelow(random, KEYS)}`])
  await new Promise((resolve) => {
    port.on('message', () => {
      gets++
      if (performance.now() < until) ask()
      else resolve()
    })
    for (let n = 0; n < 64; n++) ask()
  })
  port.close()
  parentPort.postMessage({ gets })
}

const roles = { torn, hammer, waiter, shared, owner, asker }
if (!isMainThread) await roles[workerData.role](workerData)
else await main()
