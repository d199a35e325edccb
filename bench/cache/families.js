/**
 * Does the policy generalise? Its numbers were chosen on traces; here each is chosen anew for each family of traces without
 * looking at that family, from a grid around the one that is shipped, and the family is replayed with what was chosen.
 *   node bench/cache/families.js [--traces DIR] [--seed N]
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { createSeededRandom } from '@plimsoll/core'
import { replayOptimum } from './optimum.js'
import { makeTraces, readTraces } from './traces.js'

const { values } = parseArgs({ options: { traces: { type: 'string' }, seed: { type: 'string', default: '1' } } })
const traces = values.traces ? readTraces(values.traces) : makeTraces(Number(values.seed))
/** Traces of one paper or one service. */
const papers = { lirs: ['loop', 'scan', 'zigzag', 'multi1', 'multi2', 'cpp', 'cs', 'gli', 'ps', '2_pools'] }
const familyOf = (name) => Object.keys(papers).find((paper) => papers[paper].includes(name)) ?? name

/** What is varied: a file of the built cache, a constant, and its values, the shipped one first. */
const grid = [
  ['policy/w-tinylfu.js', 'PROTECTED_SHARE', ['0.8', '0.5', '0.9']],
  ['policy/w-tinylfu.js', 'ADMISSION_MARGIN', ['1', '0', '2']],
  ['policy/w-tinylfu.js', 'ROUNDS_PER_HALVING', ['10', '5', '20']],
  ['policy/w-tinylfu.js', 'WIDE_WINDOW', ['0.4', '1']],
  ['policy/window-chooser.js', 'SAMPLES_PER_ENTRY', ['8', '4', '16']],
  ['policy/window-chooser.js', 'SCORE_KEPT', ['0.8', '0.5', '0.9']],
  ['policy/window-chooser.js', 'MUCH_BETTER', ['0.1', '0.05', '1']],
]
const variants = [{}, ...grid.flatMap(([file, name, [, ...others]]) => others.map((value) => ({ file, name, value })))]

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-families-'))
try {
  const rows = traces.flatMap(({ name, ids, entryCounts }) =>
    entryCounts.map((entryCount) => ({ name, ids, entryCount, optimum: replayOptimum(ids, entryCount) })),
  )
  const shares = []
  for (const variant of variants) shares.push(await replayAll(variant, rows))
  const held = []
  for (const family of new Set(rows.map(({ name }) => familyOf(name)))) {
    const scores = shares.map((list) => mean(list.filter((_, at) => familyOf(rows[at].name) !== family)))
    const best = scores.indexOf(Math.max(...scores))
    const chosen = shares[best].filter((_, at) => familyOf(rows[at].name) === family)
    const shipped = shares[0].filter((_, at) => familyOf(rows[at].name) === family)
    held.push(...chosen)
    const { name = 'as shipped', value = '' } = variants[best]
    const figures = `${(100 * mean(chosen)).toFixed(1)} % of the optimum (as shipped ${(100 * mean(shipped)).toFixed(1)})`
    process.stdout.write(`without ${family.padEnd(12)}${`${name} ${value}`.padEnd(26)}${figures}\n`)
  }
  process.stdout.write(
    `mean of all rows, each with what was chosen without its family: ${(100 * mean(held)).toFixed(2)} %\n`,
  )
  process.stdout.write(`mean of all rows as shipped: ${(100 * mean(shares[0])).toFixed(2)} %\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function replayAll({ file, name, value }, rows) {
  const place = join(folder, `${name ?? 'shipped'}-${value ?? ''}`)
  cpSync(fileURLToPath(new URL('../../packages/cache/dist', import.meta.url)), place, { recursive: true })
  const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))
  symlinkSync(modules, join(place, 'node_modules'), 'junction')
  writeFileSync(join(place, 'package.json'), '{"type":"module"}')
  if (file) {
    const text = readFileSync(join(place, file), 'utf8')
    const line = new RegExp(`^(export )?const ${name} = .*$`, 'm')
    if (!line.test(text)) throw new Error(`${file} has no ${name}`)
    writeFileSync(join(place, file), text.replace(line, `$1const ${name} = ${value};`))
  }
  const { createCache } = await import(pathToFileURL(join(place, 'index.js')).href)
  return rows.map(({ ids, entryCount, optimum }) => {
    const cache = createCache({ maxEntries: entryCount, random: createSeededRandom(1) })
    for (const id of ids) if (cache.get(id) === undefined) cache.set(id, id)
    const { hitRatio } = cache.stats()
    cache.close()
    return hitRatio / optimum
  })
}

function mean(list) {
  return list.reduce((sum, value) => sum + value, 0) / list.length
}
