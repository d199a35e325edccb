import { createSeededRandom, KiB, nextBelow } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { createCache, type Cache, type CacheOptions, type Storable } from '../src/index.ts'
import { CacheModel } from './cache.model.ts'

/** Steps of each walk; `PLIMSOLL_STEPS=2000000` makes ten million of them all. */
const STEP_COUNT = Number(process.env.PLIMSOLL_STEPS ?? 15_000)
/** No two runs alike; a failure is walked again with the seed that its name tells, in PLIMSOLL_SEED. */
const seed = Number(process.env.PLIMSOLL_SEED ?? Math.floor(2 ** 32 * Math.random()))

/** What is cached is a piece of these, so that a byte in the wrong place shows. */
const letters = { narrow: text(0x20, 0x5f), accented: text(0x20, 0xdf), wide: text(0x400, 0xff) }
const tagNames = ['red', 'green', 'blue', 'Grün', 'x'.repeat(2000)]

/** A value from a text, and the text from the value. */
const codecs: Record<string, { toValue: (text: string) => Storable; toText: (value: Storable) => string }> = {
  string: { toValue: (text) => text, toText: (value) => value as string },
  raw: { toValue: (text) => Buffer.from(text), toText: (value) => (value as Buffer).toString() },
  json: { toValue: (text) => ({ text }), toText: (value) => (value as { text: string }).text },
  v8: {
    toValue: (text) =>
      new Map<string, unknown>([
        ['text', text],
        ['view', new Uint16Array([text.length])],
      ]),
    toText: (value) => {
      const map = value as Map<string, unknown>
      expectSame((map.get('view') as Uint16Array)[0], (map.get('text') as string).length & 0xffff)
      return map.get('text') as string
    },
  },
}

const walks: Record<string, { keyCount: number; options: CacheOptions<unknown, Storable>; longest: number }> = {
  'strings, few and long': { keyCount: 60, options: { maxBytes: 256 * KiB, codec: 'string' }, longest: 60_000 },
  'strings, many and short': {
    keyCount: 20_000,
    options: { maxBytes: 1024 * KiB, codec: 'string', ttlMs: 9e4 },
    longest: 150,
  },
  'bytes by lru': {
    keyCount: 300,
    options: { maxBytes: 300 * KiB, codec: 'raw', policy: 'lru', staleMs: 5e3 },
    longest: 4000,
  },
  'JSON, for bytes': {
    keyCount: 90,
    options: { maxBytes: 500 * KiB, maxEntries: 40, codec: 'json', optimize: 'bytes' },
    longest: 3e4,
  },
  'structured clones': { keyCount: 200, options: { maxBytes: 256 * KiB, ttlMs: 6e4, staleMs: 5000 }, longest: 3000 },
}

for (const [name, { keyCount, options, longest }] of Object.entries(walks)) {
  test(
    `off-heap, ${name}: ${STEP_COUNT} random steps from seed ${seed} do what a simple model does`,
    { timeout: 3.6e6 },
    () => {
      walk(options, keyCount, longest)
    },
  )
}

