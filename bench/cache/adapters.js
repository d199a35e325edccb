/**
 * Do the adapters work in a stranger's project, with the oldest and the newest version of each library that they are for? Installs
 * the packed cache with them into fresh folders; uses each adapter by import and by require, and compiles a use of each in strict mode,
 * as Node.js resolves modules and as bundlers do. Next.js has a bench of its own, next.js; the tests that Keyv publishes are run by
 * conformance.js. On Node.js before 22.19 undici 8 and Keyv 6 are left out, as they need that.
 *   npm run pack && node bench/cache/adapters.js [--only oldest,newest]
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { only: { type: 'string', default: 'oldest,newest' } } })
const root = fileURLToPath(new URL('../../', import.meta.url))
const packed = readdirSync(join(root, 'out/pack')).find((file) => file.startsWith('plimsoll-cache-'))
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const isNew = process.versions.node.localeCompare('22.19.0', 'en', { numeric: true }) >= 0

/** By library; where two are named, the second is for what the first is no use to. */
const versions = {
  oldest: {
    express: '4.18.0',
    '@types/express': '4.17.21',
    fastify: '5.0.0',
    undici: '7.0.0',
    keyv: '5.1.0',
    'keyv-5': 'npm:keyv@5.1.0',
    'cache-manager': '6.0.0',
    '@apollo/server': '4.0.0',
    'lru-cache': '11.0.0',
    '@types/node': '20.19.0',
  },
  newest: {
    express: 'latest',
    '@types/express': 'latest',
    fastify: 'latest',
    undici: isNew ? 'latest' : '7',
    keyv: isNew ? 'latest' : '5',
    'keyv-5': 'npm:keyv@5',
    'cache-manager': 'latest',
    '@apollo/server': 'latest',
    'lru-cache': 'latest',
    '@types/node': 'latest',
  },
}

const types = `import { createApolloCache } from '@plimsoll/cache/apollo'
import { responseCache as expressCache } from '@plimsoll/cache/express'
import { responseCache as fastifyCache } from '@plimsoll/cache/fastify'
import { createKeyvStore } from '@plimsoll/cache/keyv'
import { LRUCache } from '@plimsoll/cache/lru'
import { createNextCacheHandler } from '@plimsoll/cache/next'
import { createUndiciStore } from '@plimsoll/cache/undici'
import { ApolloServer } from '@apollo/server'
import { createCache as createManager } from 'cache-manager'
import express from 'express'
import { fastify } from 'fastify'
import { Keyv } from 'keyv'
import { Keyv as Keyv5 } from 'keyv-5'
import { Agent, interceptors } from 'undici'

const maxBytes = 2 ** 20
export const keyv = new Keyv({ store: createKeyvStore({ maxBytes }), namespace: 'users' })
export const manager = createManager({ stores: [new Keyv5({ store: createKeyvStore({ maxBytes }) })] })
const cache = expressCache({ maxBytes, tags: (hostAndPath) => [hostAndPath] })
express().use(cache).get('/', cache, (_request, response) => void response.send('page'))
cache.cache.invalidateTag('page')
const app = fastify({ logger: true })
await app.register(fastifyCache, { maxBytes })
app.responseCache.clear()
// @ts-expect-error it needs a bound
await app.register(fastifyCache, { maxBytes: 'much' })
export const dispatcher = new Agent().compose(interceptors.cache({ store: createUndiciStore({ maxBytes }) }))
export const server = new ApolloServer({ typeDefs: 'type Query { a: String }', cache: createApolloCache({ maxBytes }) })
export const count: number | undefined = new LRUCache<string, number>({ max: 5 }).get('a')
export const Handler = createNextCacheHandler({ maxBytes })
`

for (const name of values.only.split(',')) {
  const folder = fileURLToPath(new URL(`.work/adapters/${name}/`, import.meta.url))
  const run = (command, args) =>
    execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const dependencies = { ...versions[name], graphql: '16', '@plimsoll/cache': `file:${join(root, 'out/pack', packed)}` }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'])
  const installed = Object.keys(versions[name]).map((library) => {
    return `${library} ${JSON.parse(readFileSync(join(folder, 'node_modules', library, 'package.json'), 'utf8')).version}`
  })
  process.stdout.write(`${name}: ${installed.join(', ')}; Node.js ${process.versions.node}\n`)
  cpSync(fileURLToPath(new URL('stranger/usage.js', import.meta.url)), join(folder, 'usage.js'))
  const byImport = `import { use } from './usage.js'; await use((name) => import(name))`
  process.stdout.write(`  by import: ${run(process.execPath, ['--input-type=module', '-e', byImport])}\n`)
  process.stdout.write(
    `  by require: ${run(process.execPath, ['--input-type=commonjs', '-e', "require('./usage.js').use(require)"])}\n`,
  )
  writeFileSync(join(folder, 'use.ts'), types)
  for (const [resolution, module] of Object.entries({ node16: 'node16', bundler: 'esnext' })) {
    run(process.execPath, [
      tsc,
      ...['--ignoreConfig', '--noEmit', '--strict', '--esModuleInterop', '--target', 'es2022', '--types', 'node'],
      ...['--lib', 'es2023,esnext.disposable,dom', '--module', module, '--moduleResolution', resolution, 'use.ts'],
    ])
    process.stdout.write(`  types, ${resolution}: strict\n`)
  }
}
