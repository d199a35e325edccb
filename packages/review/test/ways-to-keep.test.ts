import { describe, expect, test } from 'vitest'
import { reviewSource } from '../src/index.ts'

/** A way to keep one thing more with every call, of what `PLACE` names; `id` and `v` come with the call. */
interface Way {
  begin: string
  keep: string
  /** What bounds it, behind it. */
  bound: string
  /** What takes it out again later on. */
  release: string
}

const list = {
  begin: '[]',
  bound: 'if (PLACE.length > 1000) PLACE.shift()',
  release: 'PLACE.splice(PLACE.indexOf(v), 1)',
}
const table = { begin: '{}', bound: 'if (Object.keys(PLACE).length > 1000) PLACE = {}', release: 'delete PLACE[id]' }
const map = { begin: 'new Map()', bound: 'if (PLACE.size > 1000) PLACE.clear()', release: 'PLACE.delete(id)' }
const set = { begin: 'new Set()', bound: 'if (PLACE.size > 1000) PLACE.clear()', release: 'PLACE.delete(id)' }
const ways: Record<string, Way> = {
  'map.set()': { ...map, keep: 'PLACE.set(id, v)' },
  'map of lists': { ...map, keep: 'if (!PLACE.has(id)) PLACE.set(id, []); PLACE.get(id).push(v)' },
  'map of counts': { ...map, keep: 'PLACE.set(id, (PLACE.get(id) ?? 0) + 1)' },
  'set.add()': { ...set, keep: 'PLACE.add(id)' },
  'list.push()': { ...list, keep: 'PLACE.push(v)' },
  'list.push(...)': { ...list, keep: 'PLACE.push(...v.parts)' },
  'push.apply()': { ...list, keep: 'Array.prototype.push.apply(PLACE, v.parts)' },
  'list.unshift()': { ...list, keep: 'PLACE.unshift(v)' },
  'list.splice()': { ...list, keep: 'PLACE.splice(PLACE.length, 0, v)' },
  'closures in a list': { ...list, keep: 'PLACE.push(() => use(v))' },
  'a key': { ...table, keep: 'PLACE[id] = v' },
  'Object.assign()': { ...table, keep: 'Object.assign(PLACE, { [id]: v })' },
  'Object.defineProperty()': { ...table, keep: 'Object.defineProperty(PLACE, id, { value: v, configurable: true })' },
  'Reflect.set()': { ...table, keep: 'Reflect.set(PLACE, id, v)' },
  'lists by key': { ...table, keep: ';(PLACE[id] || (PLACE[id] = [])).push(v)' },
  'counts by key': { ...table, keep: 'PLACE[id] = (PLACE[id] || 0) + 1' },
  'a memo': { ...table, keep: 'if (PLACE[id]) return PLACE[id]; PLACE[id] = v' },
}

/** Who owns what `BEGIN` makes, and calls `KEEP` with `id` and `v`; `PLACE` is what the collection is called there. */
interface Owner {
  place: string
  code: string
  file?: 'x.ts'
}

