// Makes one file each of what the watch loads at a service's start, a second later, and in its thread: Node takes a millisecond or so
// for every module, and the service waits for the first of them. Beside what tsc wrote, so that the package is one folder: the watch
// knows its own scripts by it.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'

const watch = join(dirname(dirname(fileURLToPath(import.meta.url))), 'packages', 'watch')
// Names that tsc does not give.
const bundles = { register: 'attach.ts', watchdog: 'watchdog/watchdog.ts' }

for (const [name, source] of Object.entries(bundles)) {
  await build({
    input: { [name]: join(watch, 'src', source) },
    platform: 'node',
    // Of others, nothing is taken in: who installs the package gets it with its licence.
    external: (id) => id.startsWith('node:') || id.startsWith('@jridgewell/'),
    transform: { target: 'node20' },
    tsconfig: false,
    treeshake: { moduleSideEffects: 'no-external' },
    logLevel: 'warn',
    output: {
      dir: join(watch, 'dist'),
      format: 'esm',
      sourcemap: true,
      entryFileNames: '[name].js',
      chunkFileNames: `${name}-[name].js`,
      // One file for all that is needed at the start and later, instead of one for each combination.
      codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] },
      comments: false,
    },
  })
}
