import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, expect, test } from 'vitest'
import { makeTempDir, OtherProcess } from '../test/process.ts'
import { connect } from './connect.ts'
import { startEmbedded, type EmbeddedDatabase, type EmbeddedOptions } from './embedded.ts'
import { judgeInitFailure } from './init-cluster.ts'
import { choosePlace, makeSocketDir, type Place } from './place.ts'
import { readProcess } from './process-info.ts'

/** What is about other things than durability does without it. */
const hasty = { settings: { fsync: 'off' } }

/** An `initdb` takes a second, so tests that need no fresh cluster use this one, after each other. */
const used = join(makeTempDir(), 'db')
const directories: string[] = []
const running: EmbeddedDatabase[] = []

function tempDir(options?: { isClosed?: boolean }): string {
  const directory = makeTempDir(options)
  directories.push(directory)
  return directory
}

async function start(dataDir: string, options: Partial<EmbeddedOptions> = {}) {
  const database = await startEmbedded({ dataDir, ...options })
  running.push(database)
  return database
}

async function ask<T>(database: EmbeddedDatabase, question: string): Promise<T[]> {
  const sql = connect(database.address(), { max: 1 })
  try {
    return (await sql.unsafe(question)) as unknown as T[]
  } finally {
    await sql.end()
  }
}

afterAll(() => rmSync(join(used, '..'), { recursive: true, force: true }))

