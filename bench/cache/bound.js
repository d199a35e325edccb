/**
 * Does the process grow by no more than maxBytes, whatever is cached? Growth of heapUsed + external ÷ maxBytes when the cache
 * is first full and at every tenth of a tenfold churn: the largest, and the least once full. Kinds are those of the tests, each
 * in a process of its own. What takes longer than so many seconds to churn is stopped, and says how often it was churned.
 *   node --expose-gc bench/cache/bound.js [--bytes 8388608,67108864,1073741824] [--kind TEXT] [--churn 10] [--seconds 60]
 *     [--results FILE]   kinds that stand in it are not run again: where the bench was stopped, it goes on. Only those of this
 *                        commit, this Node.js and the same limits: what a dirty tree measured is never taken up.
 * At 1 GiB give Node the room: --max-old-space-size=3000.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createCache } from '@plimsoll/cache'
import ts from 'typescript'

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: '8388608,67108864,1073741824' },
    kind: { type: 'string', default: '' },
    churn: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '60' },
    results: { type: 'string' },
    alone: { type: 'boolean', default: false },
  },
})
/** What a result is of: those of two builds, or churned otherwise, are not one table. */
const build = {
  commit: spawnSync('git', ['describe', '--always', '--dirty'], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
  }).stdout.trim(),
  node: process.version,
  limits: `${values.churn} times, ${values.seconds} s`,
}
const { valueKinds } = await importKinds()
const kinds = [
  ...valueKinds.map((kind) => ({ ...kind, key: (n) => `key:${n}` })),
  { name: 'number, long keys', make: (n) => n, key: (n) => `key:${n}:`.padEnd(200, 'x'), isSmall: true },
]

if (values.alone) {
  const { make, key } = kinds.find(({ name }) => name === values.kind)
  grow(2 ** 20, make, key)
  process.stdout.write(JSON.stringify(grow(Number(values.bytes), make, key)))
} else runAll()

function runAll() {
  const isKept = values.results !== undefined && existsSync(values.results)
  const known = isKept
    ? readFileSync(values.results, 'utf8').trim().split('\n').map(JSON.parse).filter(isOfThisBuild)
    : []
  let worst = 0
  for (const maxBytes of values.bytes.split(',').map(Number)) {
    for (const { name } of kinds.filter(({ name }) => name.includes(values.kind))) {
      const result = known.find((result) => result.maxBytes === maxBytes && result.name === name) ?? run(maxBytes, name)
      if (result === null) continue
      const { most, least, churn } = result
      const isOver = most > 1.02 * maxBytes + 2 ** 18
      worst = Math.max(worst, (most - 2 ** 18) / maxBytes)
      const ratios = `most ${(most / maxBytes).toFixed(3)}   least once full ${(least / maxBytes).toFixed(3)}`
      const rest = `   churned ${churn.toFixed(1)} times${isOver ? '   OVER' : ''}`
      process.stdout.write(`${maxBytes / 2 ** 20} MiB ${name.padEnd(42)}${ratios}${rest}\n`)
      if (isOver) process.exitCode = 1
    }
  }
  process.stdout.write(`worst ratio, less 256 KiB for the measurement: ${worst.toFixed(3)}\n`)
}

function isOfThisBuild(result) {
  if (build.commit.endsWith('-dirty')) return false
  return Object.entries(build).every(([fact, value]) => result[fact] === value)
}

function run(maxBytes, name) {
  const limits = ['--churn', values.churn, '--seconds', values.seconds]
  const args = [fileURLToPath(import.meta.url), '--alone', '--bytes', String(maxBytes), '--kind', name, ...limits]
  const stdio = ['ignore', 'pipe', 'inherit']
  const { status, stdout } = spawnSync(process.execPath, [...process.execArgv, ...args], { encoding: 'utf8', stdio })
  if (status !== 0) {
    process.stdout.write(`${maxBytes / 2 ** 20} MiB ${name} ended with ${status}\n`)
    process.exitCode = 1
    return null
  }
  const result = { maxBytes, name, ...build, ...JSON.parse(stdout) }
  if (values.results !== undefined) appendFileSync(values.results, `${JSON.stringify(result)}\n`)
  return result
}

function grow(maxBytes, make, key) {
  const before = heldBytes()
  const cache = createCache({ maxBytes })
  let n = 1
  while (n % 64 !== 0 || cache.stats().removals.eviction === 0) cache.set(key(n++), make(n))
  const fullCount = n
  const endMs = performance.now() + 1000 * Number(values.seconds)
  let most = heldBytes() - before
  let least = most
  for (let tenth = 0; tenth < 10 && performance.now() < endMs; tenth++) {
    for (let left = (Number(values.churn) * fullCount) / 10; left > 0; left--) {
      cache.set(key(n++), make(n))
      if (n % 1024 === 0 && performance.now() > endMs) break
    }
    const bytes = heldBytes() - before
    most = Math.max(most, bytes)
    least = Math.min(least, bytes)
  }
  cache.close()
  return { most, least, churn: n / fullCount - 1 }
}

function heldBytes() {
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** The tests' kinds are TypeScript, which older Node.js does not read. */
async function importKinds() {
  const source = readFileSync(new URL('../../packages/cache/test/values.ts', import.meta.url), 'utf8')
  const folder = new URL('../../node_modules/.cache/plimsoll-bench/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  const target = new URL('values.mjs', folder)
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 }
  writeFileSync(target, ts.transpileModule(source, { compilerOptions }).outputText)
  return import(target.href)
}
