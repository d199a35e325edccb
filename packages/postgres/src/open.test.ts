import { createServer } from 'node:net'
import { rmSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { makeTempDir } from '../test/process.ts'
import { judgeVersion, openDatabase } from './open.ts'
import { openTestDatabase, testCluster } from './testing.ts'

const dataDir = makeTempDir()
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

test('without a URL it opens the embedded database, and stop ends it', async () => {
  const database = await openDatabase({ dataDir, name: 'shop' })
  expect(await database.sql`select current_database() as name`).toEqual([{ name: 'shop' }])
  expect(database.embedded?.wasAdopted).toBe(false)
  expect(database.shown).not.toContain(new URL(database.url()).password)
  await database.stop()
  await database.stop()
})

test('with a URL it opens that one and starts nothing', async () => {
  const there = await openTestDatabase()
  const database = await openDatabase({ url: there.url(), dataDir: '/nonexistent', name: 'ignored' })
  expect(await database.sql`select current_database() as name`).toEqual([{ name: there.name }])
  expect(database.embedded).toBeNull()
  expect(database.version).toMatch(/^18\./)
  await database.stop()
  await there.stop()
})

test('a database that cannot be used is an error that says what to do and hides the password', async () => {
  const cluster = await testCluster()
  const wrongPassword = new URL(cluster.url())
  wrongPassword.password = 'guessed'
  const silent = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => silent.once('listening', resolve))
  const port = (silent.address() as { port: number }).port
  const cases = [
    ['postgres://a:guessed@127.0.0.1:1/b', 'Is the server running'],
    ['postgres://a:guessed@localhost/b?host=/nonexistent', 'is this its socket directory?'],
    [`postgres://a:guessed@127.0.0.1:${port}/b`, 'Does a firewall stand between?'],
    [wrongPassword.href, 'Are user and password right?'],
    [cluster.url('nowhere'), 'Create the database first'],
  ] as const
  const password = new URL(cluster.url()).password
  for (const [url, advice] of cases) {
    const failure = await openDatabase({
      url,
      dataDir,
      name: 'shop',
      connection: { connectTimeoutMs: 300, waitForServerMs: 0 },
    }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'PLIMSOLL_POSTGRES_UNREACHABLE', message: expect.stringContaining(advice) })
    expect((failure as Error).message).not.toContain('guessed')
    expect((failure as Error).message).not.toContain(password)
  }
  silent.close()
})

test('refuses a server older than 14', () => {
  expect(() => judgeVersion({ number: 130_011, version: '13.11' }, 'postgres://b/c')).toThrow(
    'The database at postgres://b/c is PostgreSQL 13.11; at least 14 is needed.',
  )
  expect(() => judgeVersion({ number: 140_000, version: '14.0' }, 'postgres://b/c')).not.toThrow()
})

test('refuses a name that would need quoting before it starts anything', async () => {
  await expect(openDatabase({ dataDir: '/nonexistent', name: 'drop table"' })).rejects.toThrow('must be lower-case')
})
