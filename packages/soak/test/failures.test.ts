import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

import { systemClock } from '@plimsoll/core'
import { expect, test, vi } from 'vitest'

// Built, since service and traffic load files of it.
import { exitCodeOf, runSoak, type SoakResult } from '../dist/index.js'
import { folder, serve, soak } from './soak-once.ts'

// Every one of these waits for a service to do something wrong: as long as a starved machine needs.
vi.setConfig({ testTimeout: 120_000 })

/** For a service that is never ready: how long that is waited for. */
const hasty = { readyWithin: '3s' }

/** False for a zombie, too: it has ended, and its parent alone has not looked yet. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Waits for longer and longer until the service has come as far as to do what it does wrong: how soon it does is the machine's. */
async function soakPatiently(source: string, why: RegExp): Promise<void> {
  let result = await soak(source, hasty)
  for (const readyWithin of ['12s', '60s']) if (!why.test(result.sentence)) result = await soak(source, { readyWithin })
  expectInvalid(result, why)
}

function expectInvalid(result: SoakResult, why: RegExp): void {
  expect(result.verdict).toBe('invalid')
  expect(result.sentence).toMatch(why)
  expect(exitCodeOf(result)).toBe(3)
}

test('a service that does not start is told with what it said last', async () => {
  expectInvalid(
    await soak(`throw new Error('DATABASE_URL is missing')`),
    /ended with exit code 1 before it was ready.*DATABASE_URL is missing/s,
  )
})

test('a command that is not there is told', async () => {
  expectInvalid(await soak('', { start: 'no-such-command' }), /The command was not found/)
})

test('a port that is taken is told by its number', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  try {
    const result = await soak(`require('node:net').createServer().listen(${port}, '127.0.0.1')`)
    expectInvalid(result, new RegExp(`The port it wants \\(${port}\\) is taken`))
  } finally {
    other.close()
  }
})

test('a service that never listens is never ready', async () => {
  expectInvalid(await soak('setInterval(() => {}, 1000)', hasty), /Nothing listens on port \d+ after 3 s/)
})

test('a service that accepts and never answers hangs', async () => {
  await soakPatiently(serve(''), /has not answered GET \/x\/1 within \d+ s: it hangs/)
}, 180_000)

test('a service that answers only errors is never ready, and one without the path has nothing to soak', async () => {
  await soakPatiently(serve('response.writeHead(500).end()'), /answered with status 500 for \d+ s/)
  expectInvalid(await soak(serve('response.writeHead(404).end()')), /Every request failed.*status 404.*is GET \/x/)
}, 240_000)

test('the status that is told is that of the answers that failed, not of the path that says it is ready', async () => {
  const source = serve('response.writeHead(request.url === "/health" ? 200 : 404).end()')
  expectInvalid(await soak(source, { ready: '/health' }), /Every request failed.*the first with status 404/)
})

