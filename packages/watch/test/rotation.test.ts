import { fork, type ChildProcess } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { Agent, get, request } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'

const fixture = (name: string): string => fileURLToPath(new URL(`fixture/${name}`, import.meta.url))

interface Message {
  port?: number
  progress?: string
  outcome?: { status: string; sentence: string; replacement: string | null }
  exit?: { code: number | null; signal: string | null; wasWanted: boolean }
  signal?: { kind: string; sentence: string }
  action?: { action: string; status: string; sentence: string }
  seen?: unknown
}

/** A cluster of two under watch, as a child; what it says is kept. */
class Shop {
  readonly messages: Message[] = []
  readonly #child: ChildProcess
  #wake = (): void => {}

  constructor(environment: Record<string, string> = {}) {
    const execArgv = ['--import', new URL('fixture/rotation-preload.js', import.meta.url).href]
    this.#child = fork(fixture('cluster-app.js'), {
      execArgv,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#child.on('message', (message: Message) => {
      this.messages.push(message)
      this.#wake()
    })
  }

  async next<K extends keyof Message>(key: K, count = 1): Promise<NonNullable<Message[K]>> {
    for (;;) {
      const found = this.messages.filter((message) => message[key] !== undefined)[count - 1]
      if (found) return found[key]!
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  rotate(target: string): void {
    this.#child.send({ target })
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.#child.once('exit', resolve))
    if (this.#child.exitCode === null && this.#child.kill('SIGKILL')) await exited
  }
}

let shop: Shop
afterEach(() => shop.stop())

function ask(port: number, agent: Agent, path = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ port, agent, path, host: '127.0.0.1' }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve(body)).on('error', reject)
    }).on('error', reject)
  })
}

test('drops no request of keep-alive clients, busy or thinking, over six rotations', { timeout: 60_000 }, async () => {
  shop = new Shop()
  const port = await shop.next('port')
  let isDone = false
  let answered = 0
  const failures: string[] = []
  const shopper = async (thinkMs: number): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!isDone) {
      await ask(port, agent).then(
        () => answered++,
        (error: Error) => failures.push(error.message),
      )
      await new Promise((resolve) => setTimeout(resolve, thinkMs))
    }
    agent.destroy()
  }
  // Nobody thinks longer than the drain's grace of 1.5 s less a good margin: beyond that a connection may be cut.
  const shoppers = [5, 5, 50, 50, 300, 700, 900, 1100].map(shopper)
  for (let count = 1; count <= 6; count++) {
    shop.rotate(count % 2 === 0 ? 'web-2' : 'web-1')
    expect((await shop.next('outcome', count)).status).toBe('done')
  }
  isDone = true
  await Promise.all(shoppers)

  expect(failures).toEqual([])
  expect(answered).toBeGreaterThan(300)
  const exits = shop.messages.flatMap((message) => message.exit ?? [])
  expect(exits).toEqual(exits.map(() => ({ code: 0, signal: null, wasWanted: true })))
  expect(shop.messages.filter((message) => message.seen)).toEqual([])
})

