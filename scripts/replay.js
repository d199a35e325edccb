// `npm run replay`: builds what is not built, then replays the outage of 10 May 2023.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build, isBuilt, root } from './build.js'

if (!isBuilt() && !build()) {
  process.stderr.write('The build failed; the first message above says where.\n')
  process.exit(1)
}
const replay = spawn(process.execPath, [join(root, 'replay/dist/main.js'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => replay.kill(signal))
replay.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