test.each([
  [
    'refuses connections',
    'request.socket.server.close(); request.socket.destroy(); setInterval(() => {}, 1000)',
    /refuses connections: of the last \d+ requests every one failed/,
  ],
  ['hangs', '', /hangs/],
  ['answers only errors', 'response.writeHead(500).end()', /nothing but errors.*every one failed \(\d+ server-error/],
])('a service that answers 200 requests and then %s is proven bad', async (_, then, why) => {
  const result = await soak(serve(`if (count <= 203) return void response.end('ok'); ${then}`))
  expect(result.sentence).toMatch(why)
  expect(exitCodeOf(result)).toBe(1)
})

test.each([203, 9000])(
  'a service that refuses whoever asks more than %d times is not bad for that, and the status is told',
  async (most) => {
    const result = await soak(serve(`response.writeHead(count <= ${most} ? 200 : 429).end('ok')`))
    expectInvalid(result, /Of the last \d+ requests every one failed.*status 429.*it limits how often it may be asked/)
  },
)

test('a service that works for everybody at once, so that of many clients nobody is answered soon, does not hang', async () => {
  const source = serve(`jobs.add({ leftMs: 150, end: () => response.end('ok') })`)
  const result = await soak(
    `const jobs = new Set()
     let lastMs = performance.now()
     setInterval(() => {
       const eachMs = (performance.now() - lastMs) / jobs.size
       lastMs = performance.now()
       for (const job of jobs) if ((job.leftMs -= eachMs) <= 0) { jobs.delete(job); job.end() }
     }, 10)
     ${source}`,
    { cap: '40s' },
  )
  expect(result.sentence).not.toMatch(/hangs/)
  expect(result.gates).toContainEqual(expect.objectContaining({ name: 'survives', verdict: 'pass' }))
})

test('what is no Node service cannot be read', async () => {
  const result = await soak('', { start: 'exec python3 -m http.server $PORT --bind 127.0.0.1', get: ['/'] })
  expectInvalid(result, /no Node service|was not found/)
})

test('a service that listens elsewhere than it was told to is soaked there, and that is said', async () => {
  const result = await soak(
    `let count = 0; const kept = []
     const server = require('node:http').createServer((request, response) => {
       if (++count > 300) process.exit(5)
       response.end('ok')
     })
     server.listen(0, '127.0.0.1')`,
  )
  expect(result.notes.join()).toMatch(/listens on port \d+ and not on PORT=\d+/)
}, 180_000)

test('a service that dies under load is proven bad, and is told with its exit code and last words', async () => {
  const result = await soak(serve(`if (count > 300) { console.error('boom'); process.exit(9) } response.end('ok')`))
  expect(exitCodeOf(result)).toBe(1)
  expect(result.gates).toContainEqual(
    expect.objectContaining({
      name: 'survives',
      verdict: 'fail',
      sentence: expect.stringMatching(/exit code 9.*boom/s),
    }),
  )
}, 180_000)

test('a load generator that is starved, here by its own journey, is told, and there is no verdict', async () => {
  const configFile = join(folder, 'starving.config.mjs')
  // Most of the time its event loop is busy, whatever the machine.
  const spin = 'const until = performance.now() + 400; while (performance.now() < until);'
  writeFileSync(
    configFile,
    `export default { journeys: { spinner: { weight: 1, async run(user) { ${spin} await user.get('/') } } } }`,
  )
  writeFileSync(join(folder, 'server.cjs'), serve(`response.end('ok')`))
  const result = await runSoak({
    config: {
      start: `${JSON.stringify(process.execPath)} server.cjs`,
      journeys: { spinner: { weight: 1, run: async () => {} } },
      ratePerSec: 4,
      cap: '12s',
    },
    configFile,
    cwd: folder,
    clock: systemClock,
  })
  expectInvalid(result, /the load generator was the bottleneck: its own event loop was [\d.]+ ms late/)
})

test('a soak that is interrupted leaves nothing running', async () => {
  const abort = new AbortController()
  writeFileSync(join(folder, 'server.cjs'), serve(`response.end(String(process.pid))`))
  let pid = 0
  const run = runSoak({
    config: { start: `${JSON.stringify(process.execPath)} server.cjs`, get: ['/'] },
    cwd: folder,
    clock: systemClock,
    abortSignal: abort.signal,
    onProgress({ phase, servicePids }) {
      if (phase !== 'soak') return
      pid = servicePids[0] ?? 0
      abort.abort(new Error('enough'))
    },
  })
  await expect(run).rejects.toThrow('enough')
  expect(pid).toBeGreaterThan(0)
  expect(isAlive(pid)).toBe(false)
}, 120_000)

test('a configuration is refused with every fault at once, and nothing is started', async () => {
  const config = { start: 7, get: ['x'], for: 'long', gates: { retained: 'little', p50: '1ms' } }
  const run = runSoak({ config: config as never, cwd: folder, clock: systemClock })
  const { message } = await run.then(
    () => new Error('it ran'),
    (error: Error) => error,
  )
  for (const fault of [
    'gates.p50 is unknown',
    'must begin with "/"',
    'for must be a duration',
    'start must be a string',
    'gates.retained must be',
  ])
    expect(message).toContain(fault)
  expect(message, 'what is asked is wrong, not missing').not.toContain('needs something to ask')
})
