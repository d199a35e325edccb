// How soon is a service whose event loop is blocked ended and started again? The promise: after 30 s of silence, under --act=safe,
// whether it blocks after it has served for a while or in the tick in which it begins to listen.
//
//   node bench/supervise/hang.js [--node /path/to/node]
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { node: { type: 'string', default: process.execPath } } })
const bin = fileURLToPath(new URL('../../packages/cli/bin/plimsoll.js', import.meta.url))
/** The first to start blocks so much later, for good; blocked rather than busy, as this is not about the CPU. */
const serviceFor = (delayMs) => `
const { existsSync, writeFileSync, writeSync } = require('node:fs')
require('node:http').createServer((request, response) => response.end()).listen(0, '127.0.0.1', () => {
  writeSync(1, 'listens\\n')
  const block = () => {
    if (existsSync('blocked')) return
    writeFileSync('blocked', '')
    writeSync(1, 'blocks\\n')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
  if (${delayMs} === 0) block()
  else setTimeout(block, ${delayMs})
})
`
const cases = [0, 5000].flatMap((delayMs) => [0, 2].map((workers) => ({ workers, delayMs })))
for (const { workers, delayMs } of cases) {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-hang-'))
  writeFileSync(join(folder, 'service.cjs'), serviceFor(delayMs))
  const flags = ['--act=safe', ...(workers > 0 ? [`--workers=${workers}`] : [])]
  const child = spawn(values.node, [bin, 'run', ...flags, '--', values.node, 'service.cjs'], { cwd: folder })
  let told = ''
  child.stderr.on('data', (chunk) => (told += chunk))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  let printed = ''
  let blockedAtMs = null
  const tookMs = await new Promise((resolve) =>
    child.stdout.on('data', (chunk) => {
      printed += chunk
      if (printed.includes('blocks')) blockedAtMs ??= performance.now()
      // One more than there are to begin with.
      if (printed.split('listens').length - 1 > Math.max(1, workers)) resolve(performance.now() - blockedAtMs)
    }),
  )
  child.kill('SIGTERM')
  await ended
  rmSync(folder, { recursive: true, force: true })
  const who = workers > 0 ? `one of ${workers} workers` : 'a single process'
  const when = delayMs === 0 ? 'blocked as it began to listen' : `blocked after ${delayMs / 1000} s`
  process.stdout.write(`${who}, ${when}: another one listens ${(tookMs / 1000).toFixed(1)} s later\n`)
  for (const line of told.split('\n').filter(Boolean)) process.stdout.write(`  ${line}\n`)
}
