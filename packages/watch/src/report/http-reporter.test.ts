import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ManualClock } from '@plimsoll/core/testing'
import { parseBatch, type Batch, type Identity, type Signal } from '@plimsoll/core/wire'
import { afterEach, expect, test } from 'vitest'
import { HttpReporter } from './http-reporter.ts'

const identity: Identity = {
  service: 'shop',
  instance: 'web-1#1-abcd',
  name: 'web-1',
  host: 'box',
  pid: 1,
  role: 'process',
  controller: null,
  startedAtMs: 0,
  nodeVersion: '20.20.2',
  serviceVersion: null,
}
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A console that answers as it is told to, and keeps what it got. */
async function consoleThat(
  answer: (batch: Batch, count: number) => { status: number; body?: unknown },
  token: string | null = 'secret-token',
) {
  const batches: Batch[] = []
  const tokens: (string | undefined)[] = []
  const server = createServer((request: IncomingMessage, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const batch = parseBatch(JSON.parse(text))
      batches.push(batch)
      tokens.push(request.headers.authorization)
      const { status, body = { version: 1, commands: [] } } = answer(batch, batches.length)
      response.statusCode = status
      response.end(JSON.stringify(body))
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const clock = new ManualClock()
  const told: string[] = []
  const reporter = new HttpReporter({
    consoleUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    readToken: () => token,
    identity: () => identity,
    clock,
    tell: (sentence) => told.push(sentence),
  })
  return { reporter, clock, told, batches, tokens }
}

const signal = (sequence: number): Signal => ({
  version: 1,
  service: 'shop',
  instance: identity.instance,
  sequence,
  atMs: 1,
  sinceStartMs: 1,
  kind: 'memory-growth',
  severity: 'warning',
  verdict: 'leaking',
  memory: 'heap',
  signature: 's',
  slope: null,
  timeToLimitMs: null,
  series: [],
  culprit: null,
  candidates: [],
  sentence: 'web-1 is leaking.',
  actions: [],
})

test('posts what waits with its token, and brings commands back', async () => {
  const command = { version: 1, id: 'c', kind: 'rotate', target: 'x', expiresAtMs: 9, reason: 'INC-1' }
  const { reporter, batches, tokens, told } = await consoleThat(() => ({
    status: 200,
    body: { version: 1, commands: [command] },
  }))
  reporter.addSignal(signal(1))
  expect(await reporter.post()).toMatchObject([{ id: 'c', kind: 'rotate' }])
  expect(batches).toMatchObject([{ sequence: 1, from: identity, signals: [{ sequence: 1 }] }])
  expect(tokens).toEqual(['Bearer secret-token'])
  expect(told).toEqual([])
  expect(reporter.lastAnswerAtMs).not.toBeNull()
})

test('a batch that was not answered comes again under its sequence, later ones after it, and the trouble is told once', async () => {
  const { reporter, clock, told, batches } = await consoleThat((_, count) => ({ status: count <= 2 ? 503 : 200 }))
  reporter.addSignal(signal(1))
  await reporter.post()
  reporter.addSignal(signal(2))
  for (let attempt = 0; attempt < 3; attempt++) {
    clock.advance(60_000)
    await reporter.post()
  }
  expect(batches.map(({ sequence }) => sequence)).toEqual([1, 1, 1, 2])
  expect(batches.map(({ signals }) => signals.map((each) => each.sequence))).toEqual([[1], [1], [1], [2]])
  expect(told).toHaveLength(2)
  expect(told[0]).toContain('answered with status 503')
  expect(told[1]).toContain('answers again')
})

test('backs off while the console is away', async () => {
  const { reporter, clock, batches } = await consoleThat(() => ({ status: 503 }))
  for (let second = 0; second < 60; second++) {
    await reporter.post()
    clock.advance(1000)
  }
  expect(batches.length).toBeLessThan(10)
})

test('a batch the console will never take is dropped, so that what follows gets through', async () => {
  const { reporter, clock, batches } = await consoleThat((_, count) => ({ status: count === 1 ? 400 : 200 }))
  reporter.addSignal(signal(1))
  await reporter.post()
  reporter.addSignal(signal(2))
  clock.advance(60_000)
  await reporter.post()
  expect(batches.at(-1)!.signals.map(({ sequence }) => sequence)).toEqual([2])
})

test.each([
  [
    'refuses the wire of this release',
    {
      status: 400,
      body: { message: 'The message speaks wire version 1; this build speaks 2. Update the older side.' },
    },
  ],
  ['answers in the wire of another release', { status: 200, body: { version: 2, commands: [{ kind: 'rotate' }] } }],
])('a console that %s is told of once, with what to do, and nothing it asks for is done', async (_, answer) => {
  const { reporter, clock, told } = await consoleThat(() => answer)
  for (let sequence = 1; sequence <= 3; sequence++) {
    reporter.addSignal(signal(sequence))
    expect(await reporter.post()).toEqual([])
    clock.advance(60_000)
  }
  expect(told).toEqual([expect.stringContaining('Update the older side')])
})

test('what waits is bounded, and the newest is kept', async () => {
  const { reporter, batches } = await consoleThat(() => ({ status: 200 }))
  for (let sequence = 1; sequence <= 1000; sequence++) reporter.addSignal(signal(sequence))
  expect(reporter.waitingCount).toBeLessThanOrEqual(200)
  await reporter.post()
  expect(batches[0]!.signals.at(-1)!.sequence).toBe(1000)
})

test.each([
  ['says nothing', () => {}],
  ['sends a byte and no more', (response: ServerResponse) => void response.write('{')],
])('a console that %s is given up after five seconds, and asked again', async (_, stall) => {
  let isStalling = true
  let asked = (): void => {}
  const server = createServer((request, response) => {
    request.resume()
    if (isStalling) stall(response)
    else response.end(JSON.stringify({ version: 1, commands: [] }))
    asked()
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const clock = new ManualClock()
  const told: string[] = []
  const reporter = new HttpReporter({
    consoleUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    readToken: () => null,
    identity: () => identity,
    clock,
    tell: (sentence) => told.push(sentence),
  })
  reporter.addSignal(signal(1))
  const isAsked = new Promise<void>((resolve) => (asked = resolve))
  const post = reporter.post()
  await isAsked
  clock.advance(5000)
  expect(await post).toEqual([])
  expect(told).toEqual([expect.stringContaining('no answer within 5 s. Trying on; the watch goes on without it')])
  isStalling = false
  clock.advance(60_000)
  await reporter.post()
  expect(reporter.waitingCount).toBe(0)
  expect(told[1]).toContain('answers again')
  server.closeAllConnections()
})

test('nobody there: the post ends by itself, and what waits is kept', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const told: string[] = []
  const reporter = new HttpReporter({
    consoleUrl: `http://127.0.0.1:${port}`,
    readToken: () => null,
    identity: () => identity,
    clock: new ManualClock(),
    tell: (sentence) => told.push(sentence),
  })
  expect(await reporter.post()).toEqual([])
  reporter.addSignal(signal(2))
  expect(reporter.waitingCount).toBe(1)
  expect(told).toEqual([expect.stringContaining('ECONNREFUSED')])
})

test('the token is in no sentence', async () => {
  const { reporter, told } = await consoleThat(() => ({ status: 401 }))
  await reporter.post()
  expect(told[0]).toContain('refused our token')
  expect(told.join()).not.toContain('secret-token')
})

test('a token that cannot be read is told from one that is refused', async () => {
  const { reporter, told } = await consoleThat(() => ({ status: 401 }), null)
  await reporter.post()
  expect(told[0]).toContain('asks for a token, and none was found (status 401); check --token-file')
})
