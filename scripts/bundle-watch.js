// Makes one file each of what the watch loads at a service's start, a second later, and in its thread: Node takes a millisecond or so
// for every module, and the service waits for the first of them. Beside what tsc wrote, so that the package is one folder: the watch
// knows its own scripts by it.
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'

const watch = join(dirname(dirname(fileURLToPath(import.meta.url))), 'packages', 'watch')
// Names that tsc does not give.
const bundles = { register: 'attach.ts', watchdog: 'watchdog/watchdog.ts' }
const folder = join(watch, 'dist')

for (const [name, source] of Object.entries(bundles)) {
  const { output } = await build({
    write: false,
    input: { [name]: join(watch, 'src', source) },
    platform: 'node',
    // Of others, nothing is taken in: who installs the package gets it with its licence.
    external: (id) => id.startsWith('node:') || id.startsWith('@jridgewell/'),
    transform: { target: 'node20' },
    tsconfig: false,
    treeshake: { moduleSideEffects: 'no-external' },
    logLevel: 'warn',
    output: {
      dir: folder,
      format: 'esm',
      sourcemap: true,
      entryFileNames: '[name].js',
      chunkFileNames: `${name}-[name].js`,
      // One file for all that is needed at the start and later, instead of one for each combination.
      codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] },
      comments: false,
    },
  })
  for (const file of output) replaceFile(file.fileName, file.type === 'chunk' ? file.code : file.source)
  removeStale(name, new Set(output.map(({ fileName }) => fileName)))
}

/** A service that starts while we build reads the old file or the new one, and never half of one. */
function replaceFile(fileName, content) {
  const written = join(folder, `${fileName}.${process.pid}`)
  writeFileSync(written, content)
  renameSync(written, join(folder, fileName))
}

/** Parts that an earlier build cut differently. What tsc wrote has its types beside it. */
function removeStale(name, current) {
  const parts = readdirSync(folder).filter((file) => file.startsWith(`${name}-`) && /\.js(?:\.map)?$/.test(file))
  for (const part of parts) {
    const isOfTsc = existsSync(join(folder, part.replace(/\.js(?:\.map)?$/, '.d.ts')))
    if (!current.has(part) && !isOfTsc) rmSync(join(folder, part))
  }
}
