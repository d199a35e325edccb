// Builds everything that is out of date: TypeScript by project references, then the console's page.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const require = createRequire(import.meta.url)

function run(what, script, args, cwd = root) {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd, stdio: 'inherit' })
  if (status !== 0) {
    process.stderr.write(`build: ${what} failed (see above).\n`)
    process.exit(status ?? 1)
  }
}

run('tsc -b', require.resolve('typescript/bin/tsc'), ['-b', ...process.argv.slice(2)])
const web = join(root, 'packages/console/web')
if (existsSync(join(web, 'vite.config.js'))) {
  const vite = join(dirname(require.resolve('vite/package.json')), 'bin/vite.js')
  run('the console page', vite, ['build', '--logLevel', 'warn'], web)
}
