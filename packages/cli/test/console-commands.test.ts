import { parseConfig, startConsole, type RunningConsole } from '@plimsoll/console'
import { openTestDatabase, type TestDatabase } from '@plimsoll/postgres/testing'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

// Each command is a process of its own: generous, for machines that are busy otherwise.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const bin = fileURLToPath(new URL('../bin/plimsoll.js', import.meta.url))
const consoles: { running: RunningConsole; database: TestDatabase; dataDir: string }[] = []

async function start(config?: unknown): Promise<void> {
  const database = await openTestDatabase()
  const dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-commands-'))
  const running = await startConsole({
    dataDir,
    databaseUrl: database.url(),
    port: 0,
    ...(config === undefined ? {} : { config: parseConfig(config) }),
  })
  consoles.push({ database, dataDir, running })
}

/** The pager of the third console's people; one of them has moved. */
const pages: string[] = []
const pager = createServer((request, response) => {
  pages.push(request.url ?? '')
  request.resume()
  response.writeHead(request.url === '/moved' ? 404 : 204).end()
})

beforeAll(async () => {
  await start()
  await start()
  await new Promise<void>((resolve) => pager.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(pager.address() as AddressInfo).port}`
  await start({
    services: [{ name: 'store' }],
    teams: [
      { name: 'web', contacts: [{ webhook: `${address}/web` }] },
      { name: 'moved', contacts: [{ webhook: `${address}/moved` }] },
    ],
    escalation: {
      levels: [
        { after: '0s', teams: ['web'] },
        { after: '1s', teams: ['moved'] },
      ],
    },
  })
})
afterAll(async () => {
  pager.close()
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
    .poll(async () => (await plimsoll(0, 'incidents')).stdout, { timeout: 120_000 })
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
  expect(await plimsoll(0, 'export', file)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('exists already and is not overwritten') as string,
  })
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

test('a drill calls people in their order, and says who answered and what the plan lacks', async () => {
  const drill = plimsoll(2, 'drill', 'store', '--for=5m', '--by=duty')
  await expect.poll(() => pages, { timeout: 120_000 }).toContain('/web')
  await expect.poll(async () => (await plimsoll(2, 'ack', '1', '--by=duty')).code, { timeout: 120_000 }).toBe(0)
  const { stdout } = await drill
  expect(stdout).toMatch(/^gap {6}/)
  expect(stdout).toContain('begun    INC-1; waiting up to 5 min')
  expect(stdout).toMatch(/reached {2}level 1 web by webhook http:\S+\/web, after /)
  expect(stdout).toMatch(/duty answered for store after .* The plan has \d+ gaps\./)
  // It is over, and leaves nothing behind that calls on.
  expect((await plimsoll(2, 'incidents')).stdout).not.toContain('INC-1')
})

test('a drill that nobody answers ends with 1, and names whom no message reached', async () => {
  const drill = plimsoll(2, 'drill', 'store', '--for=10s', '--json')
  const { code, stdout } = await drill
  const report = JSON.parse(stdout) as {
    answeredBy: unknown
    unreached: { team: string; why: string }[]
    gaps: string[]
  }
  expect([code, report.answeredBy]).toEqual([1, null])
  expect(report.gaps.length).toBeGreaterThan(0)
  const unknown = await plimsoll(2, 'drill', 'nowhere')
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('nowhere')])
})

test('of a configuration with two faults each has its own line, with that of the file', async () => {
  const file = join(consoles[1]!.dataDir, 'wrong.yaml')
  writeFileSync(file, "services:\n  - name: ''\n    act: maybe\n")
  const stderr = await new Promise((resolve) =>
    execFile(process.execPath, [bin, 'console', `--config=${file}`], (_error, _stdout, said) => resolve(said)),
  )
  expect(stderr).toBe(
    `plimsoll: ${file}:\n  line 2: services[0].name must not be empty\n  line 3: services[0].act must be one of observe, ask, safe\n`,
  )
})