function walk(options: CacheOptions<unknown, Storable>, keyCount: number, longest: number): void {
  const random = createSeededRandom(seed)
  const below = (bound: number) => nextBelow(random, bound)
  const { toValue, toText } = codecs[options.codec ?? 'v8']!
  const clock = new ManualClock()
  const model = new CacheModel(options.staleMs ?? 0)
  const maxBytes = options.maxBytes!
  const cache = createCache<unknown, Storable>({
    ...options,
    store: 'off-heap',
    clock,
    random: createSeededRandom(seed ^ 7),
    onRemoval: (key, value, cause) => model.left(key, toText(value), cause),
  })
  const key = () => keyOf(below(keyCount))
  const acts: readonly [weight: number, act: () => void][] = [
    [60, () => set(key(), piece(random, below(20) === 0 ? longest : longest / 8))],
    [0.1, () => refuse(key(), piece(random, 1).padEnd(4 * maxBytes))],
    [40, () => compare(key(), 'get')],
    [40, () => compare(key())],
    [10, () => remove(key())],
    [3, () => advance(below(20_000))],
    [0.5, () => invalidate(tagNames[below(tagNames.length)]!)],
    [0.3, () => shrink(1 + below(maxBytes))],
    [0.02, () => model.expecting(['deletion'], () => cache.clear())],
    [0.02, () => compareAll(cache, model, toText)],
  ]
  const weightSum = acts.reduce((sum, [weight]) => sum + weight, 0)
  for (let step = 0; step < STEP_COUNT; step++) {
    let left = random.next() * weightSum
    acts.find(([weight]) => (left -= weight) < 0)![1]()
    if (model.faults.length > 0) throw new Error(model.faults.join())
    expectSame(cache.size, model.entries.size, 'size')
    if (cache.bytes! > maxBytes) throw new Error(`${cache.bytes} bytes`)
    if (cache.size > (options.maxEntries ?? Infinity)) throw new Error(`${cache.size} entries`)
  }
  compareAll(cache, model, toText)
  model.expecting(['deletion'], () => cache.close())
  expect([cache.size, clock.pendingCount, model.faults]).toEqual([0, 0, []])

  function set(key: unknown, text: string): void {
    const ttlMs = below(4) === 0 ? 1 + below(300_000) : undefined
    const tags = below(3) === 0 ? tagNames.filter(() => below(3) === 0) : undefined
    model.expecting(['eviction', 'replacement', 'expiration'], () => cache.set(key, toValue(text), { ttlMs, tags }))
    expectSame(model.entries.has(normal(key)), false, 'the old value is gone')
    model.set(normal(key), text, ttlMs ?? options.ttlMs ?? Infinity, tags ?? [])
    compare(key)
  }
  function refuse(key: unknown, text: string): void {
    const set = () => model.expecting(['eviction', 'replacement', 'expiration'], () => cache.set(key, toValue(text)))
    expect(set).toThrow(/weighs at least/)
    expectSame(model.entries.has(normal(key)), false, 'what is refused leaves nothing old')
  }
  function compare(key: unknown, by: 'get' | 'peek' = 'peek'): void {
    const value = cache[by](key)
    expectSame(value === undefined ? undefined : toText(value), model.fresh(normal(key)), by)
    expectSame(cache.has(key), model.fresh(normal(key)) !== undefined, 'has')
  }
  function remove(key: unknown): void {
    const wasHere = model.entries.has(normal(key))
    expectSame(model.expecting(['deletion'], () => cache.delete(key)), wasHere, 'delete') // prettier-ignore
  }
  function advance(ms: number): void {
    model.nowMs += ms
    model.expecting(['expiration'], () => clock.advance(ms))
    expectSame(model.overdue(100).length, 0, 'overdue')
  }
  function invalidate(tag: string): void {
    const tagged = model.keysTagged(tag).length
    expectSame(model.expecting(['invalidation'], () => cache.invalidateTag(tag)), tagged, 'tagged') // prettier-ignore
    expectSame(model.keysTagged(tag).length, 0, 'tagged still')
  }
  function shrink(bytes: number): void {
    model.expecting(['eviction'], () => cache.shrink(bytes))
    if (cache.size > 0 && cache.bytes! > bytes) throw new Error(`${cache.bytes} after a shrink to ${bytes}`)
  }
}

function compareAll(cache: Cache<unknown, Storable>, model: CacheModel, toText: (value: Storable) => string): void {
  const held = new Map([...cache.entries()].map(([key, value]) => [key, toText(value)]))
  const fresh = model.freshEntries()
  expectSame(held.size, fresh.size, 'entries')
  for (const [key, text] of fresh) expectSame(held.get(key), text, 'entry')
  expectSame([...cache.keys()].length, fresh.size, 'keys')
}

/** As `expect`, a hundred times as fast. */
function expectSame(one: unknown, other: unknown, what = ''): void {
  if (!Object.is(one, other))
    throw new Error(`${what}: ${String(one).slice(0, 99)} is not ${String(other).slice(0, 99)}`)
}

/** Keys of every kind and many lengths; some are very long and equal at both ends. */
function keyOf(n: number): unknown {
  const kinds = [
    n,
    `key ${n}`,
    `ключ ${n}`,
    n - 0.5,
    -(10n ** 30n) * BigInt(n),
    `${'a'.repeat(900)}${n}${'z'.repeat(900)}`,
  ]
  return n === 0 ? -0 : n === 1 ? NaN : n === 2 ? '' : kinds[n % (n < 100 ? 6 : 2)]
}

/** A Map, such as the model's, takes -0 for 0. */
function normal(key: unknown): unknown {
  return key === 0 ? 0 : key
}

function text(from: number, span: number): string {
  const random = createSeededRandom(1)
  return Array.from({ length: 70_000 }, () => String.fromCharCode(from + nextBelow(random, span))).join('')
}

function piece(random: { next(): number }, longest: number): string {
  const kind = (['narrow', 'narrow', 'accented', 'wide'] as const)[nextBelow(random, 4)]!
  const from = nextBelow(random, 9000)
  return letters[kind].slice(from, from + Math.floor(longest * random.next()))
}
