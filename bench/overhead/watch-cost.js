// What does the watch cost a service at a fixed rate of requests?
//
// Four copies of one service run at the same time under the same seeded load: two without the watch and two with it. The second
// without against the first is the control (A/A): it shows how far two equal services differ on this machine. What counts is
// the ratio of processor time, of resident memory and of the p99 of latency over all rounds, with 95 % intervals of the mean of its
// logarithm. A round has new processes, since what V8 compiles differs from one process to the next by more than the watch takes: one
// window each, and long ones help less than many. Start-up is measured apart, alternating, and so is the supervisor of `plimsoll run`.
//
//   node bench/overhead/watch-cost.js [--rounds 8] [--at-once 1] [--seconds 50] [--rate 600] [--starts 20] [--warm 120] [--out FILE] [--serve FILE] [--register FILE]
//
// What the watch costs falls over a process's life: `--warm` is how long the services are asked before the window of `--seconds`. It goes by
// the second more than by the request: at 600 a second the service takes a twelfth of a core, at 150 it has next to nothing to do.
// `--at-once` is how many rounds run side by side, where the machine has room for so many copies. `--out FILE` keeps each round as a line,
// and judges by all of the file's that have this build, Node version, service and setting: so a long run is put together from pieces.
// `--rounds 0 --out FILE` judges by what is there; without a file `--rounds 0` leaves start-up and the supervisor. `--serve FILE` asks
// another service than the small one below: a program that prints its port as a line of its own and answers `/p/N`.
//
// Exits 1 when the upper bound of the processor's ratio is above 1.05, of latency above 1.10, when the watch takes more than 25 MB, or
// when the control is wider than ± 10 %; a wide control says that the machine was too busy to tell.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { startTraffic } from '../../packages/soak/dist/traffic/index.js'

const say = (line) => void process.stdout.write(`${line}\n`)
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '50' },
    rate: { type: 'string', default: '600' },
    'at-once': { type: 'string', default: '1' },
    starts: { type: 'string', default: '20' },
    warm: { type: 'string', default: '120' },
    register: { type: 'string', default: new URL('../../packages/watch/dist/register.js', import.meta.url).href },
    serve: { type: 'string' },
    out: { type: 'string' },
    // The service is this same file in a process of its own.
    service: { type: 'boolean', default: false },
  },
})
const service = values.serve === undefined ? [fileURLToPath(import.meta.url), '--service'] : [values.serve]
if (values.service) serve()
else await main()

async function main() {
  const setting = JSON.stringify([
    buildOf(values.register),
    process.version,
    values.serve ?? null,
    ...[values.rate, values.warm, values.seconds, values['at-once']].map(Number),
  ])
  const rounds = readRounds(setting)
  const atOnce = Number(values['at-once'])
  for (let left = Number(values.rounds); left > 0; left -= atOnce) {
    const ran = Array.from({ length: Math.min(left, atOnce) }, (_, index) => runRound(rounds.length + index))
    for (const arms of await Promise.all(ran)) {
      rounds.push(arms)
      if (values.out !== undefined) appendFileSync(values.out, `${JSON.stringify({ setting, arms })}\n`)
      const tellAll = (pick) => [arms[0], arms[2], arms[1], arms[3]].map(pick).join(' ')
      say(
        `  cpu ${tellAll(({ cpuSeconds }) => cpuSeconds.toFixed(2))} s  p99 ${tellAll(({ p99Ms }) => p99Ms.toFixed(1))} ms  rss ${tellAll(({ rssMb }) => rssMb.toFixed(0))} MB`,
      )
    }
  }
  const isCheap = rounds.length > 0 ? judge(rounds) : values.out === undefined
  const starts = await measureStarts()
  say(`start-up    +${starts.toFixed(0)} ms (median of ${values.starts} pairs)`)
  await measureSupervisor()
  process.exitCode = isCheap && starts <= 80 ? 0 : 1
}

function judge(rounds) {
  if (rounds.length < 2) throw new Error('an interval needs two rounds at least')
  const ratio = (pick) => ({
    watch: intervalOf(
      rounds.map((arms) => Math.sqrt((pick(arms[1]) * pick(arms[3])) / (pick(arms[0]) * pick(arms[2])))),
    ),
    control: intervalOf(rounds.map((arms) => pick(arms[2]) / pick(arms[0]))),
  })
  const cpu = ratio(({ cpuSeconds }) => cpuSeconds)
  const p99 = ratio(({ p99Ms }) => p99Ms)
  const plainOf = (pick) => mean(rounds.map((arms) => (pick(arms[0]) + pick(arms[2])) / 2))
  const watchOf = (pick) => mean(rounds.map((arms) => (pick(arms[1]) + pick(arms[3])) / 2))
  const rssOf = ({ rssMb }) => rssMb
  const rssMb = watchOf(rssOf) - plainOf(rssOf)
  const msOf = ({ cpuSeconds }) => (cpuSeconds / Number(values.seconds)) * 1000
  const plainMs = plainOf(msOf)
  const watchMs = watchOf(msOf) - plainMs
  say(
    `Node ${process.version}, ${rounds.length} rounds of ${values.seconds} s at ${values.rate} requests/s, ${values.warm} s after the start`,
  )
  say(`processor   ${tell(cpu.watch)}   control ${tell(cpu.control)}`)
  say(
    `            ${plainMs.toFixed(1)} ms a second without, ${watchMs >= 0 ? '+' : ''}${watchMs.toFixed(1)} with the watch (${((watchMs / Number(values.rate)) * 1000).toFixed(1)} µs a request, all told)`,
  )
  say(`p99         ${tell(p99.watch)}   control ${tell(p99.control)}`)
  say(`resident    ${rssMb >= 0 ? '+' : ''}${rssMb.toFixed(1)} MB`)
  const isControlled = [cpu.control, p99.control].every(({ low, high }) => low >= 0.9 && high <= 1.1)
  if (!isControlled) say('the control is wider than ± 10 %: this machine was too busy to tell')
  return isControlled && cpu.watch.high <= 1.05 && p99.watch.high <= 1.1 && rssMb <= 25
}

