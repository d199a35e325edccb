// Do a package's own tests pass under the watch as they pass without it?
//
//   node bench/frameworks/own-tests.js [NAME…] [--at-once 2] [--node FILE] [--again 3] [--only FILE…] [--part 2/4]
//
// Takes packages that publish their tests, installs what those need, and runs each test file as its authors do: without the watch and
// under `--import @plimsoll/watch/register`. What counts is every single test: its name and whether it passed. Where the two differ, the
// file is run `again` times each way, in turns: a test that fails now and then without the watch as well says nothing about it.
// Exits 1 when a test differs every time.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { publishedBefore } from './prepare.js'

/** Packages whose tarball holds their tests; `tests` fits their files as the package's own script does. */
const suites = [
  { name: 'fastify', version: '5.6.1', tests: /\.test\.m?js$/ },
  { name: 'find-my-way', version: '9.3.0', tests: /\.test\.js$/ },
]
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'at-once': { type: 'string', default: '2' },
    again: { type: 'string', default: '3' },
    only: { type: 'string', multiple: true },
    part: { type: 'string', default: '1/1' },
    node: { type: 'string', default: process.execPath },
    register: { type: 'string', default: new URL('../../packages/watch/dist/register.js', import.meta.url).href },
  },
})
/** A file that has not ended by then is taken to hang, with or without the watch. */
const FILE_LIMIT_MS = 300_000
const workFolder = fileURLToPath(new URL('.work/', import.meta.url))
const watch = ['--import', values.register]
const [part, partCount] = values.part.split('/').map(Number)
const say = (line) => void process.stdout.write(`${line}\n`)

for (const suite of suites.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  const folder = await prepare(suite)
  const files = readdirSync(join(folder, 'test'), { recursive: true })
    .filter((file) => suite.tests.test(file) && !file.includes('node_modules'))
    .filter((file) => values.only === undefined || values.only.includes(file))
    .sort()
    .filter((_, index, all) => Math.floor((index * partCount) / all.length) === part - 1)
  const results = await inTurns(files, (file) => judge(folder, join('test', file)))
  const sum = (pick) => results.reduce((total, result) => total + pick(result), 0)
  const different = results.flatMap(({ different }) => different)
  const whims = results.flatMap(({ whims }) => whims)
  for (const line of whims) say(`     now and then, also without the watch: ${line}`)
  for (const line of different) say(`FAIL ${line}`)
  const failed = sum(({ failedCount }) => failedCount)
  say(
    `${different.length === 0 ? 'ok  ' : 'FAIL'} ${suite.name} ${suite.version}, Node ${process.version}: ${sum(({ passedCount }) => passedCount)} tests of ${files.length} files pass with the watch as without it` +
      `${failed > 0 ? `, ${failed} fail with it as without it` : ''}; ${different.length} differ; ${sum(({ longCount }) => longCount)} files ran long enough for its thread`,
  )
  if (different.length > 0 || sum(({ passedCount }) => passedCount) === 0) process.exitCode = 1
}

/** The published package itself with what it needs to be developed, at the versions it names. */
async function prepare({ name, version }) {
  const folder = join(workFolder, `tests-of-${name}-${version}`)
  if (existsSync(join(folder, '.ready'))) return folder
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const environment = { ...process.env, NODE_OPTIONS: '' }
  const run = (command, ...flags) =>
    promisify(execFile)(command, flags, { cwd: folder, env: environment, maxBuffer: 2 ** 26 })
  const { stdout } = await run('npm', 'pack', `${name}@${version}`, '--silent')
  await run('tar', 'xzf', stdout.trim(), '--strip-components=1')
  rmSync(join(folder, stdout.trim()))
  await run('npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--before', publishedBefore)
  writeFileSync(join(folder, '.ready'), '')
  return folder
}

/** Runs `values['at-once']` at a time, and answers in order. */
async function inTurns(items, act) {
  const results = []
  let next = 0
  const work = async () => {
    for (let index = next++; index < items.length; index = next++) results[index] = await act(items[index])
  }
  await Promise.all(Array.from({ length: Number(values['at-once']) }, work))
  return results
}

async function judge(folder, file) {
  const plain = [await run(folder, file, [])]
  const watched = [await run(folder, file, watch)]
  for (let again = 0; again < Number(values.again) && !isSame(plain.at(-1), watched.at(-1)); again++) {
    plain.push(await run(folder, file, []))
    watched.push(await run(folder, file, watch))
  }
  const longCount = watched.at(-1).tookMs > 1500 ? 1 : 0
  const [left, right] = [plain.at(-1), watched.at(-1)]
  const passedCount = [...right.tests].filter(([test, isOk]) => isOk && left.tests.get(test)).length
  const failedCount = [...right.tests].filter(([test, isOk]) => !isOk && left.tests.get(test) === false).length
  if (isSame(left, right))
    return { different: [], whims: whimsOf(file, plain, watched), passedCount, failedCount, longCount }
  const names = new Set([...plain, ...watched].flatMap(({ tests }) => [...tests.keys()]))
  const told = (runs, name) => runs.map(({ tests }) => tests.get(name) ?? 'absent')
  const different = [...names]
    .filter((name) => told(plain, name).every((result) => !told(watched, name).includes(result)))
    .map((name) => `${file}: "${name}": ${told(plain, name)[0]} without, ${told(watched, name)[0]} with the watch`)
  if (left.code !== right.code && names.size === 0) different.push(`${file} ended with ${left.code} and ${right.code}`)
  return { different, whims: whimsOf(file, plain, watched), passedCount, failedCount, longCount }
}

function whimsOf(file, plain, watched) {
  if (plain.length === 1) return []
  return [
    `${file} (${plain.length} runs each way, codes ${plain.map(({ code }) => code)} / ${watched.map(({ code }) => code)})`,
  ]
}

function isSame(left, right) {
  if (left.code !== right.code || left.tests.size !== right.tests.size) return false
  return [...left.tests].every(([name, isOk]) => right.tests.get(name) === isOk)
}

/** Every test with its path of names, and whether it passed. Tests of one name are numbered, since files have such. */
async function run(folder, file, flags) {
  const beganAtMs = performance.now()
  const { code, stdout } = await new Promise((resolve) => {
    execFile(
      values.node,
      [...flags, '--test-reporter=tap', file],
      {
        cwd: folder,
        env: { PATH: process.env.PATH, HOME: process.env.HOME },
        maxBuffer: 2 ** 28,
        timeout: FILE_LIMIT_MS,
        killSignal: 'SIGKILL',
      },
      (error, stdout) => resolve({ code: error ? (error.code ?? error.signal) : 0, stdout }),
    )
  })
  const tests = new Map()
  for (const [, indent, not, name] of stdout.matchAll(/^( *)(not )?ok \d+ - (.*)$/gm)) {
    let key = `${'  '.repeat(indent.length / 4)}${name}`
    for (let number = 2; tests.has(key); number++) key = `${name} (${number})`
    tests.set(key, not === undefined)
  }
  return { code, tests, tookMs: performance.now() - beganAtMs }
}
