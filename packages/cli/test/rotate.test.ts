import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseBatch, WIRE_VERSION, type Batch, type Command, type CommandResult } from '@plimsoll/core/wire'
import { afterEach, beforeEach, expect, test } from 'vitest'

const bin = fileURLToPath(new URL('../bin/plimsoll.js', import.meta.url))
let folder: string
let consoleServer: Server
let supervisor: ChildProcess
let batches: Batch[]
/** What the console answers to the instance named. */
let commands: Map<string, Command>

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-rotate-'))
  writeFileSync(join(folder, 'token'), 'secret\n')
  writeFileSync(
    join(folder, 'server.js'),
    `require('node:http').createServer((q, r) => r.end(String(process.pid))).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`,
  )
  batches = []
  commands = new Map()
  consoleServer = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    if (request.headers.authorization !== 'Bearer secret') return response.writeHead(401).end()
    const batch = parseBatch(JSON.parse(body))
    batches.push(batch)
    const command = commands.get(batch.from.instance)
    return response.end(JSON.stringify({ version: WIRE_VERSION, commands: command ? [command] : [] }))
  }).listen(0, '127.0.0.1')
  await once(consoleServer, 'listening')
})
afterEach(async () => {
  supervisor.kill('SIGTERM')
  await once(supervisor, 'exit')
  consoleServer.close()
  consoleServer.closeAllConnections()
  rmSync(folder, { recursive: true, force: true })
})

function start(act: string): void {
  const url = `http://127.0.0.1:${(consoleServer.address() as AddressInfo).port}`
  const flags = [`--act=${act}`, `--console=${url}`, '--token-file=token', '--workers=2', '--name=web']
  supervisor = spawn(process.execPath, [bin, 'run', ...flags, '--', 'node', 'server.js'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

async function until<T>(find: () => T | undefined): Promise<T> {
  for (;;) {
    const found = find()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const resultOf = (id: string, status?: string): CommandResult | undefined =>
  batches.flatMap((batch) => batch.results).find((result) => result.id === id && (!status || result.status === status))

async function commandRotation(id: string): Promise<Batch['from']> {
  const worker = await until(() => batches.find(({ from }) => from.name === 'web-2' && from.controller !== null)?.from)
  await until(() => batches.find(({ from }) => from.instance === worker.controller))
  commands.set(worker.controller!, {
    version: WIRE_VERSION,
    id,
    kind: 'rotate',
    target: worker.instance,
    cache: null,
    toBytes: null,
    expiresAtMs: Date.now() + 60_000,
    reason: 'INC-7',
  })
  return worker
}

test('a console that says so has a worker replaced, while every request is answered', async () => {
  start('safe')
  const [chunk] = (await once(supervisor.stdout!, 'data')) as [Buffer]
  const port = Number(String(chunk).split('\n')[0])
  let isDone = false
  const failures: string[] = []
  const shopper = (async () => {
    while (!isDone) {
      await new Promise<void>((resolve) => {
        get({ host: '127.0.0.1', port }, (response) => response.resume().on('end', resolve)).on('error', (error) => {
          failures.push(error.message)
          resolve()
        })
      })
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })()
  const old = await commandRotation('rotate-1')
  const done = await until(() => resultOf('rotate-1', 'done'))
  isDone = true
  await shopper

  expect(failures).toEqual([])
  expect(resultOf('rotate-1', 'running')).toBeDefined()
  expect(done.replacement).toMatch(/^web-2#/)
  expect(done.replacement).not.toBe(old.instance)
  const replacement = await until(() => batches.find(({ from }) => from.instance === done.replacement)?.from)
  expect(replacement).toMatchObject({ name: 'web-2', role: 'worker', controller: old.controller })
  // Each of them reports in its own time.
  const roles = await until(() => {
    const seen = new Map(batches.map(({ from }) => [from.name, from.role]))
    return seen.size >= 4 ? seen : undefined
  })
  expect(roles).toEqual(
    new Map([
      ['web-1', 'worker'],
      ['web-2', 'worker'],
      ['web', 'primary'],
      ['web supervisor', 'supervisor'],
    ]),
  )
})

test('under observe it is refused, with the reason', async () => {
  start('observe')
  await commandRotation('rotate-2')
  const refusal = await until(() => resultOf('rotate-2'))
  expect(refusal.status).toBe('refused')
  expect(refusal.sentence).toContain('observe')
})