async function runRound(round) {
  const seed = 77 + round
  // What V8 compiles goes by its hashes as well, so the four copies of a round have the same ones, and each round others.
  const plain = [`--hash-seed=${seed}`, `--random-seed=${seed}`]
  const watched = [...plain, '--import', values.register]
  // In turn, so that none is always the first to be asked.
  const order = [plain, watched, plain, watched].map((flags, place) => ({ flags, place }))
  if (round % 2 === 1) order.reverse()
  const ran = await Promise.all(order.map(async ({ flags, place }) => ({ place, arm: await run(seed, flags) })))
  return ran.sort((one, other) => one.place - other.place).map(({ arm }) => arm)
}

async function run(seed, flags) {
  const child = spawn(process.execPath, [...flags, ...service], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  try {
    const line = await readPort(child)
    const load = (seconds) =>
      startTraffic({
        origin: `http://127.0.0.1:${Number(line)}`,
        seed,
        ratePerSec: Number(values.rate) / 10,
        durationMs: seconds * 1000,
        journeys: {
          page: {
            weight: 1,
            async run(user) {
              for (let request = 0; request < 10; request++)
                await user.get(`/p/${user.zipf(2000)}`, { route: '/p/:id' })
            },
          },
        },
      }).done
    await load(Number(values.warm))
    const before = cpuSeconds(child.pid)
    const { total } = await load(Number(values.seconds))
    return { cpuSeconds: cpuSeconds(child.pid) - before, p99Ms: total.latencyMsP99, rssMb: rssMb(child.pid) }
  } finally {
    child.kill('SIGKILL')
  }
}

/** What is loaded with the watch, by its content: lines of other builds are not taken for this one's. */
function buildOf(register) {
  const folder = new URL('.', /^file:/.test(register) ? register : pathToFileURL(register))
  const hash = createHash('sha256')
  for (const file of readdirSync(folder).sort()) {
    if (/^(?:register|watchdog).*\.js$/.test(file)) hash.update(file).update(readFileSync(new URL(file, folder)))
  }
  return hash.digest('hex').slice(0, 12)
}

function readRounds(setting) {
  if (values.out === undefined || !existsSync(values.out)) return []
  const lines = readFileSync(values.out, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  return lines.filter((line) => line.setting === setting).map(({ arms }) => arms)
}

async function readPort(child) {
  for await (const line of createInterface({ input: child.stdout })) if (/^\d+$/.test(line)) return line
  throw new Error('the service ended before it printed its port')
}

/** The process that starts the service again when it ends: it sleeps, but for its look at its child. */
async function measureSupervisor() {
  const cli = fileURLToPath(new URL('../../packages/cli/bin/plimsoll.js', import.meta.url))
  const child = spawn(process.execPath, [cli, 'run', '--', process.execPath, ...service], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  try {
    await readPort(child)
    await sleep(5000)
    const cpuBefore = cpuSeconds(child.pid)
    await sleep(20_000)
    const msPerSecond = ((cpuSeconds(child.pid) - cpuBefore) / 20) * 1000
    say(
      `supervisor  ${msPerSecond.toFixed(1)} ms of processor time a second, ${rssMb(child.pid).toFixed(0)} MB, in a process of its own`,
    )
  } finally {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
}

/** From spawning until an empty program has ended; the pairs alternate. */
async function measureStarts() {
  const differences = []
  for (let pair = 0; pair < Number(values.starts); pair++) {
    const plain = await timeStart([])
    const watched = await timeStart(['--import', values.register])
    differences.push(watched - plain)
  }
  return differences.sort((one, other) => one - other)[Math.floor(differences.length / 2)]
}

async function timeStart(flags) {
  const beganMs = performance.now()
  await once(spawn(process.execPath, [...flags, '-e', '0'], { stdio: 'ignore' }), 'exit')
  return performance.now() - beganMs
}

/** A service that does a little of everything: a cache, some JSON, some garbage. */
function serve() {
  const pages = new Map()
  const server = createServer((request, response) => {
    let page = pages.get(request.url)
    if (page === undefined) {
      page = JSON.stringify(
        Array.from({ length: 100 }, (_, index) => ({ index, url: request.url, name: `item ${index}` })),
      )
      pages.set(request.url, page)
    }
    const items = JSON.parse(page)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(items.filter(({ index }) => index % 2 === 0)))
  })
  server.listen(0, '127.0.0.1', () => say(server.address().port))
}

function mean(list) {
  return list.reduce((sum, value) => sum + value, 0) / list.length
}

/** Mean ratio with its 95 % interval, on the logarithm, by Student's t. */
function intervalOf(ratios) {
  const logs = ratios.map(Math.log)
  const middle = mean(logs)
  const deviation = Math.sqrt(logs.reduce((sum, log) => sum + (log - middle) ** 2, 0) / Math.max(1, logs.length - 1))
  const students = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13]
  const half = ((students[logs.length - 2] ?? students.at(-1)) * deviation) / Math.sqrt(logs.length)
  return { middle: Math.exp(middle), low: Math.exp(middle - half), high: Math.exp(middle + half) }
}

function tell({ middle, low, high }) {
  return `× ${middle.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`
}

/** User and system time of a process; /proc counts in hundredths of a second. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function rssMb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
}
