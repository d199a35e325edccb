import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { get } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
let project: string

interface Manifest {
  name?: string
  version?: string
  engines?: { node?: string }
  dependencies?: Record<string, string>
}

function run(command: string, args: readonly string[], cwd = project): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  expect(status, `${command} ${args.join(' ')}\n${stdout}\n${stderr}`).toBe(0)
  return stdout
}

beforeAll(() => {
  run(process.execPath, [join(root, 'scripts/pack.js'), '--no-build'], root)
  const tarballs = readdirSync(join(root, 'out/pack')).map((file) => join(root, 'out/pack', file))
  expect(tarballs.length).toBeGreaterThanOrEqual(4)
  // A stranger's project: outside of the checkout, with Express and what was packed, and nothing else.
  project = mkdtempSync(join(tmpdir(), 'plimsoll-stranger-'))
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'stranger', version: '1.0.0', private: true }))
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', 'express@5.3.0', ...tarballs])
}, 300_000)
afterAll(() => rmSync(project, { recursive: true, force: true }))

test('what is installed needs no Node newer than 20.19, and holds no package of ours as a link or from elsewhere', () => {
  const { satisfies } = createRequire(join(project, 'node_modules/plimsoll/dist/main.js'))('semver') as {
    satisfies: (version: string, range: string) => boolean
  }
  const tooNew = readdirSync(join(project, 'node_modules'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('package.json'))
    .map((path) => JSON.parse(readFileSync(join(project, 'node_modules', path), 'utf8')) as Manifest)
    .filter(({ name, engines }) => name && engines?.node && !satisfies('20.19.0', engines.node))
    .map(({ name, version }) => `${name}@${version}`)
  expect(tooNew).toEqual([])
  expect(existsSync(join(project, 'node_modules/@plimsoll/core'))).toBe(false)
})

test('what is installed asks no registry for a package of ours, as Yarn would of one that is bundled', () => {
  for (const name of ['plimsoll', '@plimsoll/cache', '@plimsoll/watch', '@plimsoll/soak', 'eslint-plugin-plimsoll']) {
    const manifest = JSON.parse(readFileSync(join(project, 'node_modules', name, 'package.json'), 'utf8')) as Manifest
    expect(Object.keys(manifest.dependencies ?? {}).filter((one) => /plimsoll/.test(one))).toEqual([])
  }
})

test.each([
  '@plimsoll/cache',
  '@plimsoll/cache/redis',
  '@plimsoll/cache/lru',
  '@plimsoll/cache/keyv',
  '@plimsoll/cache/express',
  '@plimsoll/cache/fastify',
  '@plimsoll/cache/undici',
  '@plimsoll/cache/apollo',
  '@plimsoll/cache/next',
  '@plimsoll/watch',
  '@plimsoll/soak',
  '@plimsoll/soak/traffic',
  '@plimsoll/soak/matchers',
  'eslint-plugin-plimsoll',
])('%s works by import and by require', (name) => {
  const byRequire = run(process.execPath, ['-e', `console.log(Object.keys(require('${name}')).sort().join())`])
  const script = `import * as all from '${name}'; console.log(Object.keys(all).sort().join())`
  const byImport = run(process.execPath, ['--input-type=module', '-e', script])
  // What require hands out also carries the mark of an ES module.
  const names = (text: string): string[] =>
    text
      .trim()
      .split(',')
      .filter((key) => key !== '__esModule')
  expect(names(byRequire)).toEqual(names(byImport))
  expect(names(byImport)).not.toEqual([])
})

test('Jest, which compiles what it requires as scripts, is given one of the matchers', () => {
  expect(run(process.execPath, ['-p', "require.resolve('@plimsoll/soak/matchers')"])).toMatch(/\.cjs$/m)
})

test('has types for both', () => {
  // What only tests of it have: Jest's globals are those of expect.
  const runners = join(project, 'test/node_modules')
  mkdirSync(runners, { recursive: true })
  for (const name of ['expect', 'vitest']) symlinkSync(join(root, 'node_modules', name), join(runners, name))
  const source = `import { createCache } from '@plimsoll/cache'
import { toLeak, type LeakMatchers } from '@plimsoll/soak/matchers'
import { registerCache } from '@plimsoll/watch'
import { expect as jestExpect } from 'expect'
import { expect } from 'vitest'
export const cache = createCache({ maxBytes: 1024 })
export const handle = registerCache('pages', { clear() {} })
// @ts-expect-error it takes a name
registerCache(1)
declare module 'expect' { interface Matchers<R> extends LeakMatchers<R> {} }
declare module 'vitest' { interface Matchers<T = any> extends LeakMatchers<T> {} }
for (const extended of [jestExpect, expect]) extended.extend({ toLeak })
void jestExpect(() => 1).not.toLeak({ bytesPerCall: 64 })
void expect(() => 1).not.toLeak({ bytesPerCall: 64 })
// @ts-expect-error bytes are a number
void jestExpect(() => 1).not.toLeak({ bytesPerCall: 'few' })
// @ts-expect-error bytes are a number
void expect(() => 1).not.toLeak({ bytesPerCall: 'few' })
`
  for (const file of ['by-import.mts', 'by-require.cts']) writeFileSync(join(project, 'test', file), source)
  const [, example] = /```ts\n(import \{ createCache \}[^`]*)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))!
  const asked = 'declare function renderPage(path: string): Promise<string>\n'
  writeFileSync(join(project, 'test/readme.mts'), `${example}${asked}`)
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const options = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'node16',
    '--target',
    'es2022',
    '--lib',
    'es2023,esnext.disposable,dom',
  ]
  run(process.execPath, [tsc, ...options, 'test/by-import.mts', 'test/by-require.cts', 'test/readme.mts'])
})

