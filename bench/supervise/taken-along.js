// How soon are a killed supervisor's processes gone and its port free?
//
//   node bench/supervise/taken-along.js [--runs 10] [--only ordinary,hung-at-once] [--node /path/to/node]
//
// Each run starts `plimsoll run`, waits for the service to listen, kills the supervisor with SIGKILL, and measures until no process of
// the service is left and its port can be listened on again. The promise is 2 s. How late this program's own timers were meanwhile is told
// too: on a machine that is busy it bounds what the figure means.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    only: { type: 'string' },
    node: { type: 'string', default: process.execPath },
  },
})
const promiseMs = 2000
/** When this is over, a service counts as left behind. */
const patienceMs = 20_000
const bin = fileURLToPath(new URL('../../packages/cli/bin/plimsoll.js', import.meta.url))
const node = values.node

/** What hangs does so in the turn of the event loop in which it says its port, before the watch has a thread of its own. */
const service = `
const how = process.argv[2]
if (how === 'deaf') process.on('SIGTERM', () => {})
const server = require('node:http').createServer((request, response) => response.end())
server.listen(0, '127.0.0.1', () => {
  require('node:fs').writeSync(1, process.pid + ' ' + server.address().port + '\\n')
  if (how === 'hung-at-once') for (;;);
  if (how === 'hung-later') setTimeout(() => { for (;;); }, 2500)
})
`
const modes = {
  ordinary: { command: [node, 'service.cjs', 'ordinary'] },
  deaf: { command: [node, 'service.cjs', 'deaf'] },
  'hung-at-once': { command: [node, 'service.cjs', 'hung-at-once'] },
  'hung-later': { command: [node, 'service.cjs', 'hung-later'], waitMs: 4000 },
  'npm, hung-at-once': { command: ['npm', 'start', '--silent'] },
  'shell, hung-at-once': { command: ['sh', '-c', `${node} service.cjs hung-at-once; true`] },
  'workers, hung-at-once': { flags: ['--workers=2'], command: [node, 'service.cjs', 'hung-at-once'], lines: 2 },
}

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-taken-along-'))
writeFileSync(join(folder, 'service.cjs'), service)
const scripts = { start: `${node} service.cjs hung-at-once` }
writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'service', scripts }))
const wanted = values.only?.split(',') ?? Object.keys(modes)
try {
  for (const name of wanted) {
    const spans = []
    let latestMs = 0
    for (let run = 0; run < Number(values.runs); run++) {
      const { tookMs, lateMs } = await play(modes[name])
      spans.push(tookMs)
      latestMs = Math.max(latestMs, lateMs)
    }
    spans.sort((left, right) => left - right)
    const inTime = spans.filter((span) => span <= promiseMs).length
    const median = Math.round(spans[Math.floor(spans.length / 2)])
    const most = spans.at(-1) === Infinity ? 'never' : `${Math.round(spans.at(-1))} ms`
    say(
      `${name}: ${inTime} of ${spans.length} within 2 s (median ${median} ms, most ${most}; timers here ${Math.round(latestMs)} ms late at most)`,
    )
    if (inTime < spans.length) process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function play({ command, flags = [], lines = 1, waitMs = 0 }) {
  const child = spawn(node, [bin, 'run', ...flags, '--', ...command], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let output = ''
  const told = await new Promise((resolve) =>
    child.stdout.on('data', (chunk) => {
      output += chunk
      const whole = output.split('\n').slice(0, -1)
      if (whole.length >= lines) resolve(whole.map((line) => line.split(' ').map(Number)))
    }),
  )
  await wait(waitMs)
  const fromMs = performance.now()
  child.kill('SIGKILL')
  let lateMs = 0
  for (;;) {
    const tookMs = performance.now() - fromMs
    const isOver = !told.some(([pid]) => isAlive(pid)) && (await isFree(told[0][1]))
    if (isOver) return { tookMs, lateMs }
    if (tookMs > patienceMs) {
      for (const [pid] of told) process.kill(pid, 'SIGKILL')
      return { tookMs: Infinity, lateMs }
    }
    const beforeMs = performance.now()
    await wait(10)
    lateMs = Math.max(lateMs, performance.now() - beforeMs - 10)
  }
}

function isAlive(pid) {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer()
      .on('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

function wait(delayMs) {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}

function say(line) {
  process.stdout.write(`${line}\n`)
}
