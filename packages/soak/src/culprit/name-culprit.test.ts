import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, expect, test } from 'vitest'

import { startCoverage } from '../probe/coverage.ts'
import { openSession } from '../probe/inspector.ts'
import type { Frame, RanScript, SampledSite, WriteSite } from '../probe/probe-protocol.ts'
import type { Holder } from './holders.ts'
import { nameHolder, rankSites } from './name-culprit.ts'
import { Sources } from './sources.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function write(text: string): { script: string; sources: Sources } {
  const folder = mkdtempSync(join(tmpdir(), 'name-culprit-'))
  folders.push(folder)
  const script = join(folder, 'server.js')
  writeFileSync(script, text)
  return { script, sources: new Sources(folder) }
}

const holder = (path: string) => ({ path, isInterval: false, near: null }) as Holder
const frame = (script: string, line: number, functionName = ''): Frame => ({ script, line, column: 1, functionName })
const call = (stack: Frame[], changes: Partial<WriteSite>): WriteSite => ({
  ...{ stack, callCount: 5, method: 'get', isOfHolder: false, grewCount: 0 },
  ...changes,
})

test('of calls on the way to a holder, the one that lets it grow is named', () => {
  const { script, sources } = write('const quote = quotes.get(key)\nquotes.set(key, make())\n')
  const writes = [call([frame(script, 1)], {}), call([frame(script, 2)], { method: 'set', grewCount: 5 })]
  expect(nameHolder(holder('quotes.#values'), script, { writes, sites: [], ran: [] }, sources)?.line).toBe(2)
})

test('of a call that is named like no write, the line that writes is named, if it ran', () => {
  const text = 'const tokens = writer.parse(text)\nset(key, value) {\n  this._cache[key] = value\n}\n'
  const { script, sources } = write(text)
  const writes = [call([frame(script, 1)], { method: 'parse', grewCount: 5 })]
  const line = (hasRun: boolean) => {
    const from = text.indexOf('set(')
    const ran: RanScript[] = [{ script, functions: [{ from, to: text.length - 1, hasRun }] }]
    return nameHolder(holder('writer._cache'), script, { writes, sites: [], ran }, sources)?.line
  }
  expect(line(true)).toBe(3)
  expect(line(false)).toBe(1)
})

test("the service's own line is named when it writes itself, whoever leads to what it writes into", () => {
  const { script, sources } = write('this.history.push(entry)\n')
  const stack = [frame(script, 1), frame('/app/node_modules/framework/router.js', 38)]
  const writes = [call(stack, { method: 'push', isOfHolder: true })]
  const framework = 'file:///app/node_modules/framework/module.js'
  expect(nameHolder(holder('exports.instance.history'), framework, { writes, sites: [], ran: [] }, sources)?.line).toBe(
    1,
  )
})

test('what is added to in place is found in the source', () => {
  const { script, sources } = write("class Journal {\n  #text = ''\n  add(line) {\n    this.#text += line\n  }\n}\n")
  expect(nameHolder(holder('journal.#text'), script, { writes: [], sites: [], ran: [] }, sources)?.line).toBe(4)
})

test('a property that is written by a computed name is found there, not at a variable that is called alike', () => {
  const { script, sources } = write(
    [
      'function render(link, links) {',
      '  link = links[link]',
      '  return link',
      '}',
      'function use(pack) {',
      '  for (const prop in pack) {',
      '    renderer[prop] = wrap(renderer[prop], pack[prop])',
      '  }',
      '}',
    ].join('\n'),
  )
  const name = (path: string) => nameHolder(holder(path), script, { writes: [], sites: [], ran: [] }, sources)?.line
  expect(name('exports.defaults.renderer.link')).toBe(7)
  expect(name('link')).toBe(2)
})

/** Loads a module, and tells by V8 itself which of its functions were called by `call`. */
function watchCalls(script: string, call: (exports: Record<string, () => unknown>) => void): RanScript[] {
  const exports = createRequire(import.meta.url)(script) as Record<string, () => unknown>
  const read = startCoverage(openSession())!
  call(exports)
  return read()
}

