/**
 * Does the Keyv store pass the tests that Keyv publishes for stores? Fetches them from the registry (without what they need only for
 * stores of their own) and runs them against the store on one cache that all of their Keyvs share. The iterator's are left out: Keyv
 * makes one only for seven databases that it knows by name. cache-manager and undici publish no tests with their packages;
 * lru-cache's published usage is a unit test.
 *   node bench/cache/conformance.js
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.work/conformance/', import.meta.url))
const suite = join(folder, 'suite')
mkdirSync(suite, { recursive: true })

const nothing = 'npm:timekeeper@2.3.1'
writeFileSync(
  join(suite, 'package.json'),
  JSON.stringify({
    private: true,
    dependencies: { '@keyv/test-suite': '2.1.2', keyv: '5.6.0' },
    // The suite imports none of these.
    overrides: { sqlite3: nothing, vitest: nothing, '@vitest/coverage-v8': nothing },
  }),
)
execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: suite, stdio: 'inherit' })

writeFileSync(
  join(folder, 'keyv.test.js'),
  `import { createCache } from '@plimsoll/cache'
import { createKeyvStore } from '@plimsoll/cache/keyv'
import * as vitest from 'vitest'
import keyvTestSuite from './suite/node_modules/@keyv/test-suite/dist/index.js'
import Keyv from './suite/node_modules/keyv/dist/index.js'

const cache = createCache({ maxBytes: 2 ** 24 })
const store = () => createKeyvStore(cache)
keyvTestSuite(vitest, Keyv, store)
`,
)
writeFileSync(join(folder, 'vitest.config.js'), 'export default { test: { include: ["keyv.test.js"] } }\n')
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const { status } = spawnSync(process.execPath, [vitest, 'run', '--root', folder], { stdio: 'inherit' })
process.exitCode = status ?? 1
