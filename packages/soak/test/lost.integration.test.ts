import { expect, test } from 'vitest'

import { exitCodeOf, type SoakResult } from '../dist/index.js'
import { serve, soak } from './soak-once.ts'

// What a service does wrong after it has answered well for a while: each of these soaks takes half a minute on a free machine.

/** Answers as it should while it is asked what it can do and warmed up, and then does something else. */
const isOver = 'process.uptime() > 20'
const serveUntilThen = (then: string) => serve(`if (${isOver}) { ${then} } response.end('ok')`)

/** What a load generator that other work keeps from its CPU leaves of a result: no verdict, but what was proven. */
function expectFailedGate(result: SoakResult, name: string, sentence: RegExp): void {
  if (result.gates.length === 0) {
    // On a machine so busy that it was over before the warm-up was, nothing could be proven, and that is said.
    expect(result).toMatchObject({ verdict: 'invalid', invalidBecause: [expect.any(String)] })
    expect(exitCodeOf(result)).toBe(3)
    return
  }
  expect(result.gates).toContainEqual(
    expect.objectContaining({ name, verdict: 'fail', sentence: expect.stringMatching(sentence) }),
  )
  expect(exitCodeOf(result)).toBe(result.verdict === 'invalid' ? 3 : 1)
}

test('a service whose event loop hangs under load is proven bad', async () => {
  const result = await soak(serveUntilThen('for (;;);'))
  expectFailedGate(result, 'survives', /hangs: its event loop did not answer|hangs, though/)
}, 240_000)

test('a service that stops answering, while its event loop goes on, is proven bad and said to hang', async () => {
  const result = await soak(serveUntilThen('return'), { ratePerSec: 40 })
  expectFailedGate(result, 'survives', /The service hangs, though its event loop does not: of the last \d+ requests/)
}, 240_000)

test('a service that refuses connections from some request on is proven bad, and the soak ends then', async () => {
  const result = await soak(
    `let isClosed = false
     const server = require('node:http').createServer((request, response) => {
       if (${isOver} && !isClosed) { isClosed = true; server.close(); server.closeAllConnections() }
       response.end('ok')
     })
     server.listen(process.env.PORT, '127.0.0.1'); setInterval(() => {}, 1000)`,
    { ratePerSec: 40 },
  )
  expectFailedGate(result, 'survives', /The service refuses connections: of the last \d+ requests/)
}, 240_000)

test('a service that leaks file descriptors is proven bad, and told how many', async () => {
  const result = await soak(serve(`if (count % 3 === 0) require('node:fs').openSync(__filename); response.end('ok')`), {
    ratePerSec: 100,
    cap: '100s',
  })
  expectFailedGate(result, 'descriptors', /file descriptors leak: 0\.3\d* a request, \d+ are open/)
}, 240_000)

test('where the inspector is refused, a leak is still measured, and it is said that no line can be named', async () => {
  const major = Number(process.versions.node.split('.')[0])
  // Reading files and asking the operating system has to be allowed, or nothing could be preloaded.
  const guarded = major < 23 ? '--experimental-permission --allow-fs-read=*' : '--permission --allow-fs-read=*'
  const result = await soak(serve(`(globalThis.kept ??= []).push('x'.repeat(4000) + count); response.end('ok')`), {
    start: `${JSON.stringify(process.execPath)} ${guarded} server.cjs`,
    cap: '100s',
  })
  expect(result.notes.join()).toMatch(/the inspector is refused in this process/)
  expect(result.culprits).toEqual([])
  expectFailedGate(result, 'retained', /rises/)
}, 240_000)
