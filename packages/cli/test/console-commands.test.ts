import { startConsole, type RunningConsole } from '@plimsoll/console'
import { openTestDatabase, type TestDatabase } from '@plimsoll/postgres/testing'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const bin = fileURLToPath(new URL('../bin/plimsoll.js', import.meta.url))
const consoles: { running: RunningConsole; database: TestDatabase; dataDir: string }[] = []

async function start(): Promise<void> {
  const database = await openTestDatabase()
  const dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-commands-'))
  consoles.push({ database, dataDir, running: await startConsole({ dataDir, databaseUrl: database.url(), port: 0 }) })
}

beforeAll(async () => {
  await start()
  await start()
})
afterAll(async () => {
  for (const { running, database, dataDir } of consoles) {
    await running.stop()
    await database.stop()
    rmSync(dataDir, { recursive: true })
  }
})

function plimsoll(index: number, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { running, dataDir } = consoles[index]!
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [bin, ...args, `--console=${running.url}`, `--data=${dataDir}`],
      (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })
}

test('an alert is acknowledged and resolved in the name of whoever does it', async () => {
  const { running } = consoles[0]!
  const token = readFileSync(running.alertTokenFile, 'utf8').trim()
  const response = await fetch(`${running.url}/api/v2/alerts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify([{ labels: { alertname: 'DiskFull', service: 'store' } }]),
  })
  expect(response.status).toBe(200)
  await expect
    .poll(async () => (await plimsoll(0, 'incidents')).stdout, { timeout: 10_000 })
    .toContain('DiskFull fires')
  expect((await plimsoll(0, 'ack', '1', '--by=duty')).stdout).toBe(
    'INC-1 is acknowledged by duty. Nobody else is called.\n',
  )
  const resolved = await plimsoll(0, 'resolve', 'INC-1', '--by=duty', '--note=deleted the logs')
  expect(resolved).toMatchObject({ code: 0, stdout: expect.stringContaining('INC-1 is resolved.') as string })
  expect((await plimsoll(0, 'incidents', '1')).stdout).toContain('duty resolved it. deleted the logs.')
})

test('silences are made, listed and ended', async () => {
  const made = await plimsoll(
    0,
    'silence',
    'service=store',
    'alertname=~Disk.*',
    '--for=2h',
    '--comment=new disks',
    '--by=duty',
  )
  const id = /--expire=(\S+)/.exec(made.stdout)![1]!
  expect((await plimsoll(0, 'silence')).stdout).toMatch(
    /^active {2}service=store alertname=~Disk\.\* {2}for .* more, by duty: new disks\n/,
  )
  expect((await plimsoll(0, 'silence', `--expire=${id}`)).code).toBe(0)
  expect((await plimsoll(0, 'silence')).stdout).toBe('Nothing is silenced.\n')
  expect(await plimsoll(0, 'silence', 'service')).toMatchObject({
    code: 2,
    stderr: 'plimsoll: A matcher is like service=web, and not "service".\n',
  })
  expect((await plimsoll(0, 'silence', 'service=~.*')).stderr).toContain('must not match the empty string')
})

test('what one console has stored another takes in, and a full one refuses', async () => {
  const file = join(consoles[0]!.dataDir, 'all.jsonl')
  expect((await plimsoll(0, 'export', file)).code).toBe(0)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect((await plimsoll(1, 'import', file)).stdout).toMatch(/^Taken in: \d+ rows/)
  expect((await plimsoll(1, 'incidents', '1')).stdout).toContain('duty resolved it')
  expect(await plimsoll(1, 'import', file)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('has incidents already') as string,
  })
})

test('doctor says what is missing', async () => {
  const { code, stdout } = await plimsoll(0, 'doctor')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^ok {4}store: PostgreSQL \d+/)
  expect(stdout).toContain('look  services: No service has reported.')
})
