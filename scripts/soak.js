// `npm run soak`: builds what is not built, then soaks the shop with its own shoppers.
//   npm run soak -- [--leak=pages-by-url | array-per-request | listener-per-request] [flags of plimsoll soak]
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build, isBuilt, root } from './build.js'

if (!isBuilt() && !build()) {
  process.stderr.write('The build failed; the first message above says where.\n')
  process.exit(1)
}
const args = process.argv.slice(2)
const leak = args.find((arg) => arg.startsWith('--leak='))?.slice('--leak='.length)
const flags = args.filter((arg) => !arg.startsWith('--leak='))
const command = [
  join(root, 'packages/cli/bin/plimsoll.js'),
  'soak',
  '--config',
  'apps/marketplace/soak.config.js',
  ...flags,
]
const soak = spawn(process.execPath, command, {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ...(leak ? { SHOP_LEAK: leak } : {}) },
})
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => soak.kill(signal))
soak.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
