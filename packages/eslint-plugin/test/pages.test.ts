import { readdirSync, readFileSync } from 'node:fs'
import { Linter } from 'eslint'
import ts from 'typescript'
import tseslint from 'typescript-eslint'
import { describe, expect, test } from 'vitest'
import plugin from '../src/index.ts'

const folder = new URL('../docs/', import.meta.url)
const ruleNames = Object.keys(plugin.rules ?? {})

interface Example {
  language: 'js' | 'ts'
  code: string
}

/** The code blocks of one section of a rule's page. */
function examplesOf(rule: string, section: 'Fails' | 'Passes'): Example[] {
  const text = readFileSync(new URL(`${rule}.md`, folder), 'utf8')
  const body = text.split(/^## /m).find((part) => part.startsWith(section)) ?? ''
  return [...body.matchAll(/```(js|ts)\n([\s\S]*?)```/g)].map(([, language, code]) => ({
    language: language as Example['language'],
    code: code!,
  }))
}

function lint({ language, code }: Example, rule: string): Linter.LintMessage[] {
  const messages = new Linter().verify(
    code,
    [
      {
        files: ['**/*.js', '**/*.ts'],
        languageOptions: {
          sourceType: code.includes('export ') ? 'module' : 'commonjs',
          ...(language === 'ts' ? { parser: tseslint.parser } : {}),
        },
        plugins: { plimsoll: plugin },
        rules: { [`plimsoll/${rule}`]: 'error' },
      } as Linter.Config,
    ],
    `example.${language}`,
  )
  const fatal = messages.find((message) => message.fatal)
  expect(fatal?.message).toBeUndefined()
  return messages
}

function apply(code: string, { range, text }: { range: [number, number]; text: string }): string {
  return code.slice(0, range[0]) + text + code.slice(range[1])
}

test('every rule has a page, and every page a rule', () => {
  expect(readdirSync(folder).sort()).toEqual(ruleNames.map((name) => `${name}.md`).sort())
})

test('the README lists every rule', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(ruleNames.filter((name) => !readme.includes(`docs/${name}.md`))).toEqual([])
})

describe.each(ruleNames)('%s', (rule) => {
  test('has examples of both kinds', () => {
    expect(examplesOf(rule, 'Fails').length).toBeGreaterThan(0)
    expect(examplesOf(rule, 'Passes').length).toBeGreaterThan(0)
  })
  test.each(examplesOf(rule, 'Fails'))('finds what its page says fails: $code', (example) => {
    expect(lint(example, rule)).toHaveLength(1)
  })
  test.each(examplesOf(rule, 'Passes'))('leaves alone what its page says passes: $code', (example) => {
    expect(lint(example, rule)).toEqual([])
  })
  test.each(examplesOf(rule, 'Fails'))(
    'what it suggests compiles and satisfies it: $code',
    (example) => {
      for (const message of lint(example, rule)) {
        const changes = [...(message.suggestions ?? []).map(({ fix }) => fix), ...(message.fix ? [message.fix] : [])]
        for (const change of changes) {
          const code = apply(example.code, change)
          expect(lint({ ...example, code }, rule)).toEqual([])
          if (example.language === 'ts') expect(errorsOf(code)).toEqual([])
        }
      }
      // A type check reads the whole standard library: seconds, and on a machine that has other things to do a minute.
    },
    180_000,
  )
})

/** The standard library, parsed once for all examples. */
const librarySources = new Map<string, ts.SourceFile | undefined>()

/** What a strict type checker says of a module. */
function errorsOf(code: string): string[] {
  const options: ts.CompilerOptions = { strict: true, noEmit: true, target: ts.ScriptTarget.ES2023, types: [] }
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile.bind(host)
  host.getSourceFile = (name, version) => {
    if (name === 'example.ts') return ts.createSourceFile(name, code, version)
    if (!librarySources.has(name)) librarySources.set(name, read(name, version))
    return librarySources.get(name)
  }
  const program = ts.createProgram(['example.ts'], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}
