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
  writeFileSync(join(folder, 'table.js'), table)
  const code = `import { registerWireSocket } from './table.js'
    export class Transport {
      constructor(session) { this.session = session; this.ref = registerWireSocket(session) }
      shutdown() { ${end} }
    }`
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