afterEach(async () => {
  for (const database of running.splice(0)) await database.stop()
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

test('starts on an empty directory, keeps its data over a stop, and answers on a private socket only', async () => {
  const dataDir = used
  const first = await start(dataDir)
  expect(first.version).toMatch(/^18\./)
  expect(first.wasAdopted).toBe(false)
  expect(await first.createDatabase('shop')).toBe(true)
  expect(await first.createDatabase('shop')).toBe(false)
  const sql = connect(first.address('shop'))
  await sql`create table word (text text)`
  await sql`insert into word values ('b'), ('Ä'), ('a'), ('B')`
  expect((await sql`select text from word order by text`).map(({ text }) => text)).toEqual(['B', 'a', 'b', 'Ä'])
  expect((await sql`select upper('ärger') as loud`)[0]).toEqual({ loud: 'ÄRGER' })
  await sql.end()
  expect(
    await ask(
      first,
      `select name, setting from pg_settings where name in ('fsync', 'listen_addresses', 'password_encryption') order by 1`,
    ),
  ).toEqual([
    { name: 'fsync', setting: 'on' },
    { name: 'listen_addresses', setting: '' },
    { name: 'password_encryption', setting: 'scram-sha-256' },
  ])
  expect(statSync(first.address().host).mode & 0o777).toBe(0o700)
  expect(statSync(join(dataDir, 'pg18')).mode & 0o777).toBe(0o700)
  expect(statSync(join(dataDir, 'pg18', 'plimsoll.json')).mode & 0o777).toBe(0o600)
  const { pid } = first
  await first.stop()
  expect(readProcess(pid)).toBeNull()

  const second = await start(dataDir)
  expect(second.url('shop')).toBe(first.url('shop'))
  const again = connect(second.url('shop'))
  expect(await again`select count(*) as count from word`).toEqual([{ count: 4 }])
  await again.end()
  expect(await second.dropDatabase('shop')).toBe(true)
  expect(await second.dropDatabase('shop')).toBe(false)
})

test('runs in a directory that only its owner can walk to, such as a home of mode 0700', async () => {
  const dataDir = join(tempDir({ isClosed: true }), 'db')
  const database = await start(dataDir, hasty)
  expect(await ask(database, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('leaves nothing in the temporary directory, where the socket of a data directory with a long name lies', async () => {
  const dataDir = join(tempDir(), 'x'.repeat(100))
  const database = await start(dataDir, hasty)
  const { host } = database.address()
  expect(dirname(host)).not.toBe(dataDir)
  expect(existsSync(host)).toBe(true)
  await database.stop()
  expect(existsSync(host)).toBe(false)
  const again = await start(dataDir, hasty)
  expect(await ask(again, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('adopts the server that a killed process left running', async () => {
  const dataDir = used
  const other = new OtherProcess(
    `const database = await postgres.startEmbedded({ dataDir: args[0] })
     console.log(database.pid)
     setInterval(() => {}, 1000)`,
    [dataDir],
  )
  const pid = Number(await other.heard(1))
  await other.kill()
  const database = await start(dataDir)
  expect(database.wasAdopted).toBe(true)
  expect(database.pid).toBe(pid)
  await database.stop()
  expect(readProcess(pid)).toBeNull()
})

test('many processes starting at once share one server', async () => {
  const dataDir = tempDir()
  const program = `const database = await postgres.startEmbedded({ dataDir: args[0], isOwner: false, settings: { fsync: 'off' } })
    console.log(database.pid + ' ' + database.wasAdopted)
    await database.stop()`
  const others = Array.from({ length: 4 }, () => new OtherProcess(program, [dataDir]))
  const own = await Promise.all([start(dataDir, hasty), start(dataDir, hasty)])
  const said = await Promise.all(others.map((other) => other.heard(1)))
  await Promise.all(others.map((other) => other.ended))
  const all = [...said, ...own.map(({ pid, wasAdopted }) => `${pid} ${wasAdopted}`)]
  expect(new Set(all.map((line) => line.split(' ')[0])).size).toBe(1)
  expect(all.filter((line) => line.endsWith('false'))).toHaveLength(1)
  expect(readProcess(own[0].pid)).not.toBeNull()
  expect(readdirSync(dataDir).filter((name) => name.includes('claim') || name.includes('draft'))).toEqual([])
})

test('who only borrows the server leaves it running', async () => {
  const dataDir = used
  const owner = await start(dataDir)
  const guest = await start(dataDir, { isOwner: false })
  await guest.stop()
  expect(await ask(owner, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('the owner starts a server again that was killed', async () => {
  const dataDir = used
  const lines: string[] = []
  const heard = new Promise<void>((resolve) => {
    void start(dataDir, {
      log: (line) => {
        lines.push(line)
        if (lines.length === 3) resolve()
      },
    }).then(({ pid }) => process.kill(pid, 'SIGKILL'))
  })
  await heard
  expect(lines[1]).toMatch(/^PostgreSQL is gone \(pid \d+\); starting it again$/)
  expect(lines[2]).toMatch(/^PostgreSQL 18\.\d+ started in /)
  expect(await ask(running[0]!, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('starts over the lock of a dead server whose pid now belongs to a stranger', async () => {
  const dataDir = used
  const first = await start(dataDir)
  const { pid } = first
  const lock = join(dataDir, 'pg18', 'postmaster.pid')
  const text = readFileSync(lock, 'utf8')
  await first.stop()
  const stranger = spawn('sleep', ['60'])
  writeFileSync(lock, text.replace(String(pid), String(stranger.pid)))
  const second = await start(dataDir)
  expect(second.wasAdopted).toBe(false)
  expect(readProcess(stranger.pid!)).not.toBeNull()
  stranger.kill()
})

test('an overlong log is emptied', async () => {
  const dataDir = used
  const first = await start(dataDir)
  await first.stop()
  truncateSync(first.logFile, 5 * 1024 * 1024)
  await start(dataDir)
  expect(statSync(first.logFile).size).toBeLessThan(10_000)
})

test('never shows the password', async () => {
  const database = await start(used)
  const sql = connect(database.url())
  const password = decodeURIComponent(new URL(database.url()).password)
  expect(password.length).toBeGreaterThan(20)
  const shown = [database, database.address(), sql].map(
    (thing) => inspect(thing, { depth: 9 }) + String(JSON.stringify(thing)),
  )
  expect(shown.join()).not.toContain(password)
  const failure = await sql`select nonsense`.catch((error: unknown) => inspect(error, { depth: 9, showHidden: true }))
  expect(failure).not.toContain(password)
  await sql.end()
})

test('refuses data of another major version and leaves it alone', async () => {
  const dataDir = tempDir()
  mkdirSync(join(dataDir, 'pg17'))
  await expect(startEmbedded({ dataDir })).rejects.toMatchObject({
    code: 'PLIMSOLL_POSTGRES_DATA_VERSION',
    message: expect.stringContaining('holds data of PostgreSQL 17'),
  })
  mkdirSync(join(dataDir, 'pg18'))
  writeFileSync(join(dataDir, 'pg18', 'PG_VERSION'), '16\n')
  await expect(startEmbedded({ dataDir })).rejects.toMatchObject({ found: '16', expected: '18' })
})

test('says what is wrong with a data directory that is a file', async () => {
  const file = join(tempDir(), 'file')
  writeFileSync(file, '')
  await expect(startEmbedded({ dataDir: file })).rejects.toMatchObject({ code: 'PLIMSOLL_POSTGRES_DATA_ACCESS' })
})

test('puts the socket into a short temporary directory when the data directory’s name is long', () => {
  const root = tempDir()
  const place = { ...choosePlace(join(root, 'x'.repeat(120)), '18'), runAs: null }
  expect(makeSocketDir(place, [root])).toMatch(new RegExp(`^${root}/plimsoll-`))
  expect(() => makeSocketDir(place, [place.dataDir])).toThrow(
    /would have a name of \d+ bytes and the system allows 10[37]/,
  )
})

test('does not trust a socket directory that is somebody’s link', () => {
  const root = tempDir()
  const place: Place = { ...choosePlace(join(root, 'db'), '18'), runAs: null }
  symlinkSync('/', join(place.dataDir, 'socket'))
  expect(() => makeSocketDir(place)).toThrow(expect.objectContaining({ code: 'PLIMSOLL_POSTGRES_FOREIGN_DIRECTORY' }))
})

test('tells a full disk, a user without a name and everything else apart when initdb fails', () => {
  const place = { dataDir: tempDir(), runAs: { uid: 4711, gid: 4711 } } as Place
  const codes = [
    'initdb: error: could not write to file "x": No space left on device',
    'initdb: error: could not look up effective user ID 4711: user does not exist',
    'initdb: error: something new',
  ].map((stderr) => (judgeInitFailure(stderr, place) as Error & { code: string }).code)
  expect(codes).toEqual(['PLIMSOLL_POSTGRES_DISK_FULL', 'PLIMSOLL_POSTGRES_USER', 'PLIMSOLL_POSTGRES_INIT'])
})

test('a start that was killed half-way leaves nothing in the way', async () => {
  const dataDir = tempDir()
  const other = new OtherProcess(
    `void postgres.startEmbedded({ dataDir: args[0], settings: { fsync: 'off' } }); setInterval(() => {}, 1000); console.log('on my way')`,
    [dataDir],
  )
  await other.heard(1)
  const names = () => readdirSync(dataDir)
  const isHalfWay = () => names().some((name) => name.includes('draft-'))
  while (!isHalfWay() && !names().includes('pg18')) await new Promise((resolve) => setTimeout(resolve, 5))
  // Had this process slept through all of initdb, nothing would be proven.
  expect(isHalfWay(), 'the start is seen before it is done').toBe(true)
  await other.kill()
  await start(dataDir, hasty)
  expect(readdirSync(dataDir).toSorted()).toEqual(['pg18', 'postgres.log', 'socket'])
  expect(existsSync(join(dataDir, 'pg18', 'plimsoll.json'))).toBe(true)
})

test('a broken cluster is an error with the server’s own words, and no server stays behind', async () => {
  const dataDir = used
  const first = await start(dataDir)
  await first.stop()
  rmSync(join(dataDir, 'pg18', 'global', 'pg_control'))
  await expect(startEmbedded({ dataDir })).rejects.toMatchObject({
    code: 'PLIMSOLL_POSTGRES_START',
    message: expect.stringMatching(/pg_control.*postgres\.log/),
  })
})
