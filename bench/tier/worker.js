// One of the processes of consistency.js: reads and changes at random, and reports what it saw. The truth lives in the parent.
import { startRedisTier } from '@plimsoll/cache/redis'
import { createSeededRandom, nextBelow } from '@plimsoll/core'
import { Redis } from 'ioredis'

const { port, seed, worker, workers, keyCount, lanes, boundMs, timeoutMs, leaseMs } = JSON.parse(process.argv[2])
const random = createSeededRandom(seed)
const GROUP = 4
const nowMs = () => Number(process.hrtime.bigint()) / 1e6
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

let asked = 0
const answers = new Map()
process.on('message', (message) => {
  if (message.kind === 'stop') isStopping = true
  else {
    answers.get(message.id)?.(message.answer)
    answers.delete(message.id)
  }
})
process.on('disconnect', () => process.exit(1))
const askTruth = (kind, keys) =>
  new Promise((resolve) => {
    const id = asked++
    answers.set(id, resolve)
    process.send({ kind, id, keys })
  })

const options = { namespace: 'check', staleBoundMs: boundMs, timeoutMs, leaseMs, maxHotKeys: 50 }
const tier = startRedisTier({ redis: new Redis({ port, lazyConnect: true }), ...options })
const cache = tier.createCache({
  name: 'pages',
  maxEntries: keyCount,
  ttlMs: 20_000,
  codec: 'json',
  async load(key, { entry }) {
    entry.tags = [`group ${groupOf(key)}`]
    const [version] = await askTruth('read', [key])
    // The truth may change while the answer is on its way: now and then for longer than the lease and the bound.
    const draw = random.next()
    await sleep(draw < 0.01 ? 1.5 * Math.max(leaseMs, boundMs) : draw < 0.2 ? 20 : 1)
    return { key, version }
  },
})
let isStopping = false
await cache.warm({ withinMs: 200 })

const groupOf = (key) => Math.floor(Number(key.slice(1)) / GROUP)
const keysOf = (group) => Array.from({ length: GROUP }, (_, at) => `k${group * GROUP + at}`)
const locked = new Set()

/** @param {() => Promise<string>} tell */
async function change(keys, tell) {
  const versions = await askTruth('change', keys)
  let delivery = await tell(versions)
  const returnedMs = nowMs()
  while (delivery === 'queued' && !isStopping) {
    await sleep(20)
    delivery = keys.length > 1 ? await cache.invalidateTag(`group ${groupOf(keys[0])}`) : await cache.delete(keys[0])
  }
  const deliveredMs = delivery === 'delivered' ? nowMs() : null
  keys.forEach((key, at) =>
    process.send({ kind: 'wrote', worker, key, version: versions[at], deliveredMs, returnedMs }),
  )
}

async function operate() {
  const key = `k${nextBelow(random, keyCount)}`
  const group = groupOf(key)
  const draw = random.next()
  const mayChange = group % workers === worker && !locked.has(group)
  if (draw < 0.8 || !mayChange) {
    const startMs = nowMs()
    const value = await cache.fetch(key)
    process.send({
      kind: 'saw',
      worker,
      key,
      version: value?.key === key ? value.version : Infinity,
      startMs,
      endMs: nowMs(),
    })
    return
  }
  // Who changes a thing changes the truth first, and one change of it after the other.
  locked.add(group)
  try {
    if (draw < 0.9) await change([key], () => cache.delete(key))
    else if (draw < 0.96)
      await change([key], ([version]) => cache.set(key, { key, version }, { tags: [`group ${group}`] }))
    else await change(keysOf(group), () => cache.invalidateTag(`group ${group}`))
  } finally {
    locked.delete(group)
  }
}

await Promise.all(
  Array.from({ length: lanes }, async () => {
    while (!isStopping) {
      await operate()
      await sleep(0)
    }
  }),
)
process.send({ kind: 'stopped', stats: { ...tier.stats(), cache: cache.stats() } }, () => process.exit(0))
