// Makes one CommonJS file of soak's matchers: Jest compiles what it loads as scripts, unless it is told otherwise, and knows no other way
// to a package.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'

const soak = join(dirname(dirname(fileURLToPath(import.meta.url))), 'packages', 'soak')

await build({
  input: join(soak, 'src/matcher/index.ts'),
  platform: 'node',
  transform: { target: 'node20' },
  tsconfig: false,
  logLevel: 'warn',
  output: { file: join(soak, 'dist/matcher/index.cjs'), format: 'cjs', comments: false },
})
