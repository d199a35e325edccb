import { parseBatch, type Batch } from '@plimsoll/core/wire'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

const bin = fileURLToPath(new URL('../bin/plimsoll.js', import.meta.url))
const service = `
require('node:http').createServer((_, response) => response.end()).listen(0, '127.0.0.1')
if (process.argv[2] === 'polite') process.on('SIGTERM', () => process.exit(0))
if (process.argv[2] === 'throws') process.on('SIGUSR2', () => { throw new Error('capsized') })
`
const batches: Batch[] = []
const consoleServer = createServer((request, response) => {
  let text = ''
  request.on('data', (chunk: Buffer) => (text += chunk.toString()))
  request.on('end', () => {
    batches.push(parseBatch(JSON.parse(text)))
    response.end(JSON.stringify({ version: 1, commands: [] }))
  })
})
let folder: string
let child: ChildProcess

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-farewell-'))
  writeFileSync(join(folder, 'server.cjs'), service)
  await new Promise<void>((resolve) => consoleServer.listen(0, '127.0.0.1', resolve))
})
afterEach(() => child.kill('SIGKILL'))
afterAll(() => {
  consoleServer.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs it under watch until its own process has reported, tells it to end, and answers what was said last. */
async function endOf(how: string, signal: NodeJS.Signals): Promise<{ farewells: Batch[]; pid: number }> {
  batches.length = 0
  const { port } = consoleServer.address() as AddressInfo
  child = spawn(process.execPath, [bin, 'run', `--console=http://127.0.0.1:${port}`, '--', 'node', 'server.cjs', how], {
    cwd: folder,
    env: { ...process.env, PLIMSOLL_TOKEN: 'token' },
    stdio: 'ignore',
  })
  const ended = once(child, 'exit')
  for (;;) {
    const reports = batches.filter(({ from, samples }) => from.role === 'process' && samples.length > 0)
    const [reported] = reports
    // A console counts as there only after it answered: with the second report the first is answered.
    if (reported && reports.length > 1) {
      child.kill(signal)
      await ended
      return { farewells: batches.filter(({ farewell }) => farewell), pid: reported.from.pid }
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('a process that ends by itself says so, with its exit code', async () => {
  const { farewells } = await endOf('polite', 'SIGTERM')
  expect(farewells.map(({ from, farewell }) => [from.role, farewell!.exitCode])).toEqual([
    ['process', 0],
    ['supervisor', 0],
  ])
})

test('for a process that a signal ends its supervisor speaks', async () => {
  const { farewells, pid } = await endOf('plain', 'SIGTERM')
  expect(farewells.map(({ from, farewell }) => [from.role, farewell!.pids])).toEqual([['supervisor', [pid]]])
})

test('one that throws says with which code it ends', async () => {
  const { farewells } = await endOf('throws', 'SIGUSR2')
  expect(farewells[0]).toMatchObject({ from: { role: 'process' }, farewell: { exitCode: 1 } })
})
