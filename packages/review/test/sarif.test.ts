import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Log, PhysicalLocation } from 'sarif'
import ts from 'typescript'
import { afterAll, expect, test } from 'vitest'
import { formatReport } from '../src/format/format.ts'
import { reviewPaths } from '../src/review/review-paths.ts'

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-sarif-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A report of everything there is: findings of two kinds, an unread file, an ignore without a reason, a dependency that leaks. */
function everything(): string {
  const files = {
    'a, b ü.js':
      'const pages = new Map()\nexports.get = (url) => {\n  if (!pages.has(url)) pages.set(url, render(url))\n  return pages.get(url)\n}\n',
    'index.js':
      "require('debug')\nexports.handle = (req, res) => {\n  // plimsoll-ignore-next-line no-listener-per-call\n  process.on('exit', () => res.end())\n}\n",
    'broken.js': 'const = 1',
    'node_modules/debug/package.json': '{ "name": "debug", "version": "4.1.1", "main": "index.js" }',
    'node_modules/debug/index.js': 'module.exports = 1\n',
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const { report } = reviewPaths({ paths: ['.'], folder, withDependencies: true })
  return formatReport(report, 'sarif', { version: '1.2.3', isColoured: false, width: 80, sourceOf: () => null })
}

const text = everything()
const { version, runs } = JSON.parse(text) as Log
const [run] = runs
const results = run!.results!

test('the whole of it is told', () => {
  expect(results.map(({ ruleId }) => ruleId).sort()).toEqual([
    'known-leak',
    'no-listener-per-call',
    'no-unbounded-collection',
  ])
  expect(run!.invocations![0]!.toolExecutionNotifications).toHaveLength(2)
})

test('it has the shape of the standard: every property is one of it, of its type, and what has to be there is', () => {
  expect(errorsOf(text)).toEqual([])
  expect(errorsOf(text.replace('"error"', '"fatal"'))).not.toEqual([])
  expect(errorsOf(text.replace('"ruleIndex"', '"ruleNumber"'))).not.toEqual([])
})

test('what types cannot say holds too: versions, places, indexes and references', () => {
  expect(version).toBe('2.1.0')
  const rules = run!.tool.driver.rules!
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
  for (const { helpUri } of rules) expect(URL.canParse(helpUri!)).toBe(true)
  for (const result of results) {
    expect(rules[result.ruleIndex!]!.id).toBe(result.ruleId)
    expect(result.message.text!.length).toBeGreaterThan(0)
    const related = result.relatedLocations ?? []
    expect(new Set(related.map(({ id }) => id)).size).toBe(related.length)
    for (const { physicalLocation } of [...result.locations!, ...related]) expectPlace(physicalLocation!)
    for (const print of Object.values(result.partialFingerprints ?? {})) expect(print).toMatch(/^[0-9a-f]{16}$/)
  }
  for (const { locations } of run!.invocations![0]!.toolExecutionNotifications!)
    for (const { physicalLocation } of locations!) expectPlace(physicalLocation!)
})

function expectPlace({ artifactLocation, region }: PhysicalLocation): void {
  expect(artifactLocation!.uri).toMatch(/^([\w.~!*'()-]|%[0-9A-F]{2})+(\/([\w.~!*'()-]|%[0-9A-F]{2})+)*$/)
  const { startLine = 1, startColumn = 1, endLine = startLine, endColumn = startColumn } = region ?? {}
  for (const number of [startLine, startColumn, endLine, endColumn]) expect(number).toBeGreaterThanOrEqual(1)
  expect(endLine).toBeGreaterThanOrEqual(startLine)
}

/** As much of the standard library as these types are made of: the real one takes the compiler seconds to read. */
const library = `
interface Array<T> { [place: number]: T; length: number }
interface Boolean {} interface CallableFunction {} interface Function {} interface IArguments {}
interface NewableFunction {} interface Number {} interface Object {} interface RegExp {} interface String {}
`

/** What the type checker says of the text as a `Log` of the published types of the standard, in which unknown properties are errors. */
function errorsOf(log: string): string[] {
  const types = createRequire(import.meta.url)
    .resolve('@types/sarif/package.json')
    .replace('package.json', 'index.d.ts')
  const sources: Record<string, string> = {
    'library.d.ts': library,
    'log.ts': `import type { Log } from './sarif.js'\nexport const log: Log = ${log}`,
    'sarif.d.ts': readFileSync(types, 'utf8'),
  }
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    noLib: true,
    types: [],
    module: ts.ModuleKind.ESNext,
  }
  const host: ts.CompilerHost = {
    getSourceFile: (name, target) => {
      const source = sources[name.replace('/virtual/', '')]
      return source === undefined ? undefined : ts.createSourceFile(name, source, target)
    },
    fileExists: (name) => name.replace('/virtual/', '') in sources,
    readFile: (name) => sources[name.replace('/virtual/', '')],
    writeFile: () => undefined,
    getDefaultLibFileName: () => 'library.d.ts',
    getCurrentDirectory: () => '/virtual/',
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
  }
  const program = ts.createProgram(['/virtual/library.d.ts', '/virtual/log.ts'], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}
