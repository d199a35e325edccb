// How many services that fill their heap within seconds are still there to drain when it is full?
//
//   node bench/last-stand/survive.js [--runs 20] [--node /path/to/node] [--from 1] [--unarmed]
//
// Each run starts a server that leaks at a rate of its own (the run's number decides) and meets a `debugger;` fifty times a second,
// with a client that asks it all the time. It survived when it drained and left (code 75), and every request was answered that was
// sent before it closed its door. `--unarmed` runs the same without the watch acting, for comparison. `--from` goes on with a later
// run, so that a long series can be taken in slices.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    from: { type: 'string', default: '1' },
    node: { type: 'string', default: process.execPath },
    unarmed: { type: 'boolean', default: false },
  },
})
const bin = fileURLToPath(new URL('../../packages/cli/bin/plimsoll.js', import.meta.url))
const heapMb = 96
const leavingCode = 75

const service = `
const keep = []
let count = 0
require('node:http')
  .createServer((request, response) => setTimeout(() => response.end('ok'), 20))
  .listen(0, '127.0.0.1', function () { console.log(this.address().port) })
setInterval(() => {
  for (let i = 0; i < Number(process.env.RATE); i++) keep.push({ count: count++, text: 'x' + count })
}, 20)
setInterval(() => { debugger }, 20)
`

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-last-stand-'))
writeFileSync(join(folder, 'service.cjs'), service)
const tally = { survived: 0, died: 0, dropped: 0 }
const first = Number(values.from)
for (let run = first; run < first + Number(values.runs); run++) {
  const outcome = await play(run)
  tally[outcome.code === leavingCode ? 'survived' : 'died']++
  tally.dropped += outcome.dropped
  const story = outcome.code === leavingCode ? 'drained' : `ended with ${outcome.code}`
  say(
    `run ${run}: ${outcome.rate} objects every 20 ms, ${story} after ${outcome.seconds} s, ${outcome.answered} answered, ${outcome.dropped} dropped`,
  )
  if (outcome.code !== leavingCode)
    say(
      outcome.stderr
        .split('\n')
        .filter((line) => /plimsoll|FATAL/.test(line))
        .join('\n'),
    )
}
rmSync(folder, { recursive: true, force: true })
say(`${values.node}: ${tally.survived} of ${tally.survived + tally.died} survived, ${tally.dropped} requests dropped`)

async function play(run) {
  // 3 to 20 thousand objects of about 100 bytes: the heap is full after 1 to 7 s of leaking.
  const rate = 3000 + ((run * 7919) % 17_000)
  const beganAtMs = performance.now()
  const act = values.unarmed ? 'observe' : 'safe'
  const args = [
    bin,
    'run',
    `--act=${act}`,
    '--no-restart',
    '--',
    values.node,
    `--max-old-space-size=${heapMb}`,
    'service.cjs',
  ]
  const child = spawn(values.node, args, { cwd: folder, env: { ...process.env, RATE: String(rate) } })
  let stderr = ''
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)))
  const port = await new Promise((resolve) => child.stdout.once('data', (chunk) => resolve(Number(String(chunk)))))
  const traffic = ask(port)
  const code = await ended
  const { answered, dropped } = await traffic.stop()
  return { rate, code, stderr, answered, dropped, seconds: ((performance.now() - beganAtMs) / 1000).toFixed(1) }
}

/** Four clients with connections that are kept. A refused connection is a closed door and no dropped request. */
function ask(port) {
  let isDone = false
  let answered = 0
  let dropped = 0
  const clients = [1, 2, 3, 4].map(async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!isDone) {
      const error = await new Promise((resolve) => {
        get({ host: '127.0.0.1', port, agent }, (response) =>
          response.resume().on('end', resolve).on('error', resolve),
        ).on('error', resolve)
      })
      if (!error) answered++
      else if (error.code !== 'ECONNREFUSED') dropped++
      else break
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    agent.destroy()
  })
  return {
    async stop() {
      isDone = true
      await Promise.all(clients)
      return { answered, dropped }
    },
  }
}

function say(line) {
  process.stdout.write(`${line}\n`)
}
