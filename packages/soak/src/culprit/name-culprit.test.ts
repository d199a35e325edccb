import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterEach, expect, test } from 'vitest'

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

test('of places that write in the source, the one that ran while it grew is named; never one that runs once', () => {
  const text =
    'const list = []\nlist.push(first)\nfunction rare() { list.push(2) }\nfunction often() { list.push(3) }\n'
  const { script, sources } = write(text)
  const name = (functions: RanScript['functions']) =>
    nameHolder(
      holder('list'),
      script,
      { writes: [], sites: [], ran: [{ script: pathToFileURL(script).href, functions }] },
      sources,
    )?.line
  const at = (line: number) =>
    text
      .split('\n')
      .slice(0, line - 1)
      .join('\n').length + 1
  const all = { from: 0, to: text.length, hasRun: false }
  const rare = { from: at(3), to: at(4) - 1, hasRun: false }
  const often = { from: at(4), to: text.length - 1, hasRun: true }
  expect(name([all, rare, often])).toBe(4)
  expect(name([all, rare, { ...often, hasRun: false }])).toBe(3)
  expect(nameHolder(holder('list'), script, { writes: [], sites: [], ran: [] }, sources)?.line).toBe(2)
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
