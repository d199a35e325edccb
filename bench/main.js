/**
 * Runs the benches of a part one after the other, and writes each result with commit, machine and time into `result/`.
 * What has a result of this commit and this Node.js is not run again.
 *   npm run bench -w bench -- cache [--traces DIR] [--only speed,memory] [--again]
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { traces: { type: 'string' }, only: { type: 'string' }, again: { type: 'boolean', default: false } },
})
const traces = values.traces ? ['--traces', values.traces] : []
/** Name (a script, and after an @ which part of it, as what takes long is resumed part by part), arguments, options of Node.js. */
const benches = {
  cache: [
    ['hit-ratio', traces],
    ['sized', traces],
    ['families', traces],
    ['weigh', []],
    ['memory', []],
    ['look-up', []],
    ['speed@10k', ['--entries', '10000']],
    ['speed@100k', ['--entries', '100000']],
    ['speed@1M', ['--entries', '1000000']],
    ['expiry', []],
    ['marketplace', []],
    ['bound@8MiB', ['--bytes', '8388608'], ['--expose-gc']],
    ['bound@64MiB', ['--bytes', '67108864'], ['--expose-gc']],
    ['bound@1GiB', ['--bytes', '1073741824'], ['--expose-gc', '--max-old-space-size=4000']],
    ['shared', []],
  ],
  // Needs a redis-server on the path.
  tier: [
    ['consistency', []],
    ['faults', []],
  ],
  console: [['load', []]],
}
const part = positionals[0]
if (!benches[part]) {
  process.stderr.write(`Say which: npm run bench -w bench -- ${Object.keys(benches).join('|')}\n`)
  process.exit(2)
}
const here = fileURLToPath(new URL('.', import.meta.url))
const commit = spawnSync('git', ['describe', '--always', '--dirty'], { cwd: here, encoding: 'utf8' }).stdout.trim()
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB`
const wanted = values.only?.split(',')

for (const [name, args, nodeOptions = []] of benches[part]) {
  const [script] = name.split('@')
  if (wanted && !wanted.includes(name) && !wanted.includes(script)) continue
  const folder = `${here}result/${part}`
  const file = `${folder}/${name}.json`
  const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const isKnown = known.commit === commit && known.node === process.version && known.args === args.join(' ')
  process.stdout.write(`\n== ${name}${isKnown && !values.again ? ' (as measured before)' : ''}\n`)
  if (isKnown && !values.again) {
    process.stdout.write(known.output)
    continue
  }
  const { status, stdout } = spawnSync(process.execPath, [...nodeOptions, `${here}${part}/${script}.js`, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 26,
  })
  process.stdout.write(stdout)
  if (status !== 0) {
    process.stderr.write(`${name} ended with ${status}\n`)
    process.exitCode = 1
    continue
  }
  mkdirSync(folder, { recursive: true })
  const result = {
    commit,
    node: process.version,
    machine,
    at: new Date().toISOString(),
    args: args.join(' '),
    output: stdout,
  }
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`)
}
