import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chownSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTempDir } from '../test/process.ts'
import { migrate } from './migrate.ts'
import { openDatabase } from './open.ts'

// Debian's own PostgreSQL (14 to 18, whatever is installed), over TCP with TLS and a password: the database of somebody else.
const root = '/usr/lib/postgresql'
const newest = readdirSync(root)
  .toSorted((one, other) => Number(one) - Number(other))
  .at(-1)!
const nobody = process.getuid!() === 0 ? { uid: 65534, gid: 65534 } : {}
const directory = makeTempDir()
let server: ChildProcess
let url: string

beforeAll(async () => {
  const port = await freePort()
  const data = join(directory, 'data')
  const files = ['server.key', 'server.crt', 'password'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  const [key, certificate, password] = files
  const subject = [
    '-subj',
    '/CN=localhost',
    '-days',
    '1',
    '-nodes',
    '-newkey',
    'rsa:2048',
    '-keyout',
    key,
    '-out',
    certificate,
  ]
  execFileSync('openssl', ['req', '-x509', ...subject], { stdio: 'pipe' })
  writeFileSync(password, 'harbour')
  if (process.getuid!() === 0) for (const path of [directory, ...files]) chownSync(path, 65534, 65534)
  const init = [
    '-D',
    data,
    '-U',
    'sailor',
    '--pwfile',
    password,
    '-A',
    'scram-sha-256',
    '-E',
    'UTF8',
    '--locale',
    'C',
    '-N',
  ]
  execFileSync(join(root, newest, 'bin/initdb'), init, { ...nobody, cwd: '/', stdio: 'pipe' })
  const settings = [
    'listen_addresses=localhost',
    'unix_socket_directories=',
    'ssl=on',
    `ssl_key_file=${key}`,
    `ssl_cert_file=${certificate}`,
  ]
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]
  server = spawn(join(root, newest, 'bin/postgres'), args, { ...nobody, cwd: '/', stdio: 'ignore' })
  url = `postgres://sailor:harbour@localhost:${port}/postgres`
  const database = await openDatabase({
    url,
    dataDir: directory,
    name: 'none',
    connection: { waitForServerMs: 30_000 },
  })
  await database.stop()
})

afterAll(async () => {
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGINT')
  await ended
  rmSync(directory, { recursive: true, force: true })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, 'localhost', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}

test.each(['', '?sslmode=require'])('migrates, reads and writes on a server by URL (%s)', async (words) => {
  const database = await openDatabase({ url: url + words, dataDir: directory, name: 'none' })
  const { sql } = database
  expect(database.version.split('.')[0]).toContain(newest)
  const table = `boat${words.length}`
  await sql`drop table if exists plimsoll_migration`
  expect(
    await migrate(sql, [{ name: '001_boat.sql', text: `create table ${table} (id bigint primary key, tags text[])` }]),
  ).toHaveLength(1)
  await sql.begin((inside) => inside`insert into ${inside(table)} ${inside([{ id: 1, tags: ['a', 'b,"c"'] }])}`)
  expect(await sql`select * from ${sql(table)} where id = any(${[1, 2]})`).toEqual([{ id: 1, tags: ['a', 'b,"c"'] }])
  const [row] = await sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`
  expect(row).toEqual({ ssl: words !== '' })
  await database.stop()
})

test.each(['', '?sslmode=require'])('outlives broken connections (%s)', async (words) => {
  const { sql, stop } = await openDatabase({
    url: url + words,
    dataDir: directory,
    name: 'none',
    connection: { applicationName: 'victim' },
  })
  const killer = await openDatabase({ url, dataDir: directory, name: 'none', connection: { max: 1 } })
  let isOver = false
  const lanes = Array.from({ length: 6 }, async (_, lane) => {
    for (let turn = 0; !isOver; turn++) {
      const number = lane * 1_000_000 + turn
      const rows = await sql`select ${number}::int as number`.catch(() => null)
      if (rows) expect(rows).toEqual([{ number }])
    }
  })
  for (let shot = 0; shot < 30; shot++) {
    await killer.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim'`
    await new Promise((resolve) => setTimeout(resolve, shot % 3 === 0 ? 50 : 10))
  }
  isOver = true
  await Promise.all(lanes)
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }])
  await Promise.all([stop(), killer.stop()])
})