const owners: Record<string, Owner> = {
  'a variable of the module': {
    place: 'items',
    code: 'let items = BEGIN\nexports.track = function (id, v) {\n  KEEP\n}',
  },
  'an exported function of an ES module': {
    place: 'items',
    code: 'let items = BEGIN\nexport function track(id, v) {\n  KEEP\n}',
  },
  'a route': {
    place: 'items',
    code: 'const app = require("express")()\nlet items = BEGIN\napp.get("/:id", (req, res) => {\n  const id = req.params.id, v = req.body\n  KEEP\n  res.end()\n})',
  },
  'a singleton': {
    place: 'this.items',
    code: 'class Tracker {\n  constructor() { this.items = BEGIN }\n  track(id, v) {\n    KEEP\n  }\n}\nmodule.exports = new Tracker()',
  },
  'a private field': {
    place: 'this.#items',
    code: 'class Tracker {\n  #items = BEGIN\n  track(id, v) {\n    KEEP\n  }\n}\nexport const tracker = new Tracker()',
  },
  'a static field': {
    place: 'this.items',
    code: 'class Tracker {\n  static items = BEGIN\n  static track(id, v) {\n    KEEP\n  }\n}\nmodule.exports = Tracker',
  },
  'a prototype': {
    place: 'this.items',
    code: 'function Tracker() {}\nTracker.prototype.items = BEGIN\nTracker.prototype.track = function (id, v) {\n  KEEP\n}\nmodule.exports = Tracker',
  },
  'an exported class that lasts by its name': {
    place: 'this.items',
    code: 'class Tracker {\n  constructor() { this.items = BEGIN }\n  track(id, v) {\n    KEEP\n  }\n}\nmodule.exports = Tracker',
  },
  'a global': {
    place: 'globalThis.items',
    code: 'exports.track = function (id, v) {\n  globalThis.items = globalThis.items || BEGIN\n  KEEP\n}',
  },
  'an object of the module': {
    place: 'state.http.items',
    code: 'const state = { http: { items: BEGIN } }\nexports.track = function (id, v) {\n  KEEP\n}',
  },
  'what is exported': {
    place: 'this.items',
    code: 'module.exports = {\n  items: BEGIN,\n  track(id, v) {\n    KEEP\n  },\n}',
  },
  'a closure that start-up makes': {
    place: 'items',
    code: 'function create() {\n  let items = BEGIN\n  return {\n    track(id, v) {\n      KEEP\n    },\n  }\n}\nconst tracker = create()\nexports.handle = (req) => tracker.track(req.url, req)',
  },
  'what makes a middleware': {
    place: 'items',
    code: 'module.exports = function (options) {\n  let items = BEGIN\n  return function (req, res, next) {\n    const id = req.url, v = { req }\n    KEEP\n    next()\n  }\n}',
  },
  'a plugin of a server': {
    place: 'items',
    code: 'module.exports = async function (fastify, options) {\n  let items = BEGIN\n  fastify.addHook("onRequest", async (request, reply) => {\n    const id = request.url, v = { request }\n    KEEP\n  })\n}',
  },
  'what starts a server': {
    place: 'items',
    code: 'import { createServer } from "node:http"\nexport function start() {\n  let items = BEGIN\n  const server = createServer((req, res) => {\n    const id = req.url, v = { req }\n    KEEP\n    res.end()\n  })\n  return server\n}',
  },
  'what a function makes when it is first asked': {
    place: 'getItems()',
    code: 'let items\nfunction getItems() {\n  if (!items) items = BEGIN\n  return items\n}\nexports.track = function (id, v) {\n  KEEP\n}',
  },
  'a getter': {
    place: 'this.items',
    code: 'class Tracker {\n  constructor() { this._items = BEGIN }\n  get items() { return this._items }\n  track(id, v) {\n    KEEP\n  }\n}\nmodule.exports = new Tracker()',
  },
  'a listener that a constructor adds': {
    place: 'this.items',
    code: 'const bus = require("./bus")\nclass Recorder {\n  constructor() {\n    this.items = BEGIN\n    bus.on("message", (v) => {\n      const id = v.id\n      KEEP\n    })\n  }\n}\nmodule.exports = new Recorder()',
  },
  'a timer': {
    place: 'items',
    code: 'let items = BEGIN\nsetInterval(() => {\n  const v = { at: Date.now(), parts: [] }, id = v.at\n  KEEP\n}, 1000)',
  },
  'the default of a parameter': {
    place: 'this.items',
    code: 'class Tracker {\n  constructor(items = BEGIN) { this.items = items }\n  track(id, v) {\n    KEEP\n  }\n}\nmodule.exports = new Tracker()',
  },
  'a parameter that is a property': {
    file: 'x.ts',
    place: 'this.items',
    code: 'class Tracker {\n  constructor(private items: any = BEGIN) {}\n  track(id: string, v: any) {\n    KEEP\n  }\n}\nexport const tracker = new Tracker()',
  },
  'the only instance, made when it is first asked for': {
    file: 'x.ts',
    place: 'this.items',
    code: 'export class Visits {\n  private static instance: Visits\n  private items: any = BEGIN\n  static get(): Visits {\n    if (!Visits.instance) Visits.instance = new Visits()\n    return Visits.instance\n  }\n  track(id: string, v: any) {\n    KEEP\n  }\n}',
  },
  'what is injected': {
    file: 'x.ts',
    place: 'this.items',
    code: 'import { Injectable } from "@nestjs/common"\n@Injectable()\nexport class Visits {\n  private items: any = BEGIN\n  track(id: string, v: any) {\n    KEEP\n  }\n}',
  },
  'a class as older compilers write it': {
    place: 'this.items',
    code: 'var Visits = function () {\n  function Visits() {\n    this.items = BEGIN;\n  }\n  _createClass(Visits, [{\n    key: "track",\n    value: function track(id, v) {\n      KEEP\n    }\n  }]);\n  return Visits;\n}();\nexports.default = new Visits();',
  },
}

