/**
 * Does the process grow by no more than maxBytes, whatever is cached? Growth of heapUsed + external ÷ maxBytes when the cache
 * is first full and at every tenth of a tenfold churn: the largest, and the least once full. Kinds are those of the tests.
 *   node --expose-gc bench/cache/bound.js [--bytes 8388608,67108864,1073741824] [--kind TEXT] [--churn 10]
 * At 1 GiB give Node the room: --max-old-space-size=3000.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createCache } from '@plimsoll/cache'
import ts from 'typescript'

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: '8388608,67108864,1073741824' },
    kind: { type: 'string', default: '' },
    churn: { type: 'string', default: '10' },
  },
})
const { valueKinds } = await importKinds()
const kinds = [
  ...valueKinds.map((kind) => ({ ...kind, key: (n) => `key:${n}` })),
  { name: 'number, long keys', make: (n) => n, key: (n) => `key:${n}:`.padEnd(200, 'x'), isSmall: true },
].filter(({ name }) => name.includes(values.kind))

let worst = 0
for (const maxBytes of values.bytes.split(',').map(Number)) {
  for (const { name, make, key } of kinds) {
    grow(2 ** 20, make, key)
    const { most, least } = grow(maxBytes, make, key)
    const isOver = most > 1.02 * maxBytes + 2 ** 18
    worst = Math.max(worst, (most - 2 ** 18) / maxBytes)
    const ratios = `most ${(most / maxBytes).toFixed(3)}   least once full ${(least / maxBytes).toFixed(3)}`
    process.stdout.write(`${maxBytes / 2 ** 20} MiB ${name.padEnd(36)}${ratios}${isOver ? '   OVER' : ''}\n`)
    if (isOver) process.exitCode = 1
  }
}
process.stdout.write(`worst ratio, less 256 KiB for the measurement: ${worst.toFixed(3)}\n`)

function grow(maxBytes, make, key) {
  const before = heldBytes()
  const cache = createCache({ maxBytes })
  let n = 1
  while (n % 64 !== 0 || cache.stats().removals.eviction === 0) cache.set(key(n++), make(n))
  const fullCount = n
  let most = heldBytes() - before
  let least = most
  for (let tenth = 0; tenth < 10; tenth++) {
    for (let left = (Number(values.churn) * fullCount) / 10; left > 0; left--) cache.set(key(n++), make(n))
    const bytes = heldBytes() - before
    most = Math.max(most, bytes)
    least = Math.min(least, bytes)
  }
  cache.close()
  return { most, least }
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
