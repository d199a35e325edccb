import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { HeapGraph } from './heap-graph.ts'
import { findHolders } from './holders.ts'

/** Runs `source` between two snapshots in a process of its own: what does `grow()` leave, and who holds it? */
function holdersOf(source: string): ReturnType<typeof findHolders>['holders'] {
  return lookAt(source).holders
}

function lookAt(source: string): ReturnType<typeof findHolders> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-holders-'))
  try {
    const program = `${source}
      const snapshot = (name) => require('node:v8').writeHeapSnapshot(name + '.heapsnapshot', { exposeNumericValues: true })
      for (let turn = 0; turn < 50; turn++) grow(turn)
      snapshot('before')
      for (let turn = 0; turn < 200; turn++) grow(turn)
      snapshot('after')
      process.exit()`
    execFileSync(process.execPath, ['-e', program], { cwd: folder, timeout: 120_000 })
    const [before, after] = ['before', 'after'].map((name) => HeapGraph.read(join(folder, `${name}.heapsnapshot`)))
    return findHolders(before!, after!)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('a chain is held by the variable that has its newest link, which lets nothing go', () => {
  const [first] = holdersOf(`let last = null; function grow() { last = { before: last } }
    globalThis.read = () => last`)
  expect(first).toMatchObject({ path: 'last', countBefore: 2, countLeft: 2, countNew: 1 })
  expect(first!.netBytes).toBeGreaterThan(200 * 16)
})

test('what grows is given to the variable that leads to it', () => {
  const [first] = holdersOf(`const kept = []; function grow(turn) { kept.push({ text: 'x'.repeat(1000) + turn }) }
    globalThis.read = () => kept`)
  expect(first).toMatchObject({ path: 'kept', countNew: 200, isInterval: false, isTimer: false })
}, 120_000)

test('intervals that nobody clears are held by their list, not by whoever keeps one of them', () => {
  const [first] = holdersOf(`let one
    function grow(turn) { const data = 'x'.repeat(1000) + turn; one = setInterval(() => data.length, 15_000) }
    globalThis.read = () => one`)
  expect(first).toMatchObject({ path: 'setInterval', isInterval: true, isTimer: false })
  expect(first!.near?.line).toBe(2)
}, 120_000)

test('timers that go off once let go by themselves', () => {
  const [first] = holdersOf(
    `function grow(turn) { const data = 'x'.repeat(1000) + turn; setTimeout(() => data.length, 15_000) }`,
  )
  expect(first).toMatchObject({ isTimer: true, isInterval: false })
}, 120_000)

test('a collection that nothing but a timer leads to is not let go of when that goes off: it may be set again', () => {
  const [first] = holdersOf(
    `const found = (() => {
       const sessions = new Map()
       const sweep = () => setTimeout(() => (sessions.size, sweep()), 15_000)
       sweep()
       return new WeakRef(sessions)
     })()
     function grow(turn) { found.deref().set('x'.repeat(1000) + turn, turn) }`,
  )
  expect(first).toMatchObject({ isTimer: false, isInterval: false, countNew: expect.any(Number) })
  expect(first!.path).toMatch(/sessions$/)
}, 120_000)

const text = (bytes: string) => `Buffer.alloc(${bytes}, 65).toString()`

test('what the last request of a free parser happens to reach is held by the variable, however far away that is', () => {
  const [first] = holdersOf(
    `const { parsers } = require('_http_common')
     const app = { a: { b: { c: { d: { e: { f: { history: [] } } } } } } }
     function grow(turn) {
       const parser = parsers.alloc()
       const { f } = app.a.b.c.d.e
       f.history = [...f.history, ${text('1000')} + turn]
       parser.incoming = { history: f.history }
       parsers.free(parser)
     }
     globalThis.read = () => app`,
  )
  expect(first!.path).toMatch(/f\.history$/)
  expect(first!.netBytes).toBeGreaterThan(200 * 1000)
}, 120_000)

test('a full cache whose entries are replaced by others as large has not grown; by larger ones, it has', () => {
  const cache = (bytes: string) => `const cache = new Map()
    function grow(turn) { cache.set(turn % 25, { text: ${text(bytes)} }) }
    globalThis.read = () => cache`
  const held = (bytes: string) => holdersOf(cache(bytes)).find(({ path }) => path === 'cache')?.netBytes ?? 0
  expect(held('2000')).toBeLessThan(1000)
  expect(held('turn < 50 ? 1000 : 3000')).toBeGreaterThan(25 * 1900)
}, 120_000)

test('of a list that is copied at each change, its length and the limit of the function that copies it are told', () => {
  const store = (limit: string) => `
    function undoable(options) {
      let last = { past: [], limit: 1 }
      return (history, next) => {
        const past = [...last.past, next].slice(-(options.limit ?? 1e9))
        return (last = { past, limit: past.length + 1 })
      }
    }
    function createStore(reduce) {
      let history = { past: [] }
      return { dispatch(next) { history = reduce(history, next) }, read: () => [history, reduce] }
    }
    const store = createStore(undoable({ ${limit} }))
    function grow(turn) { store.dispatch({ text: ${text('1000')} + turn }) }
    globalThis.read = () => store`
  const [bounded] = holdersOf(store('limit: 4000'))
  expect(bounded).toMatchObject({ path: 'history', copiedCount: expect.any(Number) })
  expect(bounded!.copiedCount).toBeGreaterThanOrEqual(250)
  expect(bounded!.numbers).toContainEqual({ name: 'limit', value: 4000, isOfOwner: true })
  expect(holdersOf(store(''))[0]!.numbers.filter(({ name }) => name === 'limit')).toEqual([])
}, 120_000)

test('code that V8 compiles of functions known before is told from that of functions which come', () => {
  const body = Array.from({ length: 40 }, (_, part) => `row.p${part} = name + row.p${part}`).join('; ')
  const make = `const make = (turn) => new Function('row', 'name', ${JSON.stringify(body)} + '; return ' + turn)`
  const known = lookAt(`${make}
    const templates = Array.from({ length: 300 }, (_, turn) => make(turn))
    function grow(turn) { if (turn < 2 || turn > 50) for (const template of templates) template({}, 'n') }`)
  expect(known.compiledBytes).toBeGreaterThan(3 * known.grownBytes)
  expect(known.compiledBytes).toBeGreaterThan(200_000)

  const come = lookAt(`${make}
    const templates = []
    function grow(turn) { for (let part = 0; part < 3; part++) { const one = make(turn + '.' + part); templates.push(one); for (let run = 0; run < 20; run++) one({}, 'n') } }`)
  expect(come.compiledBytes).toBeLessThan(come.holders[0]!.netBytes)
}, 120_000)