/** These die with the call, the request or the document. */
const passingOwners: Record<string, Owner> = {
  'a variable of the call': {
    place: 'items',
    code: 'exports.track = function (entries) {\n  let items = BEGIN\n  entries.forEach(([id, v]) => {\n    KEEP\n  })\n  return items\n}',
  },
  'what reads one request': {
    place: 'items',
    code: 'function reader(req) {\n  let items = BEGIN\n  return {\n    write(id, v) {\n      KEEP\n    },\n    end() {\n      req.body = items\n    },\n  }\n}\nmodule.exports = () => (req, res, next) => {\n  req.pipe(reader(req))\n  next()\n}',
  },
  'a closure in a handler': {
    place: 'items',
    code: 'module.exports = (req, res) => {\n  let items = BEGIN\n  req.on("data", (v) => {\n    const id = v.id\n    KEEP\n  })\n  req.on("end", () => res.end(String(items)))\n}',
  },
  'an instance that each call makes': {
    place: 'this.items',
    code: 'class Tracker {\n  constructor() { this.items = BEGIN }\n  track(id, v) {\n    KEEP\n  }\n}\nexports.run = (entries) => {\n  const tracker = new Tracker()\n  for (const [id, v] of entries) tracker.track(id, v)\n}',
  },
  'an exported class of what is short': {
    place: 'this.items',
    code: 'class QueryBuilder {\n  constructor() { this.items = BEGIN }\n  where(id, v) {\n    KEEP\n  }\n}\nmodule.exports = QueryBuilder',
  },
}

function linesTold({ code, place, file = undefined }: Owner, begin: string, keep: string): number[] {
  const source = code.replaceAll('BEGIN', begin).replaceAll('KEEP', keep).replaceAll('PLACE', place)
  const { findings, unread } = reviewSource(source, file ?? 'x.js')
  expect(unread).toBeNull()
  return findings.flatMap(({ place: { line }, otherLines }) => [line, ...otherLines])
}

describe.each(Object.entries(ways))('%s', (_way, { begin, keep, bound, release }) => {
  test.each(Object.entries(owners))('grows without end in %s', (_owner, owner) => {
    const line = owner.code.split('\n').findIndex((text) => text.includes('KEEP')) + 1
    expect(linesTold(owner, begin, keep)).toContain(line)
  })
  test.each(Object.entries(owners))('is bounded in %s', (_owner, owner) => {
    // Where a function answers the place, it is not assigned to.
    if (owner.place.endsWith('()') && bound.includes('PLACE =')) return
    expect(linesTold(owner, begin, `${keep}\n    ${bound}`)).toEqual([])
  })
  test.each(Object.entries(owners))('is given back in %s', (_owner, owner) => {
    expect(linesTold(owner, begin, `${keep}\n    setTimeout(() => { ${release} }, 1000)`)).toEqual([])
  })
  test.each(Object.entries(passingOwners))('goes with its owner: %s', (_owner, owner) => {
    expect(linesTold(owner, begin, keep)).toEqual([])
  })
})
