// As PID 1 of a container: are orphans fetched, are signals handed on, does the code pass through? Needs root: each run is PID 1 of a
// namespace of its own (unshare).
//
//   node bench/supervise/pid-one.js [--node /path/to/node] [--orphans 20]
//
// The service leaves processes behind that end soon after; then it counts the zombies there are, and is told to end by a SIGTERM to PID 1,
// which it answers with code 42.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { node: { type: 'string', default: process.execPath }, orphans: { type: 'string', default: '20' } },
})
const bin = fileURLToPath(new URL('../../packages/cli/bin/', import.meta.url))
const service = `
const { execFileSync } = require('node:child_process')
const { readdirSync, readFileSync } = require('node:fs')
process.on('SIGTERM', () => process.exit(42))
setInterval(() => {}, 1000)
for (let i = 0; i < ${Number(values.orphans)}; i++) execFileSync('sh', ['-c', 'sleep 0.2 >/dev/null 2>&1 & exit 0'])
const states = () => readdirSync('/proc').filter(Number).flatMap((pid) => {
  try { return readFileSync('/proc/' + pid + '/stat', 'utf8').split(') ').pop()[0] } catch { return [] }
})
setTimeout(() => {
  const zombies = states().filter((state) => state === 'Z').length
  require('node:fs').writeSync(1, zombies + '\\n')
  process.kill(1, 'SIGTERM')
}, 3000)
`
const folder = mkdtempSync(join(tmpdir(), 'plimsoll-pid-one-'))
writeFileSync(join(folder, 'service.cjs'), service)
const run = [values.node, join(bin, 'plimsoll.js'), 'run', '--', values.node, 'service.cjs']
try {
  await play('run as PID 1', run)
  await play('sh init.sh … run', ['sh', join(bin, 'init.sh'), ...run])
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function play(name, command) {
  const child = spawn('unshare', ['--pid', '--fork', '--mount-proc', ...command], { cwd: folder })
  let output = ''
  let told = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (told += chunk))
  const code = await new Promise((resolve) => child.once('close', resolve))
  const advice = told.includes('zombies') ? ', and says what to do' : ''
  process.stdout.write(
    `${name}: ${output.trim()} zombies of ${values.orphans} orphans, SIGTERM to PID 1 ends it with ${code}${advice}\n`,
  )
  if (code !== 42) process.stdout.write(told)
}
