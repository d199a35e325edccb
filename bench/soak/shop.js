// The shop with its own shoppers, as it is and with each of its leaks switched on: is what stays called a leak, and with the line? Runs
// `npm run soak` one after another and adds a line for each to bench/leaks/.work/soak-shop.jsonl; what stands there is passed over.
//
//   npm run build
//   node bench/soak/shop.js [--only none,pages-by-url,…] [--cap DURATION] [--minutes N] [--out FILE]
//   node bench/soak/shop.js --score [--out FILE]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { workFolder } from '../leaks/prepare.js'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    cap: { type: 'string' },
    minutes: { type: 'string', default: 'Infinity' },
    out: { type: 'string', default: join(workFolder, 'soak-shop.jsonl') },
    score: { type: 'boolean', default: false },
  },
})
const root = fileURLToPath(new URL('../../', import.meta.url))

/** What each leak's line holds: where something is added that is never taken away. All stand in `apps/marketplace/src/leak/<name>.ts`. */
const places = {
  none: null,
  'pages-by-url': ['pages.set('],
  'array-per-request': ['recentRequests.push('],
  'listener-per-request': ["settings.on('change'"],
  'closure-chain': ['undo = () =>'],
  'sliced-tokens': ['tokens.add('],
  'promise-race': ['Promise.race(', 'const answer ='],
  'timer-per-request': ['setInterval('],
  'rare-search': ['reports.push('],
  'presence-registry': ['this.#visits.set(', 'visits.push('],
  'buffer-per-image': ['pictures.set('],
  'tls-context-per-call': ['contexts.push('],
}

mkdirSync(workFolder, { recursive: true })
if (values.score) score()
else await runNext()

async function runNext() {
  const untilMs = Date.now() + Number(values.minutes) * 60_000
  const wanted = values.only?.split(',') ?? Object.keys(places)
  for (const name of wanted) {
    if (!(name in places)) throw new Error(`There is no ${name}: ${Object.keys(places).join(', ')}`)
    if (Date.now() >= untilMs) return
    if (!readResults().some((line) => line.name === name)) await run(name)
  }
}

async function run(name) {
  const json = join(workFolder, 'soak-shop.json')
  rmSync(json, { force: true })
  const flags = [
    ...(name === 'none' ? [] : [`--leak=${name}`]),
    ...(values.cap ? ['--cap', values.cap] : []),
    '--json',
    json,
  ]
  const beganAtMs = Date.now()
  const child = spawn(process.execPath, ['scripts/soak.js', ...flags], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const stop = () => child.kill('SIGTERM')
  process.once('SIGTERM', stop).once('SIGINT', stop)
  let text = ''
  child.stdout.on('data', (chunk) => (text += chunk))
  const [exitCode] = await once(child, 'exit')
  process.off('SIGTERM', stop).off('SIGINT', stop)
  if (!existsSync(json)) {
    process.stdout.write(text)
    throw new Error(`${name}: no result, exit code ${exitCode}`)
  }
  const { verdict, culprits, sentence, notes, floors, gates, requestCount } = JSON.parse(readFileSync(json, 'utf8'))
  const [culprit] = culprits
  const line = {
    name,
    verdict,
    exitCode,
    seconds: Math.round((Date.now() - beganAtMs) / 1000),
    culprit: culprit ? `${culprit.file}:${culprit.line}` : null,
    isRightLine: culprit !== undefined && isRightLine(name, culprit),
    sentence,
    notes,
    requestCount,
    openGates: gates.filter((gate) => gate.verdict !== 'pass').map((gate) => `${gate.name} ${gate.verdict}`),
    floors: floors.map((floor) => [floor.requestCount, floor.heapBytes, floor.externalBytes]),
    atMs: Date.now(),
  }
  appendFileSync(values.out, `${JSON.stringify(line)}\n`)
  console.log(
    `${name.padEnd(24)}${verdict.padEnd(10)}${line.seconds} s  ${line.culprit ?? ''}${line.isRightLine ? ' ✓' : ''}\n${text}`,
  )
}

function isRightLine(name, { file, line }) {
  const source = `apps/marketplace/src/leak/${name}.ts`
  if (name === 'none' || file !== source) return false
  const text = readFileSync(join(root, source), 'utf8').split('\n')[line - 1] ?? ''
  return places[name].some((code) => text.includes(code))
}

function readResults() {
  if (!existsSync(values.out)) return []
  const lines = readFileSync(values.out, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
}

function score() {
  const results = readResults()
  const leaking = results.filter(({ name }) => name !== 'none')
  const called = leaking.filter(({ verdict }) => verdict === 'leak')
  console.log(`as it is                 ${results.find(({ name }) => name === 'none')?.verdict ?? 'not run'}`)
  console.log(`leaks called LEAK        ${called.length} of ${leaking.length}`)
  console.log(`  line right, named first ${called.filter((line) => line.isRightLine).length} of ${called.length}`)
}
