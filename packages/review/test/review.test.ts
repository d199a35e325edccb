import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { rules } from 'eslint-plugin-plimsoll/analysis'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { formatReport, judgeReport, reviewPaths, reviewSource, type Format, type ReviewOptions } from '../src/index.ts'

const leak = `const pages = new Map()
exports.page = function (url) {
  if (!pages.has(url)) pages.set(url, render(url))
  return pages.get(url)
}
`
const memoize = `exports.memoize = function (compute) {
  const cache = {}
  return function (key) {
    return cache[key] || (cache[key] = compute(key))
  }
}
`
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-review-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
  vi.restoreAllMocks()
})

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

const run = (options: Partial<ReviewOptions> = {}) => reviewPaths({ paths: ['.'], folder, ...options })
const print = (format: Format, options: Partial<ReviewOptions> = {}) =>
  formatReport(run(options).report, format, {
    version: '1.2.3',
    isColoured: false,
    width: 100,
    sourceOf: (path) => readFileSync(join(folder, path), 'utf8'),
  })

test('a finding names the growth line, the declaration, the reason, the key, the caller and a fix', () => {
  write({ 'pages.js': leak })
  const [finding] = run().report.findings
  expect(finding).toMatchObject({
    rule: 'no-unbounded-collection',
    severity: 'high',
    path: 'pages.js',
    place: { line: 3, code: 'if (!pages.has(url)) pages.set(url, render(url))' },
    declaration: { line: 1, code: 'const pages = new Map()' },
    key: 'url, which callers choose freely',
    caller: 'exports.page()',
  })
  expect(finding!.why).toMatch(/nothing takes an entry out/)
  expect(finding!.fix).toMatch(/limit/)
})

test('reads every age and dialect of JavaScript', () => {
  write({
    'old.js': 'var seen = {}\nfunction Store() {}\nStore.prototype.keep = function (url) { seen[url] = 1 }\n',
    'module.mjs': 'const seen = new Set()\nexport const keep = (url) => { if (!seen.has(url)) seen.add(url) }\n',
    'typed.ts':
      'const seen = new Map<string, number>()\nexport const count = (url: string): void => { seen.set(url, 1) }\n',
    'cast.ts': 'const seen = <Map<string, number>>new Map()\nexport function count(url: string) { seen.set(url, 1) }\n',
    'view.tsx':
      'const seen: Record<string, unknown> = {}\nexport const View = ({ url }: { url: string }) => { seen[url] = 1; return <b>{url}</b> }\n',
    'flow.js':
      '// @flow\nconst seen: { [string]: number } = {}\nexport function count(url: string): void { seen[url] = 1 }\n',
    'script.js':
      '#!/usr/bin/env node\nvar seen = {}\nexports.count = function (url) { with (seen) {}; seen[url] = 1 }\n',
  })
  const { findings, unread } = run().report
  expect(unread).toEqual([])
  expect(new Set(findings.map(({ path }) => path))).toEqual(
    new Set(['old.js', 'module.mjs', 'typed.ts', 'cast.ts', 'view.tsx', 'flow.js', 'script.js']),
  )
})

test.each(['visits', '#visits'])('finds a collection that a class field declares: %s', (name) => {
  const source = `class Registry {
  ${name} = new Map()
  enter(key) { this.${name}.set(key, {}) }
}
const registry = new Registry()
exports.enter = (key) => registry.enter(key)
`
  write({ 'registry.js': source, 'registry.ts': source.replace('exports.enter =', 'export const enter =') })
  expect(run().report.findings.map(({ path, rule }) => [path, rule])).toEqual([
    ['registry.js', 'no-unbounded-field'],
    ['registry.ts', 'no-unbounded-field'],
  ])
})

test('finds a collection that CoffeeScript, TypeScript and Babel hide behind their helpers', () => {
  write({
    'class.js': `var Store = (function () {
  function Store() {}
  Store.prototype.keep = function (url) { Store.seen[url] = 1 }
  Store.seen = {}
  return Store
})()
exports.Store = Store
`,
    'bundle.js': `(function (modules) { modules[0]() })([
  function (module, exports, __webpack_require__) {
    var cache = {}
    module.exports = function (text) { return cache[text] || (cache[text] = parse(text)) }
  },
])
`,
  })
  expect(run().report.findings.map(({ path }) => path)).toEqual(['bundle.js', 'class.js'])
})

