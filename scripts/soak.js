// `npm run soak`: builds what is not built, then soaks the shop with its own shoppers.
//   npm run soak -- [--short] [--leak=pages-by-url | array-per-request | listener-per-request] [flags of plimsoll soak]
// `--short` is over after a minute and fails only when a leak is proven: what a check of every change can afford.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build, isBuilt, root } from './build.js'

if (!isBuilt() && !build()) {
  process.stderr.write('The build failed; the first message above says where.\n')
  process.exit(1)
}
const args = process.argv.slice(2)
const leak = args.find((arg) => arg.startsWith('--leak='))?.slice('--leak='.length)
const isShort = args.includes('--short')
const flags = args.filter((arg) => !arg.startsWith('--leak=') && arg !== '--short')
const shortJson = join(root, '.data', 'soak-short.json')
const command = [
  join(root, 'packages/cli/bin/plimsoll.js'),
  'soak',
  '--config',
  'apps/marketplace/soak.config.js',
  ...(isShort ? ['--cap', '45s', '--json', shortJson] : []),
  ...flags,
]
if (isShort) rmSync(shortJson, { force: true })
const soak = spawn(process.execPath, command, {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ...(leak ? { SHOP_LEAK: leak } : {}) },
})
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => soak.kill(signal))
soak.on('exit', (code, signal) => {
  if (!isShort || code === null || !existsSync(shortJson)) process.exit(code ?? (signal === 'SIGINT' ? 130 : 1))
  const { verdict, gates } = JSON.parse(readFileSync(shortJson, 'utf8'))
  const hasDied = gates.some((gate) => gate.name === 'survives' && gate.verdict === 'fail')
  if (verdict === 'leak' || hasDied) process.exit(code)
  // A minute on a busy machine may leave it undecided, or fail a request: that is for the full soak to say.
  process.stdout.write(`Short soak: no leak is proven${code === 0 ? '' : ', and no more than that'}.\n`)
  process.exit(0)
})
