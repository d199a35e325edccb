// Does `plimsoll review` get through real packages and through files that nobody should write, in bounded time and memory?
//   node bench/review/robust.js
// Reviews every file of the open corpus and, as far as they are needed for 2,000 files, of what is installed here; and then one hostile
// file after the other, each in a process of its own with 512 MB and 20 s.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { performance } from 'node:perf_hooks'
import { fetchPackages, readCorpus } from './corpus.js'

const wantedFiles = 2000
const maxHeapMb = 512
const timeout = 20_000
const cli = fileURLToPath(new URL('../../packages/cli/bin/plimsoll.js', import.meta.url))
const installed = fileURLToPath(new URL('../../node_modules/', import.meta.url))

const { sites, pairs, wellKept } = readCorpus('open')
const specs = [...new Set([...sites.map(({ spec }) => spec), ...pairs.map(({ fixed }) => fixed), ...wellKept])]
const folders = [...fetchPackages(specs).values()]
const more = readdirSync(installed).filter((name) => /^[a-z]/.test(name))

let fileCount = 0
let lineCount = 0
const unread = new Map()
let crashes = 0
let slowest = { seconds: 0 }
for (const folder of [...folders, ...more.map((name) => join(installed, name))]) {
  if (fileCount >= wantedFiles) break
  const answer = review(folder, 120_000)
  if (!answer.report) {
    crashes++
    print(`FAILED ${folder}: ${answer.what}`)
    continue
  }
  fileCount += answer.report.fileCount
  lineCount += answer.report.lineCount
  if (answer.seconds > slowest.seconds) slowest = { seconds: answer.seconds, folder }
  for (const { what } of answer.report.unread) {
    const kind = what.replace(/\(.*|:.*|at line.*/s, '').trim()
    unread.set(kind, (unread.get(kind) ?? 0) + 1)
  }
}
print(`${fileCount} files, ${lineCount} lines, ${crashes} crashes; slowest package ${slowest.seconds.toFixed(1)} s`)
print(`told and not judged: ${JSON.stringify(Object.fromEntries(unread))}`)

const scratch = mkdtempSync(join(tmpdir(), 'plimsoll-robust-'))
try {
  const depth = 100_000
  const hostile = {
    'nested-calls.js': `${'f('.repeat(depth)}0${')'.repeat(depth)}\n`,
    'nested-arrays.js': `x = ${'['.repeat(depth)}${']'.repeat(depth)}\n`,
    'nested-functions.js': `${'function f(){'.repeat(20_000)}${'}'.repeat(20_000)}\n`,
    'nested-blocks.js': `${'{'.repeat(depth)}${'}'.repeat(depth)}\n`,
    'long-chain.js': `p${'.then(f)\n'.repeat(50_000)}\n`,
    'long-sum.js': `x = ${'a + '.repeat(50_000)}a\n`,
    'many-functions.js': 'const seen = new Map()\nfunction f(k) { seen.set(k, g(k)) }\nfunction g(k) { return f(k) }\n'
      .repeat(1)
      .concat(
        Array.from(
          { length: 20_000 },
          (_, at) => `function f${at}(k) { f${(at + 1) % 20_000}(k); seen.set(k, ${at}) }\n`,
        ).join(''),
      ),
    'many-maps.js': Array.from(
      { length: 20_000 },
      (_, at) => `const m${at} = new Map()\nexports.f${at} = (k) => { if (!m${at}.has(k)) m${at}.set(k, 1) }\n`,
    ).join(''),
    'huge.js': 'const a = 1\n'.repeat(500_000),
    'minified.js': `const a=${'function(b){return b+1};var c='.repeat(50_000)}1`,
    'binary.js': Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => (at * 7919) % 256)),
    'latin.js': Buffer.from([0xff, 0xfe, 0x61, 0x00, 0x0a, 0x00]),
    'empty.js': '',
    'unclosed.js': "const a = `${'`${".repeat(10_000),
    'regex.js': `const a = /${'('.repeat(10_000)}${')'.repeat(10_000)}/\n`,
  }
  // Read only as the neighbour of a file whose findings hang on it, so it stands beside one.
  const neighbours = {
    'long-name.js': [
      'class Store {\n  constructor() { this.cache = new Map() }\n  page(url) { this.cache.set(url, 1) }\n}\nexports.store = new Store()\n',
      `const ${'a'.repeat(400_000)} = 'cache'\n`,
    ],
  }
  for (const [name, text] of Object.entries({ ...hostile, ...neighbours })) {
    const path = join(scratch, name)
    if (Array.isArray(text)) {
      mkdirSync(path)
      text.forEach((part, at) => writeFileSync(join(path, `${at}.js`), part))
      writeFileSync(join(path, 'package.json'), '{}')
    } else writeFileSync(path, text)
    const { report, seconds, what, peakMb } = review(path, timeout)
    const told = report ? (report.unread[0]?.what ?? `${report.findings.length} findings`) : `FAILED ${what}`
    if (!report) crashes++
    print(
      `${name.padEnd(20)} ${seconds.toFixed(1).padStart(5)} s ${String(peakMb).padStart(4)} MB  ${told.split('\n')[0]}`,
    )
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
if (crashes > 0) process.exitCode = 1

function review(path, withinMs) {
  const probe = `data:text/javascript,${encodeURIComponent('process.on("exit", () => process.stderr.write("peak " + Math.round(process.resourceUsage().maxRSS / 1024)))')}`
  const startedAt = performance.now()
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    [`--max-old-space-size=${maxHeapMb}`, '--import', probe, cli, 'review', '--format=json', path],
    { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, timeout: withinMs, killSignal: 'SIGKILL' },
  )
  const seconds = (performance.now() - startedAt) / 1000
  const peakMb = Number(/peak (\d+)/.exec(stderr)?.[1] ?? 0)
  if (status !== 0 && status !== 1) return { seconds, peakMb, what: signal ?? stderr.slice(0, 200) }
  return { report: JSON.parse(stdout), seconds, peakMb }
}

function print(line) {
  process.stdout.write(`${line}\n`)
}