test('what it cannot read is told and does not stop the rest', () => {
  write({
    'broken.js': 'const = 1',
    'binary.js': 'abc\0def',
    'minified.js': `${'var a=1;'.repeat(400)}\n`,
    'deep.js': `${'['.repeat(200_000)}${']'.repeat(200_000)}`.replaceAll('[[[[[[[[[[', '[[[[[[[[[[\n'),
    'pages.js': leak,
  })
  const { findings, unread } = run().report
  expect(findings).toHaveLength(1)
  expect(unread.map(({ path }) => path).sort()).toEqual(['binary.js', 'broken.js', 'deep.js', 'minified.js'])
  expect(unread.find(({ path }) => path === 'deep.js')!.what).toBe('nested too deeply')
})

test('a rule that fails is told, and hides nothing that the others find', () => {
  write({ 'pages.js': leak })
  vi.spyOn(
    rules.find(({ name }) => name === 'no-listener-per-call')!,
    'find',
  ).mockImplementation(() => {
    throw new TypeError('no such thing')
  })
  const { findings, unread } = run().report
  expect(findings.map(({ rule }) => rule)).toEqual(['no-unbounded-collection'])
  expect(unread).toEqual([
    { path: 'pages.js', what: 'not by every rule (no-listener-per-call: no such thing); please report it' },
  ])
})

test('long chains cost no stack', () => {
  const source = `${leak}exports.sum = ${Array.from({ length: 3000 }, (_, index) => `a${index}`).join('\n + ')}\n`
  expect(reviewSource(source, 'chain.js')).toMatchObject({ unread: null, findings: [{ place: { line: 3 } }] })
})

test('a field with the word accessor is a field', () => {
  const source = `export class Hub {
    accessor peers = new Set<Peer>()
    add(peer: Peer) { this.peers.add(peer); peer.on('close', () => this.tell(peer.name)) }
    tell(name: string) { for (const peer of this.peers) peer.write(name) }
  }`
  expect(reviewSource(source, 'hub.ts')).toMatchObject({ unread: null, findings: [{ place: { line: 3 } }] })
})

test('leaves out tests, what is installed and what git ignores, unless they are named', () => {
  write({
    'test/a.js': leak,
    'node_modules/a/index.js': leak,
    'out/a.js': leak,
    'a.test.js': leak,
    '.gitignore': 'out/\n',
  })
  expect(run().report.fileCount).toBe(0)
  expect(run({ paths: ['test/a.js', 'node_modules/a'] }).report.findings).toHaveLength(2)
})

describe('what git ignores', () => {
  beforeEach(() =>
    write({
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.gitignore': '# made\ndist/\n/only-here.js\n*.gen.js\n!kept.gen.js\nlib/**/old/\n',
      'packages/a/src/a.js': leak,
      'packages/a/dist/a.js': leak,
      'packages/a/only-here.js': leak,
      'packages/a/b.gen.js': leak,
      'packages/a/kept.gen.js': leak,
      'packages/b/.gitignore': 'made.js\n',
      'packages/b/made.js': leak,
      'only-here.js': leak,
      'lib/x/y/old/a.js': leak,
    }),
  )
  const pathsOf = (options: Partial<ReviewOptions>) => run(options).report.findings.map(({ path }) => path)

  test('above a folder, in it and below it is left out, and that is told', () => {
    expect(pathsOf({ paths: ['packages'] })).toEqual([
      'packages/a/kept.gen.js',
      'packages/a/only-here.js',
      'packages/a/src/a.js',
    ])
    expect(pathsOf({})).toHaveLength(3)
    expect(run().report.leftOut).toEqual([
      'lib/x/y/old',
      'only-here.js',
      'packages/a/b.gen.js',
      'packages/a/dist',
      'packages/b/made.js',
    ])
    expect(print('human', { paths: ['packages/a'] })).toMatch(
      /left out, as git ignores it: packages\/a\/b\.gen\.js, packages\/a\/dist\)/,
    )
  })
  test('is reviewed all the same when it is named', () => {
    expect(pathsOf({ paths: ['packages/a/dist', 'packages/b/made.js'] })).toHaveLength(2)
  })
  test('outside of a checkout is what the folder itself ignores', () => {
    rmSync(join(folder, '.git'), { recursive: true })
    expect(pathsOf({})).toHaveLength(3)
    expect(pathsOf({ paths: ['packages/b'] })).toEqual([])
  })
})

