import { expect, test, vi } from 'vitest'

import { exitCodeOf, type SoakResult } from '../dist/index.js'
import { isPressed, isSoaked, serve, soak } from './soak-once.ts'

// What a service does wrong after it has answered well for a while. Each of these soaks mostly waits, so they wait together.
vi.setConfig({ testTimeout: 300_000 })

/** Answers as it should while it is asked what it can do and warmed up, and then does something else. */
const serveUntilThen = (then: string) => serve(`if (${isSoaked}) { ${then} } response.end('ok')`)

/** What a load generator that other work keeps from its CPU leaves of a result: no verdict, but what was proven. */
function expectFailedGate(result: SoakResult, name: string, sentence: RegExp): void {
  expect(result.gates).toContainEqual(
    expect.objectContaining({ name, verdict: 'fail', sentence: expect.stringMatching(sentence) }),
  )
  expect(exitCodeOf(result)).toBe(result.verdict === 'invalid' ? 3 : 1)
}

test.concurrent('a service whose event loop hangs under load is proven bad', async () => {
  const result = await soak(serveUntilThen('for (;;);'), { ratePerSec: 40 })
  expectFailedGate(result, 'survives', /hangs: its event loop did not answer|hangs, though/)
})

test.concurrent(
  'a service that stops answering, while its event loop goes on, is proven bad and said to hang',
  async () => {
    const result = await soak(serveUntilThen('return'), { ratePerSec: 40 })
    expectFailedGate(result, 'survives', /The service hangs, though its event loop does not: of the last \d+ requests/)
  },
)

test.concurrent(
  'a service that refuses connections from some request on is proven bad, and the soak ends then',
  async () => {
    const result = await soak(
      `let isClosed = false
     const server = require('node:http').createServer((request, response) => {
       if (${isSoaked} && !isClosed) { isClosed = true; server.close(); server.closeAllConnections() }
       response.end('ok')
     })
     server.listen(process.env.PORT, '127.0.0.1'); setInterval(() => {}, 1000)`,
      { ratePerSec: 40 },
    )
    expectFailedGate(result, 'survives', /The service refuses connections: of the last \d+ requests/)
  },
)

test.concurrent(
  'a service that dies while its knee is looked for is proven bad, and not told how much it can take',
  async () => {
    const dies = `if (${isPressed}) { console.error('too much'); process.exit(9) } response.end('ok')`
    const result = await soak(serve(dies), { for: '1s', knee: true })
    expectFailedGate(result, 'survives', /exit code 9.*too much/s)
    expect(result.knee).toBeNull()
  },
)

test.concurrent('a service that was put in place of one that ended is not said never to have been asked', async () => {
  const node = JSON.stringify(process.execPath)
  const result = await soak(serveUntilThen('if (process.env.NODE_OPTIONS) process.exit(9)'), {
    start: `${node} server.cjs; NODE_OPTIONS= exec ${node} server.cjs`,
    ratePerSec: 40,
  })
  expect(result.invalidBecause.join()).not.toMatch(/probe was not loaded/)
  expectFailedGate(result, 'survives', /A process of the service ended under load/)
})

test.concurrent('a service that leaks file descriptors is proven bad, and told how many', async () => {
  const result = await soak(serve(`if (count % 3 === 0) require('node:fs').openSync(__filename); response.end('ok')`), {
    ratePerSec: 100,
    cap: '100s',
  })
  expectFailedGate(result, 'descriptors', /file descriptors leak: 0\.3\d* a request, \d+ are open/)
})

test.concurrent(
  'where the inspector is refused, a leak is still measured, and it is said that no line can be named',
  async () => {
    const major = Number(process.versions.node.split('.')[0])
    // Reading files and asking the operating system has to be allowed, or nothing could be preloaded.
    const guarded = major < 23 ? '--experimental-permission --allow-fs-read=*' : '--permission --allow-fs-read=*'
    const result = await soak(serve(`(globalThis.kept ??= []).push('x'.repeat(4000) + count); response.end('ok')`), {
      start: `${JSON.stringify(process.execPath)} ${guarded} server.cjs`,
      ratePerSec: 100,
      cap: '100s',
    })
    expect(result.notes.join()).toMatch(/the inspector is refused in this process/)
    expect(result.culprits).toEqual([])
    expectFailedGate(result, 'retained', /rises/)
  },
)

test.concurrent(
  'a service that dies of the full heap of a thread is asked less of, and lives to be called a leak',
  async () => {
    const keep =
      "require('node:worker_threads').parentPort.on('message', (url) => { (globalThis.kept ??= []).push(Array.from({ length: 8000 }, (_, at) => url + at)) })"
    const result = await soak(
      `const { Worker } = require('node:worker_threads')
     const keeper = new Worker(${JSON.stringify(keep)}, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 512 } })
     ${serve('keeper.postMessage(request.url); response.end()')}`,
      { cap: '170s' },
    )
    expect(result.notes.join()).toMatch(/it died of a full heap after \d+ requests; it was started anew/)
    expectFailedGate(result, 'native', /memory outside of V8 rises/)
  },
)

test.concurrent('a service that has no file descriptor left is judged by what was seen until then', async () => {
  const start = `ulimit -n 200; exec ${JSON.stringify(process.execPath)} server.cjs`
  const answer = `try { require('node:fs').openSync(__filename); response.end('ok') } catch { response.writeHead(500).end() }`
  const result = await soak(serve(`if (count % 2 === 0 && ${isSoaked}) { ${answer} } else response.end('ok')`), {
    start,
    // They are gone within seconds, before what an open file keeps on the heap could be called a leak.
    ratePerSec: 40,
    cap: '100s',
  })
  expectFailedGate(result, 'errors', /requests failed/)
})
