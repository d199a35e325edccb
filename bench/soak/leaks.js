// Does `plimsoll soak` tell leaking services from healthy ones, with no configuration but their paths, and does it name the line? Runs the
// services of bench/leaks one after another through the command itself, as a stranger would, and adds a line for each to
// .work/soak.jsonl. Stop and go on as you like; a service that has a result in that file is passed over.
//
//   npm run build
//   node bench/soak/leaks.js [--limit N] [--minutes N] [--only NAME,…] [--kind healthy|leaking|mended] [--repeat N] [--out FILE]
//                           [--corpus strangers] [--cap DURATION]
//   node bench/soak/leaks.js --score [--out FILE]
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { corpus } from '../leaks/corpus.js'
import { prepareService, workFolder } from '../leaks/prepare.js'
import { strangers } from './strangers.js'

const { values } = parseArgs({
  options: {
    limit: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: 'Infinity' },
    only: { type: 'string' },
    kind: { type: 'string' },
    repeat: { type: 'string', default: '1' },
    out: { type: 'string' },
    corpus: { type: 'string', default: 'leaks' },
    cap: { type: 'string' },
    score: { type: 'boolean', default: false },
  },
})
const services = { leaks: corpus, strangers }[values.corpus]
values.out ??= join(workFolder, values.corpus === 'leaks' ? 'soak.jsonl' : `soak-${values.corpus}.jsonl`)
const command = fileURLToPath(new URL('../../packages/cli/bin/plimsoll.js', import.meta.url))

const kindOf = ({ isLeak, shape }) => (isLeak ? 'leaking' : shape === 'mended' ? 'mended' : 'healthy')
const commit = execFileSync('git', ['describe', '--always', '--dirty', '--exclude=*'], {
  cwd: fileURLToPath(new URL('.', import.meta.url)),
  encoding: 'utf8',
}).trim()

/** Services that plain GETs do not drive into what they are there for. */
const isDrivable = ({ load }) => load.routes.every(({ bodyBytes = 0 }) => bodyBytes === 0)

mkdirSync(workFolder, { recursive: true })
if (values.score) score()
else await runNext()

async function runNext() {
  let left = Number(values.limit)
  const untilMs = Date.now() + Number(values.minutes) * 60_000
  for (let round = 1; round <= Number(values.repeat); round++) {
    for (const service of inTurns(services.filter(isDrivable))) {
      if (left === 0 || Date.now() >= untilMs) return
      if (values.only !== undefined && !values.only.split(',').includes(service.name)) continue
      if (values.kind !== undefined && kindOf(service) !== values.kind) continue
      if (readResults().filter(({ name }) => name === service.name).length >= round) continue
      left--
      await run(service)
    }
  }
}

/** A healthy one, a leaking one, and so on: a bench that was stopped has seen both. */
function inTurns(services) {
  const [leaking, healthy] = [true, false].map((isLeak) => services.filter((service) => service.isLeak === isLeak))
  return services.flatMap((_, index) => [healthy[index], leaking[index]]).filter(Boolean)
}

async function run(service) {
  const { folder, file, places } = await prepareService(service)
  const json = join(folder, 'soak.json')
  rmSync(json, { force: true })
  const heap = service.heapMb ? `--max-old-space-size=${service.heapMb} ` : ''
  const paths = service.load.routes.map(({ path }) =>
    path.replace('{fresh}', 'n{1..1000000}').replace(/\{(?:zipf|pick):(\d+)\}/, 'k{1..$1}'),
  )
  const drive = service.drive ?? paths.flatMap((path) => ['--get', path])
  const cap = values.cap === undefined ? [] : ['--cap', values.cap]
  const beganAtMs = Date.now()
  const child = spawn(
    process.execPath,
    [command, 'soak', service.start ?? `node ${heap}${file}`, ...drive, ...cap, '--json', json],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop(child, signal))
  let text = ''
  child.stdout.on('data', (chunk) => (text += chunk))
  const [exitCode] = await once(child, 'exit')
  for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal)
  const result = existsSync(json) ? JSON.parse(readFileSync(json, 'utf8')) : null
  const culprit = result?.culprits[0] ?? null
  const isRightLine =
    culprit !== null && places.some((place) => culprit.file === place.file && place.lines.includes(culprit.line))
  const line = {
    name: service.name,
    kind: kindOf(service),
    leaks: service.isLeak,
    memory: service.memory ?? null,
    verdict: result?.verdict ?? 'none',
    exitCode,
    seconds: Math.round((Date.now() - beganAtMs) / 1000),
    culprit: culprit && `${culprit.file}:${culprit.line}`,
    isRightLine,
    failedGates: result?.gates
      .filter(({ verdict }) => verdict !== 'pass')
      .map(({ name, verdict }) => `${name} ${verdict}`),
    retained: result?.retainedBytesPerRequest,
    ratePerSec: result?.ratePerSec,
    requestCount: result?.requestCount,
    cap: values.cap ?? null,
    floors: result?.floors.map(({ requestCount, heapBytes, externalBytes }) => [
      requestCount,
      heapBytes,
      externalBytes,
    ]),
    elapsedMs: result?.elapsedMs,
    heldShare: result?.culprits.map(({ share }) => share),
    notes: result?.notes,
    commit,
    atMs: Date.now(),
    nodeVersion: process.version,
  }
  appendFileSync(values.out, `${JSON.stringify(line)}\n`)
  console.log(
    `${line.name.padEnd(26)}${line.verdict.padEnd(10)}${String(line.seconds).padStart(4)} s  ${line.culprit ?? ''}${isRightLine ? ' ✓' : ''}`,
  )
  if (values.only !== undefined) console.log(text)
}

/** What was begun leaves no result, and nothing running. */
async function stop(child, signal) {
  child.removeAllListeners('exit')
  child.kill(signal)
  await once(child, 'exit')
  process.exit(130)
}

function readResults() {
  if (!existsSync(values.out)) return []
  return readFileSync(values.out, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

function score() {
  const results = readResults()
  const leaking = results.filter(({ leaks }) => leaks)
  const healthy = results.filter(({ leaks }) => !leaks)
  const share = (part, whole) => `${part.length} of ${whole.length}`
  const called = leaking.filter(({ exitCode }) => exitCode === 1)
  console.log(`leaking services found bad    ${share(called, leaking)}`)
  console.log(
    `  of those called LEAK        ${share(
      leaking.filter(({ verdict }) => verdict === 'leak'),
      leaking,
    )}`,
  )
  console.log(
    `  line right, first named     ${share(
      called.filter(({ isRightLine }) => isRightLine),
      called,
    )}`,
  )
  console.log(
    `healthy services called LEAK  ${share(
      healthy.filter(({ verdict }) => verdict === 'leak'),
      healthy,
    )}`,
  )
  console.log(
    `healthy services cleared      ${share(
      healthy.filter(({ exitCode }) => exitCode === 0),
      healthy,
    )}`,
  )
  const seconds = results.map((result) => result.seconds).sort((left, right) => left - right)
  console.log(`seconds to the verdict        median ${seconds[seconds.length >> 1]}, longest ${seconds.at(-1)}`)
}
