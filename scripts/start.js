// `npm start`: builds what is not built, then starts the shop, its console and the demo page.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { clearInterval, setInterval } from 'node:timers'
import { build, isBuilt, root } from './build.js'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`Plimsoll needs Node.js 20.19 or newer, and this is ${process.version}.\n`)
  process.exit(1)
}
if (!isBuilt()) {
  process.stdout.write('Building, about half a minute the first time.\n')
  if (!build()) {
    process.stderr.write('The build failed; the first message above says where.\n')
    process.exit(1)
  }
}
const launcher = spawn(process.execPath, [join(root, 'apps/demo/dist/main.js'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
// Ctrl-C reaches the whole process group by itself; a signal sent to this process alone is passed on.
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => launcher.kill(signal))
if (process.env.npm_lifecycle_event === 'start') {
  // npm cannot pass on the signal that nobody hears (kill -9).
  const npm = process.ppid
  const look = setInterval(() => {
    if (process.ppid === npm) return
    // Once: a second signal would not wait for a clean end.
    clearInterval(look)
    launcher.kill('SIGTERM')
  }, 1000)
  look.unref()
}
launcher.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
