import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Linter } from 'eslint'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { understand } from './program.ts'
import { createElsewhere } from './elsewhere.ts'
import { findRegistrations } from './registration.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-registration-'))
  writeFileSync(join(folder, 'package.json'), '{}')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** What is told of a class that registers with `table.js`, which holds this text. */
function counterparts(table: string, end = 'this.session.close()'): string[] {
  return counterpartsOf(
    `import { registerWireSocket } from './table.js'
    export class Transport {
      constructor(session) { this.session = session; this.ref = registerWireSocket(session) }
      shutdown() { ${end} }
    }`,
    table,
  )
}

const offersBoth = 'export function registerWireSocket() {}\nexport function unregisterWireSocket() {}'

function counterpartsOf(code: string, table = offersBoth): string[] {
  writeFileSync(join(folder, 'table.js'), table)
  const linter = new Linter()
  linter.verify(code, [{}])
  const program = understand(
    linter.getSourceCode().ast as never,
    code,
    false,
    createElsewhere(join(folder, 'transport.js')),
  )
  return findRegistrations(program).map(({ counterpart }) => counterpart)
}

test('tells a registration that the other file would take back', () => {
  expect(counterparts('export function registerWireSocket() {}\nexport function unregisterWireSocket() {}')).toEqual([
    'unregisterWireSocket',
  ])
  expect(counterparts('exports.registerWireSocket = add\nexports.unregisterWireRef = remove')).toEqual([
    'unregisterWireRef',
  ])
})

test('leaves alone what nothing takes back, or what the end mentions', () => {
  expect(counterparts('export function registerWireSocket() {}')).toEqual([])
  expect(
    counterparts(
      'export function registerWireSocket() {}\nexport function unregisterWireSocket() {}',
      'this.ref.end()',
    ),
  ).toEqual([])
})

test.each([
  ['another name', `import { registerWireSocket, unregisterWireSocket as drop } from './table.js'`, 'drop(this)'],
  [
    'a name of its own for the other file',
    `import * as table from './table.js'`,
    'const { unregisterWireSocket: f } = table; f(this)',
  ],
  ['the base class', `import { registerWireSocket } from './table.js'`, 'super.close()'],
])('leaves alone what is taken back under %s', (_, head, end) => {
  const call = head.includes('* as') ? 'table.registerWireSocket(this)' : 'registerWireSocket(this)'
  const source = (inner: string) =>
    `${head.replace(/, \w+ as drop/, inner === end ? '$&' : '')}\nexport class T extends Base { constructor() { super(); ${call} } close() { ${inner} } }`
  expect(counterpartsOf(source(end))).toEqual([])
  expect(counterpartsOf(source('this.session.end()'))).toEqual(['unregisterWireSocket'])
})

test('knows what registers under another name', () => {
  const code = `import { registerWireSocket as enter } from './table.js'
    export class T { constructor() { enter(this) } close() { this.session.end() } }`
  expect(counterpartsOf(code)).toEqual(['unregisterWireSocket'])
})

test('leaves alone where the answer is used', () => {
  const head = `import { registerWireSocket } from './table.js'\n`
  const classWith = (made: string) =>
    `${head}export class T { constructor() { ${made} } close() { this.all.forEach((f) => f()) } }`
  expect(counterpartsOf(classWith('this.all = []; this.all.push(registerWireSocket(this))'))).toEqual([])
  expect(counterpartsOf(classWith('const off = registerWireSocket(this); this.onClose(off)'))).toEqual([])
  expect(counterpartsOf(classWith('registerWireSocket(this)'))).toEqual(['unregisterWireSocket'])
})

test('a comment offers nothing, and what is held weakly needs no end', () => {
  expect(counterparts('// unregisterWireSocket(socket) is gone\nexport function registerWireSocket() {}')).toEqual([])
  expect(counterparts(`const table = new WeakMap()\n${offersBoth}`)).toEqual([])
})