test('of places that write in the source, the one that ran while it grew is named, else one that may have; never one that runs once', () => {
  const text = [
    'const list = []',
    'list.push(first())',
    'if (list.length > 0) {',
    '  list.push(1)',
    '}',
    'function rare() { list.push(2) }',
    'function often() { list.push(3) }',
    'function first() { return 0 }',
    'function idle() { return 0 }',
    'module.exports = { rare, often, idle }',
  ].join('\n')
  const { script, sources } = write(text)
  const name = (ran: RanScript[]) => nameHolder(holder('list'), script, { writes: [], sites: [], ran }, sources)?.line
  expect(name(watchCalls(script, ({ often }) => often!()))).toBe(7)
  // Neither was called, and V8 tells of none of them: both may have been before.
  expect(name(watchCalls(script, ({ idle }) => idle!()))).toBe(6)
  expect(name([])).toBe(2)
})

test('what was loaded while it was watched has run once all the same', () => {
  const { script, sources } = write('const list = []\nlist.push(0)\nexports.add = () => list.push(1)\n')
  const read = startCoverage(openSession())!
  createRequire(import.meta.url)(script)
  const found = nameHolder(holder('list'), script, { writes: [], sites: [], ran: read() }, sources)
  expect(found?.line).toBe(3)
})

test.each<[string, string]>([
  ['a function whose head takes some lines', 'function add(\n  one,\n) {\n  list.push(one)\n}'],
  ['a method', 'class Store {\n  add(one) {\n    if (one) {\n      list.push(one)\n    }\n  }\n}'],
  ['an arrow function', 'exports.add = (one) =>\n  list.push(one)'],
  ['what stands in one line', 'exports.add=function(a){if(a){list.push(a)}}'],
])('%s is told from what is run by loading, called or not', (_, code) => {
  const text = `const list = []\nfor (const one of [1]) {\n  list.push(one)\n}\n${code}\nexports.idle = () => 0\n`
  const { script, sources } = write(text)
  const ran = watchCalls(script, ({ idle }) => idle!())
  const found = nameHolder(holder('list'), script, { writes: [], sites: [], ran }, sources)
  expect(found?.line).toBeGreaterThan(4)
})

test.each<[string, string]>([
  ['a call within calls', `define(${'rgb(1,2,3),'.repeat(8000)}0),list.push(1)`],
  ['many writes in one line', 'list.push(1),'.repeat(6000)],
  ['many writes in many lines', `if (list) {\n${'  list.push(1)\n'.repeat(6000)}}`],
])('%s is read in a time that is proportional to it', (_, code) => {
  const { script, sources } = write(`const list = []\n${code}\nexports.idle = () => 0\n`)
  const ran: RanScript[] = [{ script, functions: [] }]
  const beganMs = performance.now()
  nameHolder(holder('list'), script, { writes: [], sites: [], ran }, sources)
  expect(performance.now() - beganMs).toBeLessThan(1500)
})

test('listeners whose emitter nobody holds are found by their event', () => {
  const { script, sources } = write(
    "app.get('/', (request) => {\n  request.socket.on('close', () => done(request))\n})\n",
  )
  const sites: SampledSite[] = [{ stack: [frame(script, 1)], leaf: null, liveBytes: 9000 }]
  expect(nameHolder(holder('[]._events.close'), null, { writes: [], sites, ran: [] }, sources)?.line).toBe(2)
})

test('of places that allocate what stays, a call named like a write comes before a larger one that is not', () => {
  const { script, sources } = write(
    'handle(() => {\n  const rows = make(100)\n  ending.signal.addEventListener(rows)\n})\n',
  )
  const site = (leaf: string | null, liveBytes: number): SampledSite => ({ stack: [frame(script, 1)], leaf, liveBytes })
  const sites = [site('make', 9000), site(null, 500), site('addEventListener', 300)]
  const lines = rankSites(sites, ({ stack }) => stack[0], sources).map(({ position }) => position.line)
  expect(lines).toEqual([3, 2, 1])
})

test('a call around a function is none of its own: a server that was made once does not write', () => {
  const { script, sources } = write(
    "const stock = http.createServer((request, response) => response.end('3'))\nserve((request) => {\n  const agent = new Agent()\n})\n",
  )
  const at = (line: number, column: number, leaf: string, liveBytes: number): SampledSite => {
    return { stack: [{ ...frame(script, line), column }], leaf, liveBytes }
  }
  const sites = [at(1, 32, 'end', 100), at(2, 7, 'Agent', 2000)]
  const lines = rankSites(sites, ({ stack }) => stack[0], sources).map(({ position }) => position.line)
  expect(lines).toEqual([3, 1])
})