test('plimsoll run names the line of a leak in an app that knows nothing of it', { timeout: 180_000 }, async () => {
  cpSync(join(root, 'examples/leaky-express'), project, {
    recursive: true,
    filter: (path) => !path.endsWith('package.json'),
  })
  const bin = join(project, 'node_modules/.bin/plimsoll')
  const child = spawn(bin, ['run', '--signals=signals.jsonl', '--', 'node', '--max-old-space-size=256', 'server.js'], {
    cwd: project,
    env: { ...process.env, PORT: '0', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  const until = async (pattern: RegExp, limitMs: number): Promise<RegExpExecArray> => {
    for (const end = Date.now() + limitMs; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 100))) {
      const match = pattern.exec(output)
      if (match) return match
    }
    throw new Error(`Within ${limitMs} ms nothing matched ${pattern} in:\n${output}`)
  }
  try {
    const [, port] = await until(/Listening on http:\/\/127\.0\.0\.1:(\d+)/, 20_000)
    const visitors = setInterval(() => {
      get({ host: '127.0.0.1', port: Number(port), path: '/search?q=oak' }, (response) => response.resume()).on(
        'error',
        () => {},
      )
    }, 20)
    try {
      await until(/is leaking: recentSearches \(recent-searches\.js:7\)/, 120_000)
    } finally {
      clearInterval(visitors)
    }
    const signals = readFileSync(join(project, 'signals.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(signals).toContainEqual(
      expect.objectContaining({
        kind: 'memory-growth',
        verdict: 'leaking',
        service: 'stranger',
        culprit: expect.objectContaining({ file: 'recent-searches.js', line: 7, variable: 'recentSearches' }),
      }),
    )
  } finally {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
})

test('the console starts from what was installed, with its database and its pages', { timeout: 120_000 }, async () => {
  const bin = join(project, 'node_modules/.bin/plimsoll')
  const child = spawn(bin, ['console', '--port=0', `--data=${join(project, 'data')}`], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    let output = ''
    for await (const chunk of child.stdout) {
      output += String(chunk)
      if (output.includes('Report to it')) break
    }
    const [, url] = /listens on (http:\S+)/.exec(output)!
    const token = readFileSync(join(project, 'data/admin-token'), 'utf8').trim()
    const services = await fetch(`${url}/api/v1/services`, { headers: { authorization: `Bearer ${token}` } })
    expect(services.status).toBe(200)
    expect(await (await fetch(url!)).text()).toContain('<script')
  } finally {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
})
