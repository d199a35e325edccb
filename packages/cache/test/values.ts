import { readFileSync } from 'node:fs'
import { createSeededRandom, nextBelow } from '@plimsoll/core'

/** Makes the n-th value of a kind; every one is fresh, and its text is nobody else's. */
export interface ValueKind {
  name: string
  make: (n: number) => unknown
  /** Values below 100 bytes: the index is most of what they cost. */
  isSmall?: boolean
}

const random = createSeededRandom(20_230_510)
const POOL_LENGTH = 2 ** 20
const narrowPool = Buffer.from(Uint8Array.from({ length: POOL_LENGTH }, () => 97 + nextBelow(random, 26)))
const widePool = Buffer.from(Uint16Array.from({ length: POOL_LENGTH }, () => 0x4e00 + nextBelow(random, 20_000)).buffer)

/** Text of one-byte characters that owns them. */
export function text(length: number): string {
  const from = nextBelow(random, POOL_LENGTH - length)
  return narrowPool.toString('latin1', from, from + length)
}

/** Text of two-byte characters that owns them. */
export function wideText(length: number): string {
  const from = 2 * nextBelow(random, POOL_LENGTH - length)
  return widePool.toString('utf16le', from, from + 2 * length)
}

function listing(n: number, write: (length: number) => string) {
  return {
    id: n,
    title: write(40),
    price: n + 0.99,
    currency: 'EUR',
    seller: { id: n, name: write(14), rating: 4.5 },
    tags: [write(6), write(7), write(8)],
    stock: n % 50,
    description: write(300),
    images: [`/img/${n}.svg`, `/img/${n}-back.svg`],
  }
}

function rope(pieces: number, n: number): string {
  let rope = ''
  for (let at = 0; at < pieces; at++) rope += `${n}-${at};`
  return rope
}

function pushed<T>(length: number, make: (at: number) => T): T[] {
  const items: T[] = []
  for (let at = 0; at < length; at++) items.push(make(at))
  return items
}

class Point {
  readonly x: number
  readonly y: number
  readonly label: string

  constructor(n: number) {
    this.x = n
    this.y = n + 0.5
    this.label = text(20)
  }
}

interface Branch {
  name: string
  parent: Branch | null
  children: Branch[]
}

function tree(): Branch {
  const root: Branch = { name: text(20), parent: null, children: [] }
  for (let at = 0; at < 4; at++) root.children.push({ name: text(10), parent: root, children: [] })
  return root
}

