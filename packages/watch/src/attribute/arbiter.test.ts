import { expect, test } from 'vitest'
import type { HolderSeries } from '../detect/detector.ts'
import { nameCulprit, nameSite, type Places } from './arbiter.ts'
import type { Frame } from './stack.ts'

const holder: HolderSeries = {
  id: 1,
  kind: 'listeners',
  path: "transport.on('unpipe')",
  script: 'file:///app/server.cjs',
  points: [],
  hasLetGo: false,
  removal: 'unknown',
  bound: null,
  entryBytes: 100,
  entryExternalBytes: 0,
}
const places: Places = {
  locate: (script, line, column) => ({
    file: script,
    line,
    column,
    source: null,
    isMapped: false,
    lacksMap: false,
  }),
  readScript: () => null,
  present: (file) => file,
  packageOf: () => null,
}
const at = (script: string, line: number): Frame => ({ script, line, column: 1, functionName: null })
const name = (stack: Frame[]) =>
  nameCulprit({ holder, share: 0.5, writers: [{ stack, callCount: 20 }] }, places)!.culprit

test('the writer is the frame in the module that owns the variable, by whichever name V8 calls that file', () => {
  const library = at('/app/node_modules/readable-stream/lib/_stream_readable.js', 600)
  expect(name([library, at('/app/server.cjs', 11)])).toMatchObject({ file: '/app/server.cjs', line: 11 })
  expect(name([library, at('file:///app/server.cjs', 11)])).toMatchObject({ line: 11 })
})

test('where that module is not on the stack, it is who called the write', () => {
  const library = at('/app/node_modules/readable-stream/lib/_stream_readable.js', 600)
  expect(name([library, at('/app/other.cjs', 11)])).toMatchObject({ file: library.script, line: 600 })
})

test('of a package the line of the own code that leads into it is told as well', () => {
  const packageOf = (file: string) => (file.includes('node_modules') ? { name: 'store', version: '1.0.0' } : null)
  const stack = [
    at('/app/node_modules/store/index.js', 39),
    at('/app/node_modules/web/app.js', 9),
    at('/app/server.cjs', 7),
  ]
  const held = { ...holder, script: 'file:///app/node_modules/store/index.js' }
  const suspect = { holder: held, share: 0.5, writers: [{ stack, callCount: 20 }] }
  const named = nameCulprit(suspect, { ...places, packageOf })!
  expect(named).toMatchObject({ culprit: { package: 'store', line: 39 }, caller: '/app/server.cjs:7' })
})

test('a plain object under a symbol is named by the line that writes into it', () => {
  const source = "const kRooms = Symbol('rooms')\nclass Hotel {\n  book(id) {\n    this[kRooms][id] = {}\n  }\n}"
  const kept: HolderSeries = { ...holder, kind: 'object', path: 'hotel[Symbol(rooms)]' }
  const { culprit } = nameCulprit({ holder: kept, share: 0.5, writers: [] }, { ...places, readScript: () => source })!
  expect(culprit).toMatchObject({ line: 4, variable: 'hotel[Symbol(rooms)]' })
})

test('what was transpiled in memory is told by the line of the file', () => {
  const written = { line: 13, column: 5 }
  expect(name([{ ...at('file:///app/server.cjs', 1), written }])).toMatchObject({ line: 13, column: 5 })
  const frame = { ...at('/app/page.ts', 1), written }
  expect(nameSite({ frame, share: 0.8, livingCount: 5 }, places)!.culprit).toMatchObject({ line: 13, column: 5 })
})

test("of a package's function under which something stays, the call of the own code that leads there is told", () => {
  const source = 'function render(id) {\n  const preview = new Page(id)\n  return preview.text()\n}'
  const site = {
    frame: at('/app/node_modules/dom/lib/api.js', 30),
    ledBy: { frame: at('/app/server.cjs', 1), callee: 'Page' },
    share: 0.9,
    livingCount: 6,
  }
  const readScript = (script: string) => (script === '/app/server.cjs' ? source : null)
  expect(nameSite(site, { ...places, readScript })!.caller).toBe('/app/server.cjs:2')
})