test('the replacement has the environment and the name of the one it replaces', async () => {
  shop = new Shop()
  const port = await shop.next('port')
  shop.rotate('web-2')
  expect(await shop.next('outcome')).toMatchObject({ status: 'done', replacement: expect.stringMatching(/^web-2#/) })
  const answers = await Promise.all([1, 2, 3, 4].map(() => ask(port, new Agent())))
  expect(new Set(answers)).toEqual(new Set(['web-1', 'web-2']))
})

test('a replacement that dies before it listens leaves the old worker alone, and the app does not mourn it', async () => {
  shop = new Shop({ FAILS_TO_START_AGAIN: '1' })
  const port = await shop.next('port')
  shop.rotate('web-1')
  expect(await shop.next('outcome')).toEqual({
    status: 'failed',
    sentence: 'The replacement ended before it listened; web-1 stays.',
    replacement: null,
  })
  expect(await shop.next('exit')).toEqual({ code: 9, signal: null, wasWanted: true })
  expect(['web-1', 'web-2']).toContain(await ask(port, new Agent()))
})

test('a connection that never ends is cut at the limit', async () => {
  shop = new Shop({ DRAIN_LIMIT_MS: '1000' })
  const port = await shop.next('port')
  const stuck = ask(port, new Agent(), '/stuck').catch((error: Error) => error.message)
  const alsoStuck = ask(port, new Agent(), '/stuck').catch((error: Error) => error.message)
  shop.rotate('web-1')
  const { status, sentence } = await shop.next('outcome')
  expect(status).toBe('done')
  expect(sentence).toContain('with 1 connection cut at the limit')
  expect(await Promise.race([stuck, alsoStuck])).toMatch(/hang up|ECONNRESET/)
})

test('a worker that crashes is told of, and the app forks another', async () => {
  shop = new Shop()
  const port = await shop.next('port')
  await ask(port, new Agent(), '/crash').catch(() => {})
  expect(await shop.next('exit')).toEqual({ code: null, signal: 'SIGKILL', wasWanted: false })
  expect(await shop.next('signal')).toMatchObject({
    kind: 'crash',
    sentence: expect.stringMatching(/^web-[12] .* crashed: SIGKILL/),
  })
})

test('a worker that asks for it is replaced, and the ledger tells of it', async () => {
  shop = new Shop()
  const port = await shop.next('port')
  const name = await ask(port, new Agent(), '/ask')
  expect(await shop.next('action', 1)).toMatchObject({
    action: `rotate ${name}`,
    status: 'started',
    sentence: `${name} is being replaced: its heap is full`,
  })
  expect(await shop.next('action', 2)).toMatchObject({ action: `rotate ${name}`, status: 'done' })
})

test('two rotations go one after the other', async () => {
  shop = new Shop()
  await shop.next('port')
  shop.rotate('web-1')
  shop.rotate('web-2')
  expect(await shop.next('outcome', 2)).toMatchObject({ status: 'done' })
  const story = shop.messages.flatMap(
    ({ progress, outcome, exit }) => progress ?? outcome?.status ?? (exit && 'exit') ?? [],
  )
  expect(story).toEqual([
    expect.stringMatching(/replacement for web-1 starts/),
    expect.stringMatching(/web-1 .* drains/),
    'exit',
    'done',
    expect.stringMatching(/replacement for web-2 starts/),
    expect.stringMatching(/web-2 .* drains/),
    'exit',
    'done',
  ])
})

test('the third crash is a crash loop', async () => {
  shop = new Shop()
  for (const count of [1, 2, 3]) {
    const port = await shop.next('port', count)
    await ask(port, new Agent(), '/crash').catch(() => {})
    await shop.next('signal', count)
  }
  const kinds = shop.messages.flatMap((message) => message.signal?.kind ?? [])
  expect(kinds).toEqual(['crash', 'crash', 'crash-loop'])
})

test('a worker that listens nowhere is not doubled', async () => {
  shop = new Shop({ CONSUMES_A_QUEUE: '1' })
  await shop.next('seen', 2)
  shop.rotate('web-1')
  expect(await shop.next('outcome')).toMatchObject({
    status: 'refused',
    sentence: expect.stringContaining('listens nowhere'),
  })
})

test('a worker that is gone already is not looked for', async () => {
  shop = new Shop()
  await shop.next('port')
  shop.rotate('web-9')
  expect(await shop.next('outcome')).toMatchObject({ status: 'refused', sentence: expect.stringContaining('web-9') })
})

test('a stream that ends within the time is whole', async () => {
  shop = new Shop({ DRAIN_LIMIT_MS: '8000' })
  const port = await shop.next('port')
  const streams = [1, 2].map(() => ask(port, new Agent(), '/stream'))
  await new Promise((resolve) => setTimeout(resolve, 200))
  shop.rotate('web-1')
  expect((await shop.next('outcome')).sentence).not.toContain('cut')
  expect(await Promise.all(streams)).toEqual(['begins ends', 'begins ends'])
})

function openWebSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket' }
    request({ port, host: '127.0.0.1', headers })
      .on('upgrade', (_response, socket) => resolve(socket))
      .on('error', reject)
      .end()
  })
}

test('a WebSocket is served until the time is up, and then ends with its worker', async () => {
  shop = new Shop({ DRAIN_LIMIT_MS: '10000' })
  const port = await shop.next('port')
  const sockets = await Promise.all([openWebSocket(port), openWebSocket(port)])
  const closed: number[] = []
  sockets.forEach((socket, index) => socket.on('close', () => closed.push(index)).on('error', () => {}))
  shop.rotate('web-1')
  await shop.next('progress', 2)
  // Still there while it drains; the limit is long enough for two echoes on a machine that is busy.
  const echoes = sockets.map((socket) => new Promise((resolve) => socket.once('data', (text) => resolve(String(text)))))
  for (const socket of sockets) socket.write('hello')
  expect(await Promise.all(echoes)).toEqual(['hello', 'hello'])
  const { status, sentence } = await shop.next('outcome')
  expect(status).toBe('done')
  expect(sentence).toContain('with 1 connection cut at the limit')
  expect(closed).toHaveLength(1)
  for (const socket of sockets) socket.destroy()
}, 90_000)

test('a worker that ignores SIGTERM is killed when its time is up, and the rotation is done', async () => {
  shop = new Shop({ IGNORES_SIGTERM: '1', DRAIN_LIMIT_MS: '2500' })
  await shop.next('port')
  shop.rotate('web-1')
  const { status, sentence } = await shop.next('outcome')
  expect(status).toBe('done')
  expect(sentence).toMatch(/PID \d+ (drained|did not end by itself and was killed)/)
  expect(await shop.next('exit')).toMatchObject({ wasWanted: true })
})

test('a worker that dies in the middle of its rotation is replaced all the same', async () => {
  const goAhead = join(tmpdir(), `plimsoll-go-ahead-${process.pid}`)
  shop = new Shop({ STARTS_AGAIN_BY: goAhead })
  const port = await shop.next('port')
  shop.rotate('web-1')
  await shop.next('progress')
  // Only web-1 obeys this; it dies while its replacement is still starting.
  const died = (): Promise<boolean> =>
    ask(port, new Agent(), '/crash/web-1').then(
      () => false,
      () => true,
    )
  while (!(await died()));
  await shop.next('exit')
  writeFileSync(goAhead, '')
  const { status, sentence } = await shop.next('outcome')
  expect(status).toBe('done')
  expect(sentence).toMatch(/web-1 was replaced/)
  const answers = await Promise.all([1, 2, 3, 4].map(() => ask(port, new Agent())))
  expect(new Set(answers)).toEqual(new Set(['web-1', 'web-2']))
  expect(shop.messages.filter(({ exit }) => exit)).toHaveLength(1)
  rmSync(goAhead)
})
