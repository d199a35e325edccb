// Builds what is out of date: TypeScript by project references, then the bundles of the watch and of soak's matchers, and the console's page.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const require = createRequire(import.meta.url)
const stamp = join(root, 'node_modules/.cache/plimsoll-build')

/** Whether the last build is younger than every source. Walks some hundred files: milliseconds, where asking tsc takes seconds. */
export function isBuilt() {
  if (!existsSync(stamp)) return false
  const builtAtMs = statSync(stamp).mtimeMs
  const isOlder = (folder) =>
    readdirSync(folder, { withFileTypes: true }).every((entry) => {
      if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) return true
      const path = join(folder, entry.name)
      return entry.isDirectory() ? isOlder(path) : statSync(path).mtimeMs < builtAtMs
    })
  return ['packages', 'apps', 'replay'].every((place) => isOlder(join(root, place)))
}

/** @returns {boolean} whether everything was built */
export function build(args = []) {
  const startedAt = new Date()
  const run = (script, scriptArgs, cwd = root) =>
    spawnSync(process.execPath, [script, ...scriptArgs], { cwd, stdio: 'inherit' }).status === 0
  if (!run(require.resolve('typescript/bin/tsc'), ['-b', ...args])) return false
  if (!run(join(root, 'scripts/bundle-watch.js'), [])) return false
  if (!run(join(root, 'scripts/bundle-matchers.js'), [])) return false
  const web = join(root, 'packages/console/web')
  const vite = join(dirname(require.resolve('vite/package.json')), 'bin/vite.js')
  if (!run(vite, ['build', '--logLevel', 'warn'], web)) return false
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, '')
  // Dated to the start, so that a file saved during the build counts as newer than it.
  utimesSync(stamp, startedAt, startedAt)
  return true
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (!build(process.argv.slice(2))) {
    process.stderr.write('The build failed; the first message above says where.\n')
    process.exitCode = 1
  }
}
