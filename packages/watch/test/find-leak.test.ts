import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runService, type RunningService } from './run-service.ts'

const running: RunningService[] = []
const folder = mkdtempSync(join(tmpdir(), 'plimsoll-stranger-'))
afterAll(async () => {
  await Promise.all(running.map((service) => service.stop()))
  rmSync(folder, { recursive: true, force: true })
})

async function start(...parameters: Parameters<typeof runService>): Promise<RunningService> {
  const service = await runService(...parameters)
  running.push(service)
  return service
}

const isClaim = ({ verdict }: { verdict: string }) => verdict === 'leaking' || verdict === 'sinking'

/** A leak of a megabyte a second under a limit of 96 MB dies after a minute and a half; a busy machine is given its time. */
const patience = { timeout: 300_000, interval: 250 }

describe.concurrent('a real service under the shipped defaults', () => {
  test(
    'a Map that never lets go is named with its line, in the file and in the terminal',
    { timeout: 320_000 },
    // Tests that run side by side have an `expect` of their own each.
    async ({ expect }) => {
      const service = await start('map-by-url', { heapMb: 96, requestsPerSecond: 350 })
      await expect.poll(() => service.signals().filter(isClaim).length, patience).toBeGreaterThan(0)
      const claim = service.signals().find(isClaim)!
      expect(claim).toMatchObject({
        memory: 'heap',
        culprit: { file: 'map-by-url.js', line: 6, variable: 'pages', package: null },
      })
      expect(claim.culprit!.code).toContain('pages.set(url, page(url))')
      // The file is written first, and the pipe is read when there is time.
      await expect.poll(() => service.terminal(), patience).toContain('map-by-url.js:6')
      expect(service.terminal()).toContain('To do: let pages forget')
      expect(service.process.exitCode).toBeNull()
    },
  )

  test('a leak inside of a package is named with the package and its version', { timeout: 320_000 }, async () => {
    const home = join(folder, 'node_modules', 'leaky-package')
    mkdirSync(join(home, 'lib'), { recursive: true })
    writeFileSync(join(home, 'package.json'), '{"name":"leaky-package","version":"4.5.6","main":"lib/index.js"}')
    writeFileSync(
      join(home, 'lib', 'index.js'),
      [
        "'use strict'",
        'const seen = []',
        'exports.track = ({ url, headers }) => {',
        "  seen.push({ url, headers, text: Buffer.alloc(1500, 'x').toString() + url })",
        '}',
      ].join('\n'),
    )
    const service = await start('leaky-package', { heapMb: 96, requestsPerSecond: 350, workingDirectory: folder })
    await expect.poll(() => service.signals().filter(isClaim).length, patience).toBeGreaterThan(0)
    expect(service.signals().find(isClaim)!.culprit).toMatchObject({
      file: 'node_modules/leaky-package/lib/index.js',
      line: 4,
      variable: 'seen',
      package: 'leaky-package',
      version: '4.5.6',
    })
  })

  test(
    'with act=safe a registered cache is cleared, and that is told with its effect',
    { timeout: 320_000 },
    async () => {
      const service = await start('registered-cache', {
        heapMb: 48,
        requestsPerSecond: 350,
        environment: { PLIMSOLL_ACT: 'safe' },
      })
      const cleared = () =>
        service.signals().find(({ kind, actions }) => kind === 'action' && actions[0]?.status === 'done')
      await expect.poll(cleared, patience).toBeDefined()
      expect(cleared()!.sentence).toMatch(/^Cleared the cache "pages"; that freed \d/)
    },
  )
})

describe('what it does not touch', () => {
  const register = new URL('../dist/register.js', import.meta.url).href
  const node = (script: string, environment: Record<string, string> = {}) =>
    spawnSync(process.execPath, ['--import', register, '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', ...environment },
    })

  test('a short process ends as it would without us, with its code and in silence', () => {
    const { status, stdout, stderr } = node("console.log('done'); process.exitCode = 3")
    expect({ status, stdout, stderr }).toEqual({ status: 3, stdout: 'done\n', stderr: '' })
  })

  test('a process that has nothing more to do is not kept alive, even when the watch is fully up', () => {
    expect(node('setTimeout(() => {}, 1600)')).toMatchObject({ status: 0, stderr: '', signal: null })
  })

  test('the token leaves the environment, and a wrong one names the variable and runs on unwatched', () => {
    const script = "console.log(process.env.PLIMSOLL_TOKEN ?? 'gone')"
    expect(node(script, { PLIMSOLL_TOKEN: 'secret-token' })).toMatchObject({ status: 0, stdout: 'gone\n' })
    const wrong = node("console.log('runs')", { PLIMSOLL_ACT: 'maybe' })
    expect(wrong).toMatchObject({ status: 0, stdout: 'runs\n' })
    expect(wrong.stderr).toContain('PLIMSOLL_ACT must be one of observe, ask, safe')
  })

  test('PLIMSOLL=off leaves no ear on any channel', () => {
    const script = "console.log(require('node:diagnostics_channel').hasSubscribers('http.server.request.start'))"
    expect(node(script, { PLIMSOLL: 'off' }).stdout).toBe('false\n')
    expect(node(script).stdout).toBe('true\n')
  })

  test("the host's own worker threads are left alone", () => {
    const script =
      "new (require('node:worker_threads').Worker)(\"require('node:worker_threads').parentPort.postMessage(require('node:diagnostics_channel').hasSubscribers('http.server.request.start'))\", { eval: true }).on('message', console.log)"
    expect(node(script)).toMatchObject({ status: 0, stdout: 'false\n' })
  })
})
