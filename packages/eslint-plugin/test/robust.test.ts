import { Linter } from 'eslint'
import { afterEach, expect, test, vi } from 'vitest'
import { review } from '../src/analysis.ts'
import plugin from '../src/index.ts'
import { rules } from '../src/rules.ts'

const everyRule = Object.fromEntries(Object.keys(plugin.rules ?? {}).map((rule) => [`plimsoll/${rule}`, 1])) as Record<
  string,
  Linter.RuleSeverity
>

function lint(code: string): Linter.LintMessage[] {
  return new Linter().verify(code, [{ plugins: { plimsoll: plugin }, rules: everyRule }], 'example.js')
}

afterEach(() => {
  vi.restoreAllMocks()
})

test.each([
  "process.on('SIGTERM', () => {})",
  "const s = x(); s.once('error', () => s.y())",
  "import fs from 'fs'; a.on('x', b)",
  "class A { static { process.on('exit', () => {}) } }",
  "class A { x = process.on('exit', () => {}) }",
  "class A { static x = this.on('exit', () => 1) }",
])('a listener outside of every function stops no lint: %s', (code) => {
  const warn = vi.spyOn(process, 'emitWarning')
  expect(lint(code)).toEqual([])
  expect(warn).not.toHaveBeenCalled()
})

test('a rule that fails finds nothing, and says so; the other rules go on', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const failing = rules.find(({ name }) => name === 'no-listener-per-call')!
  vi.spyOn(failing, 'find').mockImplementation(() => {
    throw new TypeError('no such thing')
  })
  const code = 'const seen = new Map(); export function see(id) { seen.set(id, 1) }'
  expect(lint(code).map(({ ruleId }) => ruleId)).toEqual(['plimsoll/no-unbounded-collection'])
  expect(warn.mock.calls.map(([text]) => text)).toEqual([
    'no-listener-per-call could not look at example.js (no such thing); please report it',
  ])
  const root = new Linter()
  root.verify(code, [{}])
  expect(() => review(root.getSourceCode().ast as never, code)).toThrow('no-listener-per-call: no such thing')
})
