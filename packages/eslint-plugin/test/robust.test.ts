import { Linter } from 'eslint'
import { afterEach, expect, test, vi } from 'vitest'
import { review, understand } from '../src/analysis.ts'
import plugin from '../src/index.ts'
import { findHalfRemoved } from '../src/rule/listener-half-removed.ts'
import { findLeftByWork } from '../src/rule/listener-of-work.ts'
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

test('a function that is wrapped and calls itself by that name is looked at once', () => {
  const code = `function make(wrap) {
    const kept = new Map()
    const again = wrap(function (key) { kept.set(key, 1); again(key) })
  }
  module.exports = make`
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

test('twice as many listeners need no more than about twice the looks at the tree', () => {
  const looksAt = (count: number): number => {
    const code = Array.from(
      { length: count },
      (_, i) =>
        `export class Q${i} { constructor(c) { this.client = c } job(x) { return new Promise((resolve, reject) => { this.client.on('error', (e) => reject(e)); this.client.send(x, resolve) }) } }`,
    ).join('\n')
    const linter = new Linter()
    linter.verify(code, [{}])
    const program = understand(linter.getSourceCode().ast as never, code)
    let looks = 0
    const { scopes, operations } = program
    const counted = {
      ...program,
      scopes: {
        ...scopes,
        get variables() {
          looks += scopes.variables.length
          return scopes.variables
        },
        byType: (...types: string[]) => {
          const found = scopes.byType(...types)
          looks += found.length
          return found
        },
      },
    }
    for (const name of ['no-listener-per-call', 'no-emptied-entry'])
      rules.find((rule) => rule.name === name)!.find({ ...counted, operations }, {})
    return looks
  }
  expect(looksAt(80)).toBeLessThan(looksAt(40) * 2.5)
})

test('one function with twice as many listeners, half of them taken back, is looked at twice, not four times', () => {
  const looksAt = (count: number): number => {
    const numbers = Array.from({ length: count }, (_, i) => i)
    const code = `export class Q {
      constructor(bus) { this.bus = bus }
      start() { ${numbers.map((i) => `this.bus.on('a${i}', () => this.x(${i}));`).join('\n')} }
      stop() { ${numbers.map((i) => (i % 2 ? `this.bus.off('a${i}', this.y);` : '')).join('\n')} }
    }`
    const linter = new Linter()
    linter.verify(code, [{}])
    const program = understand(linter.getSourceCode().ast as never, code)
    let looks = 0
    for (const call of program.scopes.byType('CallExpression')) {
      const args = call['arguments'] as unknown
      Object.defineProperty(call, 'arguments', {
        get: () => {
          looks++
          return args
        },
      })
    }
    expect(findHalfRemoved(program).length).toBe(count / 2)
    return looks
  }
  expect(looksAt(400)).toBeLessThan(looksAt(200) * 2.5)
})

test('twice as many who wait until something is ready need no more than about twice the looks at the tree', () => {
  const looksAt = (count: number): number => {
    const numbers = Array.from({ length: count }, (_, i) => i)
    const code = `export class Q {
      constructor() { ${numbers.map((i) => `this.waiting${i} = [];`).join('\n')} }
      ${numbers
        .map(
          (
            i,
          ) => `ready${i}() { if (this.isReady${i}) return; return new Promise((resolve) => { this.waiting${i}.push(resolve) }) }
            open${i}() { this.isReady${i} = true; for (const resolve of this.waiting${i}) resolve() }`,
        )
        .join('\n')}
    }`
    const linter = new Linter()
    linter.verify(code, [{}])
    const program = understand(linter.getSourceCode().ast as never, code)
    let looks = 0
    const byType = (...types: string[]) => {
      const found = program.scopes.byType(...types)
      looks += found.length
      return found
    }
    const counted = { ...program, scopes: { ...program.scopes, byType } }
    expect(rules.find(({ name }) => name === 'no-entry-without-end')!.find(counted, {})).toEqual([])
    return looks
  }
  expect(looksAt(80)).toBeLessThan(looksAt(40) * 2.5)
})

test('a piece of work with twice as many listeners is looked at twice, not four times', () => {
  const looksAt = (count: number): number => {
    const listeners = Array.from({ length: count }, (_, i) => `parser.on('e${i}', () => reject(parser, ${i}))`)
    const code = `export const parse = (parser) => new Promise((resolve, reject) => { ${listeners.join('\n')} })`
    const linter = new Linter()
    linter.verify(code, [{}])
    const program = understand(linter.getSourceCode().ast as never, code)
    let looks = 0
    for (const call of program.scopes.byType('CallExpression')) {
      const callee = call['callee'] as unknown
      Object.defineProperty(call, 'callee', {
        get: () => {
          looks++
          return callee
        },
      })
    }
    expect(findLeftByWork(program).length).toBe(count)
    return looks
  }
  expect(looksAt(400)).toBeLessThan(looksAt(200) * 2.5)
})
