import { openDatabase } from '@plimsoll/postgres'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

// The same stories as on the embedded PostgreSQL, on Debian's own: another version, another build, another configuration.
const root = fileURLToPath(new URL('../../..', import.meta.url))
const debian = '/usr/lib/postgresql'
const newest = readdirSync(debian)
  .toSorted((one, other) => Number(one) - Number(other))
  .at(-1)!
const isRoot = process.getuid!() === 0
const nobody = isRoot ? { uid: 65534, gid: 65534 } : {}
const directory = mkdtempSync(join(tmpdir(), 'plimsoll-debian-'))
const log = join(directory, 'log')
let server: ChildProcess
let run: ChildProcess | null = null
let url: string

beforeAll(async () => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  const [data, password] = [join(directory, 'data'), join(directory, 'password')]
  writeFileSync(password, 'harbour')
  chmodSync(directory, 0o755)
  if (isRoot) for (const path of [directory, password]) chownSync(path, 65534, 65534)
  const init = ['-D', data, '-U', 'sailor', '--pwfile', password, '-A', 'scram-sha-256', '-E', 'UTF8', '-N']
  execFileSync(join(debian, newest, 'bin/initdb'), [...init, '--locale', 'C'], { ...nobody, cwd: '/', stdio: 'pipe' })
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'log_connections=on', 'fsync=off']
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]
  const words = openSync(log, 'a')
  server = spawn(join(debian, newest, 'bin/postgres'), args, { ...nobody, cwd: '/', stdio: ['ignore', words, words] })
  url = `postgres://sailor:harbour@127.0.0.1:${port}/postgres`
  const connection = { waitForServerMs: 30_000 }
  await (await openDatabase({ url, dataDir: directory, name: 'none', connection })).stop()
})

afterAll(async () => {
  // A run that took too long is ended with its test.
  if (run?.exitCode === null) {
    run.kill('SIGTERM')
    await once(run, 'exit')
  }
  if (server.exitCode === null) {
    server.kill('SIGQUIT')
    await once(server, 'exit')
  }
  rmSync(directory, { recursive: true, force: true })
})

test('every story goes on Debian’s PostgreSQL as it goes on the embedded one', { timeout: 1_800_000 }, async () => {
  const report = join(directory, 'report.json')
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'))
  // As root only nobody may write there.
  if (isRoot) chownSync(directory, 0, 0)
  run = spawn(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      ...['run', '--project', 'unit', '--retry=1', '--reporter=json', `--outputFile=${report}`],
      'packages/console/test/acceptance',
    ],
    {
      cwd: root,
      env: { ...Object.fromEntries(environment), PLIMSOLL_TEST_DATABASE_URL: url },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  await once(run, 'exit')
  const told = JSON.parse(readFileSync(report, 'utf8')) as {
    numPassedTests: number
    testResults: { assertionResults: { fullName: string; status: string; failureMessages: string[] }[] }[]
  }
  const failed = told.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'failed')
  expect(failed.map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join(' ')}`)).toEqual([])
  expect(told.numPassedTests).toBeGreaterThan(90)
  // It was this server that they used.
  const databases = new Set(readFileSync(log, 'utf8').match(/database=test_[0-9a-f]+/g))
  expect(databases.size).toBeGreaterThan(40)
})