test('a path that does not exist is an error that names it', () => {
  expect(() => run({ paths: ['nowhere'] })).toThrow(/nowhere does not exist/)
})

describe('ignore comments', () => {
  test('take a finding out when they say why', () => {
    write({
      'a.js': leak.replace('  if', '  // plimsoll-ignore-next-line no-unbounded-collection -- twelve pages\n  if'),
    })
    expect(run().report).toMatchObject({ findings: [], ignoredCount: 1, unreasoned: [] })
  })
  test('take nothing out when they do not, and that is told', () => {
    write({ 'a.js': leak.replace('  if', '  // plimsoll-ignore-next-line no-unbounded-collection\n  if') })
    expect(run().report).toMatchObject({
      findings: [{ rule: 'no-unbounded-collection' }],
      unreasoned: [{ path: 'a.js', line: 3 }],
    })
  })
  test('of another rule do not count', () => {
    write({ 'a.js': leak.replace('  if', '  // plimsoll-ignore-next-line no-interval-left -- once\n  if') })
    expect(run().report.findings).toHaveLength(1)
  })
})

describe('the exit code', () => {
  test('is 1 for a finding of severity high', () => {
    write({ 'a.js': leak })
    expect(judgeReport(run().report)).toBe(1)
  })
  test('is 0 for findings of severity medium, as long as they are no more than are allowed', () => {
    write({ 'a.js': memoize })
    const { report } = run()
    expect(report.findings).toMatchObject([{ severity: 'medium' }])
    expect([judgeReport(report), judgeReport(report, 1), judgeReport(report, 0)]).toEqual([0, 0, 1])
  })
  test('is 0 when nothing is found', () => {
    write({ 'a.js': 'module.exports = 1\n' })
    expect(judgeReport(run().report, 0)).toBe(0)
  })
})

describe('a baseline', () => {
  test('is written when there is none, and then tells only what is new', () => {
    write({ 'a.js': leak })
    expect(run({ baseline: 'known.json' })).toMatchObject({
      wroteBaseline: true,
      report: { findings: [], knownCount: 1 },
    })
    write({ 'b.js': leak, 'a.js': `// moved down\n\n${leak}` })
    const { report, wroteBaseline } = run({ baseline: 'known.json' })
    expect(wroteBaseline).toBe(false)
    expect(report.findings.map(({ path }) => path)).toEqual(['b.js'])
  })
  test('that is damaged is an error that says what to do', () => {
    write({ 'a.js': leak, 'known.json': '{' })
    expect(() => run({ baseline: 'known.json' })).toThrow(/known\.json: cannot be read .*delete it/)
    write({ 'known.json': '{}' })
    expect(() => run({ baseline: 'known.json' })).toThrow(/delete it/)
  })
})

test('--fix makes the safe changes and no others', () => {
  write({
    'weak.js': 'const seen = new WeakMap()\nexports.mark = (node) => {\n  seen[node] = true\n  return seen[node]\n}\n',
    'a.js': leak,
  })
  expect(run({ isFixing: true }).report).toMatchObject({ fixedCount: 2, findings: [{ path: 'a.js' }] })
  expect(readFileSync(join(folder, 'weak.js'), 'utf8')).toBe(
    'const seen = new WeakMap()\nexports.mark = (node) => {\n  seen.set(node, true)\n  return seen.get(node)\n}\n',
  )
  expect(readFileSync(join(folder, 'a.js'), 'utf8')).toBe(leak)
})

describe('the other files of a package', () => {
  const client = `class Client {
  constructor() {
    this.waiting = new Map()
    this.topics = new Map()
  }
  subscribe(id, topic, done) {
    this.topics.set(id, topic)
    this.waiting.set(id, done)
  }
  onAnswer(id) {
    this.waiting.delete(id)
  }
}
module.exports = Client
`
  const topics = (answer: string) => ({
    'package.json': '{ "name": "client" }',
    'lib/client.js': client,
    'lib/answer.js': answer,
  })
  test('a field that another file clears is let go', () => {
    write(topics('module.exports = (client, id) => client.topics.delete(id)\n'))
    expect(run({ paths: ['lib/client.js'] }).report.findings).toEqual([])
  })
  test('one that it only reads is not, nor is a field of its own of the same name', () => {
    write(
      topics(
        'module.exports = class {\n  end(client, id) {\n    this.topics.delete(id)\n    return client.topics.get(id)\n  }\n}\n',
      ),
    )
    expect(run({ paths: ['lib/client.js'] }).report.findings).toMatchObject([
      { rule: 'no-half-cleanup', place: { line: 7 }, suggestions: [{ title: 'Take it out of topics there too' }] },
    ])
  })
})