/** What a shop keeps, and what keeps more alive than it shows. */
export const valueKinds: readonly ValueKind[] = [
  { name: 'listing, ASCII', make: (n) => JSON.parse(JSON.stringify(listing(n, text))) as unknown },
  { name: 'listing, UTF-16', make: (n) => listing(n, wideText) },
  { name: 'small session', make: (n) => ({ userId: n, token: text(24), expiresAtMs: 1.7e12 + n }) },
  { name: 'number', make: (n) => n, isSmall: true },
  { name: 'fraction', make: (n) => n + 0.5, isSmall: true },
  { name: 'short string', make: () => text(8), isSmall: true },
  { name: '5 kB of HTML', make: () => `<html>${text(5000)}</html>` },
  { name: 'substring of a 20 kB body', make: () => text(20_000).slice(100, 140) },
  { name: 'substrings of a body in an object', make: () => cutUp(text(20_000)) },
  { name: 'ASCII substring of a UTF-16 body', make: () => ({ cut: (wideText(4000) + text(4000)).slice(5000, 5200) }) },
  { name: 'small view of a large buffer', make: () => Buffer.alloc(65_536, 1).subarray(100, 600) },
  { name: 'pooled Buffer', make: () => Buffer.from(text(100)) },
  { name: 'pooled Buffer in an object', make: (n) => ({ n, body: Buffer.from(text(100)) }) },
  { name: 'Map', make: (n) => new Map(pushed(20, (at) => [`${n}-${at}`, at])) },
  { name: 'Set', make: (n) => new Set(pushed(20, (at) => n + at)) },
  { name: 'Date', make: (n) => new Date(1.7e12 + n) },
  { name: 'rope', make: (n) => rope(50, n) },
  { name: 'rope in an object', make: (n) => ({ page: rope(50, n) }) },
  { name: 'array of ids', make: (n) => pushed(30, (at) => n + at) },
  { name: 'array of string ids', make: () => pushed(10, () => text(10)) },
  { name: 'array of fractions', make: (n) => pushed(30, (at) => n + at + 0.5) },
  { name: 'graph with cycles', make: tree },
  { name: 'class instance', make: (n) => new Point(n) },
  { name: 'typed array', make: () => new Float64Array(100) },
  { name: 'BigInt', make: (n) => 2n ** 100n + BigInt(n), isSmall: true },
  { name: 'error', make: (n) => new RangeError(`no listing ${n}`) },
  { name: 'error that notes where it was made', make: (n) => new HttpError(404, `no listing ${n}`) },
  { name: 'error whose stack was captured again', make: (n) => captured(new Error(`no listing ${n}`)) },
  {
    name: 'error of the language with names, captured again',
    make: (n) =>
      captured(Object.assign(thrown(() => Reflect.construct(Array, [-n])) as Error, { status: n, path: '/' })),
  },
  { name: 'error of the file system', make: (n) => thrown(() => readFileSync(`/no/listing/${n}`)) },
  { name: 'errors in an error', make: (n) => new AggregateError([captured(new Error(`${n}`, { cause: n }))], 'all') },
  { name: 'error with names of its own', make: (n) => Object.assign(new Error(`no listing ${n}`), ids(n, 8)) },
  { name: 'object with names of its own', make: (n) => ids(n, 10) },
  { name: 'object of JSON with names of its own', make: (n) => JSON.parse(JSON.stringify(ids(n, 10))) as unknown },
  { name: 'object with five of a thousand names', make: () => fiveOfMany() },
  { name: 'object with names and symbols of its own', make: (n) => ({ ...ids(n, 5), [Symbol('page')]: text(500) }) },
  { name: 'object with data under a symbol alone', make: () => ({ [page]: text(500) }) },
  { name: 'object with a symbol of its own', make: (n) => ({ id: n, title: 'tea', stock: 3, [Symbol('page')]: n }) },
  { name: 'Map with names of its own', make: (n) => Object.assign(new Map([[1, n]]), ids(n, 5)) },
  { name: 'Date with names of its own', make: (n) => Object.assign(new Date(n), ids(n, 5)) },
  { name: 'error with a symbol of its own', make: (n) => Object.assign(new Error('no'), { [Symbol(text(500))]: n }) },
  { name: 'list of a class, with a field', make: (n) => Object.assign(Rows.of(n), { statement: text(500) }) },
  {
    name: 'object of a class without methods',
    make: (n) => Object.assign(new Query(), { page: n, words: text(8) }),
    isSmall: true,
  },
  { name: 'object that inherits from one of its own', make: (n) => Object.create({ n, title: text(40) }) as unknown },
  { name: 'object that inherits from a small one', make: (n) => Object.create({ n }) as unknown },
  { name: 'class instance that was assigned many names', make: (n) => Object.assign(new Point(n), manyNames) },
  { name: 'error with many names', make: (n) => Object.assign(new Error(`no listing ${n}`), manyNames) },
  {
    name: 'error of a parser, which keeps the text',
    make: (n) => thrown(() => JSON.parse(`{ "n": ${n}, ${text(20_000)}`)),
  },
  {
    name: 'nested mix',
    make: (n) => ({
      n,
      map: new Map([['a', { at: new Date(n) }]]),
      set: new Set([`s${n}`]),
      bytes: new Uint16Array(100),
      rows: [1, 2.5, [3, { big: BigInt(n) }]],
    }),
  },
]

const page = Symbol('page')

/** As clients of databases answer. */
class Rows extends Array<number> {}

/** As parsers of queries and cookies make theirs. */
const Query = function () {} as unknown as new () => object
Query.prototype = Object.create(null)

/** As most services write theirs: V8 makes its properties a table. */
class HttpError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.name = 'HttpError'
    this.status = status
    Error.captureStackTrace(this, HttpError)
  }
}

const manyNames = Object.fromEntries(pushed(40, (at) => [`name${at}`, at]))

function thrown(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error
  }
}

function captured(error: Error): Error {
  Error.captureStackTrace(error)
  return error
}

/** Under names that no other object has, as what is kept by id does. */
function ids(n: number, count: number): Record<string, number> {
  return Object.fromEntries(pushed(count, (at) => [`id-${n}-${at}`, at]))
}

function fiveOfMany(): Record<string, number> {
  const stock: Record<string, number> = {}
  for (let at = 0; at < 5; at++) stock[`id-${nextBelow(random, 1000)}`] = at
  return stock
}

function cutUp(body: string) {
  return { head: body.slice(5, 50), rest: body.slice(100, 500), words: [body.slice(0, 20), body.slice(600, 604)] }
}
