import { runInNewContext } from 'node:vm'
import { KiB, MiB } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { createCache, UnweighableValueError } from '../src/index.ts'
import { Weigher } from '../src/weigh/weigh.ts'
import { text, valueKinds } from './values.ts'

const weigher = new Weigher()
const noiseBytes = 256 * KiB

function heldBytes(): number {
  globalThis.gc!()
  globalThis.gc!()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** What V8 says that so many values take, and what we charge for them. */
function compare(make: (n: number) => unknown, totalBytes: number) {
  let sampleBytes = 0
  for (let n = 0; n < 300; n++) sampleBytes += weigher.weigh(make(n), Infinity, n)
  const count = Math.ceil((300 * totalBytes) / sampleBytes)
  const kept = new Array<unknown>(count).fill(undefined)
  weigher.settled = undefined
  const beforeBytes = heldBytes()
  let chargedBytes = 0
  for (let n = 0; n < count; n++) {
    chargedBytes += weigher.weigh(make(n), Infinity, n)
    kept[n] = weigher.settled
  }
  weigher.settled = undefined
  return { heldBytes: heldBytes() - beforeBytes, chargedBytes, kept }
}

// An array of fractions may be held unboxed, a third of what it is charged; a small integer takes nothing and is charged a word.
const lightest: Record<string, number> = {
  'array of fractions': 0.3,
  // Of fields or a table, the heavier is charged: nobody can see from outside whether the stack was captured again.
  error: 0.55,
  'error of the file system': 0.55,
  'error with names of its own': 0.55,
  // A table that has just grown has room for twice as much, which nobody can see from outside.
  'error with many names': 0.5,
  // Names before a symbol of its own may be described once for all: the order in which they came is what tells.
  'object with a symbol of its own': 0.35,
  'error with a symbol of its own': 0.6,
  // The maps that V8 makes for an heir are lighter on Node.js 20 than on 24.
  'object that inherits from a small one': 0.7,
  // A table's names are likely nobody else's, and are charged too.
  'class instance that was assigned many names': 0.6,
  'error of a parser, which keeps the text': 0.7,
  'nested mix': 0.8,
  number: 0,
  'pooled Buffer in an object': 0.8,
}

for (const { name, make, isSmall } of valueKinds) {
  test(`charges what V8 takes, and not much more, for: ${name}`, () => {
    const least = lightest[name] ?? (isSmall ? 0.8 : 0.85)
    let held = 0
    let charged = 0
    // V8 compiles and collects beside us; what is wrong stays wrong.
    for (let attempt = 0; attempt < 3; attempt++) {
      ;({ heldBytes: held, chargedBytes: charged } = compare(make, 4 * MiB))
      if (held <= 1.01 * charged + noiseBytes && held >= least * charged - noiseBytes) break
    }
    expect(held).toBeLessThanOrEqual(1.01 * charged + noiseBytes)
    expect(held).toBeGreaterThanOrEqual(least * charged - noiseBytes)
  })
}

test('counts an object that is reachable twice once, and follows a cycle once', () => {
  const shared = { text: text(1000) }
  const cyclic: Record<string, unknown> = { shared, again: shared }
  cyclic.self = cyclic
  const many = Array.from({ length: 100 }, () => shared)
  // The first object that has these names is charged for them.
  weigher.weigh(cyclic, Infinity, 'one entry')
  expect(weigher.weigh(cyclic, Infinity, 'another')).toBeLessThan(1200)
  expect(weigher.weigh(many)).toBeLessThan(2000)
})

test('stops early at a value that is too heavy anyway', () => {
  const deep = Array.from({ length: 100 }, () => Array.from({ length: 1000 }, () => ({ n: 1 })))
  const bytes = weigher.weigh(deep, 10 * KiB)
  expect(bytes).toBeGreaterThan(10 * KiB)
  expect(bytes).toBeLessThan(100 * KiB)
})

test('follows a chain of any depth', () => {
  let chain: unknown = null
  for (let depth = 0; depth < 100_000; depth++) chain = { chain }
  // The first object that has this name is charged for it.
  weigher.weigh({ chain: null }, Infinity, 'one entry')
  expect(weigher.weigh(chain, Infinity, 'another')).toBe(100_000 * 56)
})

test('never charges nothing', () => {
  for (const value of [0, '', null, true, undefined]) expect(weigher.weigh(value)).toBeGreaterThan(0)
})

test('leaves a value as its owner sees it', () => {
  const body = text(5000)
  const make = () => ({
    cut: body.slice(10, 90),
    list: [1, 2.5, body.slice(3, 30)],
    frozen: Object.freeze({ cut: body.slice(7, 77) }),
  })
  const value = make()
  weigher.weigh(value)
  expect(weigher.settled).toBe(value)
  expect(value).toEqual(make())
  expect(value.list).toHaveLength(3)
})

test('copies a small view out of a large buffer, keeps its type, and leaves a large view alone', () => {
  const buffer = Buffer.alloc(10_000, 'abc')
  weigher.weigh(buffer.subarray(3, 9))
  expect(weigher.settled).toEqual(Buffer.from('abcabc'))
  expect((weigher.settled as Buffer).buffer.byteLength).toBe(6)
  const large = buffer.subarray(0, 9000)
  weigher.weigh(large)
  expect(weigher.settled).toBe(large)
  const holder = { view: new Uint16Array(buffer.buffer, 0, 10) }
  weigher.weigh(holder)
  expect(holder.view).toBeInstanceOf(Uint16Array)
  expect(holder.view.buffer.byteLength).toBe(20)
})

test('an error of a parser is kept as an equal one without the text; other errors stay who they are', () => {
  const error: unknown = (() => {
    try {
      return JSON.parse('{ "n": 1, x')
    } catch (thrown) {
      return Object.assign(thrown as Error, { code: 'BAD_BODY' })
    }
  })()
  const holder = { error }
  weigher.weigh(holder)
  expect(holder.error).not.toBe(error)
  expect(holder.error).toBeInstanceOf(SyntaxError)
  const { message, stack, code } = error as Error & { code: string }
  expect(holder.error).toMatchObject({ message, stack, code })
  const other = new TypeError('stays')
  weigher.weigh(other)
  expect(weigher.settled).toBe(other)
})

test('an error of a parser is refused where no copy can take its place, and one that was made by hand is not', () => {
  const thrown = () => {
    try {
      return JSON.parse('{ "n": 1, x') as never
    } catch (error) {
      return error as Error
    }
  }
  const settled = { error: thrown() }
  weigher.weigh(settled)
  // It is a copy by now, which stays who it is.
  const { error } = settled
  expect(weigher.weigh(Object.freeze(settled))).toBeGreaterThan(0)
  weigher.weigh(error)
  expect(weigher.settled).toBe(error)
  class QueryError extends SyntaxError {}
  expect(weigher.weigh(Object.freeze([new QueryError('no such column')]))).toBeGreaterThan(0)
  const foreign: unknown = runInNewContext('try { JSON.parse("{ x") } catch (error) { error }')
  const fixed = [Object.freeze({ error: thrown() }), new Set([thrown()]), new Map([[thrown(), 1]]), foreign]
  for (const value of fixed) expect(() => weigher.weigh(value)).toThrow('where no copy can take its place')
  expect(() => weigher.weighFixed(thrown())).toThrow('where no copy can take its place')
})

test('charges a key that is an object for all that it keeps alive, as it is not exchanged', () => {
  const cache = createCache<object, number>({ maxBytes: MiB })
  cache.set(Buffer.alloc(100_000).subarray(0, 10), 1)
  expect(cache.bytes).toBeGreaterThan(100_000)
})

test('an entry weighs the same however often it is weighed again, or loaded anew', () => {
  const cache = createCache<number, Record<string, number>>({ maxBytes: MiB })
  const make = (n: number) => Object.fromEntries(Array.from({ length: 15 }, (_, at) => [`${n}-${at}`, at]))
  const count = 20
  for (let n = 0; n < count; n++) cache.set(n, make(n))
  const { bytes } = cache
  for (let hit = 0; hit < 64 * 64; hit++) cache.get(hit % count)
  expect(cache.bytes).toBe(bytes)
  for (let round = 0; round < 3; round++) for (let n = 0; n < count; n++) cache.set(n, make(n))
  expect(cache.bytes).toBe(bytes)
})

test('an instance of a class of the language stays one under a prototype without methods', () => {
  const under = (object: object) =>
    Object.setPrototypeOf(object, Object.create(Object.getPrototypeOf(object) as object) as object) as object
  const large = [new Map([[1, text(10_000)]]), Buffer.alloc(10_000), new ArrayBuffer(10_000), Object(text(10_000))]
  for (const value of large as object[]) expect(weigher.weigh(under(value))).toBeGreaterThan(10_000)
  expect(weigher.weigh(Object(text(10_000)))).toBeLessThan(11_000)
  expect(() => weigher.weigh(under(Promise.resolve()))).toThrow('an instance of Promise')
  let heir = {}
  for (let depth = 0; depth < 1000; depth++) heir = Object.create(heir) as object
  expect(weigher.weigh(heir)).toBeGreaterThan(1000)
})

test('what a class of lists hides from enumeration is not looked at, as it may hold functions that all of its lists share', () => {
  class Rows extends Array<number> {
    constructor() {
      super()
      Object.defineProperty(this, 'columns', { value: [{ parser: () => 1 }] })
    }
  }
  expect(weigher.weigh(new Rows())).toBeLessThan(200)
})

test('a Proxy may name what it does not have', () => {
  expect(weigher.weigh(new Proxy({}, { ownKeys: () => ['ghost'] }))).toBeGreaterThan(0)
})

test('keys that are objects of one shape are charged for its names once', () => {
  const cache = createCache<object, number>({ maxBytes: MiB })
  const grown = [1, 2, 3].map((id) => {
    const { bytes } = cache
    cache.set({ id, language: 'de', currency: 'EUR' }, 1)
    return cache.bytes! - bytes!
  })
  expect(grown[2]).toBeLessThan(200)
})

test('what was refused, or weighed again and is gone, is not kept alive', async () => {
  const refusing = createCache<number, object>({ maxBytes: MiB })
  const reweighing = createCache<number, object>({ maxBytes: MiB })
  const refused = new WeakRef<object>({ act: () => 1 })
  expect(() => refusing.set(1, refused.deref()!)).toThrow(UnweighableValueError)
  const gone = new WeakRef<object>({ page: text(100) })
  reweighing.set(1, gone.deref()!)
  for (let hit = 0; hit < 64 * 64; hit++) reweighing.get(1)
  reweighing.delete(1)
  await new Promise(setImmediate)
  globalThis.gc!()
  expect([refused, gone].map((one) => one.deref())).toEqual([undefined, undefined])
})

test('asks nothing of a value that the value itself would answer', () => {
  const strange = [
    Object.create(Date.prototype),
    Object.assign(new Date(), { getTime: undefined }),
    Object.defineProperty(new Error('own stack'), 'stack', {
      get() {
        throw new RangeError('asked')
      },
    }),
  ]
  for (const value of strange) expect(weigher.weigh(value)).toBeGreaterThan(0)
  const lazy = Object.defineProperty(new Error('lazy'), 'response', { get: () => expect.unreachable() })
  expect(() => weigher.weigh(lazy)).toThrow('the getter response')
})

test('says what it met that cannot be weighed', () => {
  class Account {
    #balance = 1
    get balance() {
      return this.#balance
    }
  }
  class Savings extends Account {}
  const what = (value: unknown) => {
    try {
      weigher.weigh(value)
      return null
    } catch (error) {
      return (error as UnweighableValueError).what
    }
  }
  expect(what({ a: [{ act: function save() {} }] })).toBe('the function save')
  expect(what({ id: 7, get page() { return expect.unreachable() } })).toBe('the getter page') // prettier-ignore
  expect(what(Promise.resolve())).toBe('an instance of Promise')
  expect(what(new WeakSet())).toBe('an instance of WeakSet')
  expect(what([][Symbol.iterator]())).toBe('a Array Iterator')
  expect(what(new Savings())).toBe('an instance of Account, which keeps private state')
  expect(what(new URL('http://localhost/'))).toMatch(/private state/)
  expect(what(new AbortController())).not.toBeNull()
  expect(what(AbortSignal.abort().reason)).toBe('an instance of DOMException, which keeps private state')
})