describe('--deps', () => {
  beforeEach(() =>
    write({
      'index.js': "const a = require('a')\nexports.b = () => import('@scope/b')\n",
      'node_modules/a/package.json': '{ "name": "a", "version": "1.0.0", "main": "lib/main.js" }',
      'node_modules/a/lib/main.js': "module.exports = require('./part')\n",
      'node_modules/a/lib/part.js': leak,
      'node_modules/@scope/b/package.json':
        '{ "name": "@scope/b", "version": "2.0.0", "exports": { "import": "./b.mjs" } }',
      'node_modules/@scope/b/b.mjs': 'export const b = 1\n',
      'node_modules/unused/package.json': '{ "name": "unused", "version": "1.0.0" }',
      'node_modules/unused/index.js': leak,
      'node_modules/a/node_modules/debug/package.json': '{ "name": "debug", "version": "4.1.1" }',
    }),
  )
  test('follows imports into packages, and says which package a finding is in', () => {
    const { findings, fileCount } = run({ withDependencies: true }).report
    expect(findings).toMatchObject([{ path: 'node_modules/a/lib/part.js', dependency: 'a@1.0.0', severity: 'medium' }])
    expect(fileCount).toBe(4)
  })
  test('finds an installed version that is known to leak, however deep, and fails for it', () => {
    const { report } = run({ withDependencies: true })
    expect(report.dependencies).toMatchObject([
      { name: 'debug', version: '4.1.1', fixedIn: '4.3.0', path: 'node_modules/a/node_modules/debug' },
    ])
    expect(judgeReport(report)).toBe(1)
  })
  test('looks at nothing installed without the flag', () => {
    expect(run().report).toMatchObject({ findings: [], dependencies: [], fileCount: 1 })
  })
})

describe('formats', () => {
  beforeEach(() => write({ 'a, b.js': leak, 'broken.js': 'const = 1' }))

  test('human shows the code and ends with the sum', () => {
    const text = print('human')
    expect(text).toContain('● a, b.js:3:24  no-unbounded-collection')
    expect(text).toMatch(/> 3 │ {3}if \(!pages\.has\(url\)\) pages\.set/)
    expect(text).toMatch(/1 of severity high in 2 files, \d+ lines\.\n$/)
    expect(text).toContain('broken.js: Unexpected token')
  })
  test('json holds the report', () => {
    expect(JSON.parse(print('json'))).toMatchObject({
      version: 1,
      findings: [{ rule: 'no-unbounded-collection' }],
      unread: [{ path: 'broken.js' }],
    })
  })
  test('github escapes what its commands use', () => {
    expect(print('github')).toMatch(
      /^::error file=a%2C b\.js,line=3,endLine=3,col=24,title=plimsoll\/no-unbounded-collection::/,
    )
  })
  test('markdown has a row for each finding', () => {
    expect(print('markdown')).toContain('| high | `a, b.js:3` |')
  })
  test('sarif points at the growth line, with the declaration beside it', () => {
    const { version, runs } = JSON.parse(print('sarif')) as {
      version: string
      runs: { tool: { driver: { rules: { id: string }[] } }; results: Record<string, unknown>[] }[]
    }
    expect(version).toBe('2.1.0')
    const [result] = runs[0]!.results
    expect(result).toMatchObject({
      level: 'error',
      locations: [
        { physicalLocation: { artifactLocation: { uri: 'a%2C%20b.js' }, region: { startLine: 3, startColumn: 24 } } },
      ],
      relatedLocations: [{ message: { text: 'declared here' }, physicalLocation: { region: { startLine: 1 } } }],
    })
    expect(runs[0]!.tool.driver.rules[result!['ruleIndex'] as number]!.id).toBe(result!['ruleId'])
  })
})
