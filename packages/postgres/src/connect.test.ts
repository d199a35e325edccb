import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseDatabaseUrl, showAddress } from './address.ts'
import { connect } from './connect.ts'
import type { AnySql } from './sql.ts'
import { openTestDatabase, type TestDatabase } from './testing.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database.stop())

test('a bigint is a number while that is exact, and a BigInt beyond', async () => {
  const [row] =
    await database.sql`select ${5}::bigint as small, ${2n ** 60n}::bigint as big, array[1, 2]::bigint[] as list`
  expect(row).toEqual({ small: 5, big: 2n ** 60n, list: [1, 2] })
})

test('the same code takes a client and a transaction', async () => {
  const one = async (sql: AnySql) => (await sql<{ one: number }[]>`select 1 as one`)[0]!.one
  expect(await one(database.sql)).toBe(1)
  expect(await database.sql.begin((transaction) => one(transaction))).toBe(1)
})

test('the server ends a statement that takes too long', async () => {
  const hasty = connect(database.url(), { max: 1, statementTimeoutMs: 50 })
  await expect(hasty`select pg_sleep(5)`).rejects.toMatchObject({ code: '57014' })
  const patient = connect(database.url(), { max: 1, statementTimeoutMs: Infinity })
  expect(await patient`show statement_timeout`).toEqual([{ statement_timeout: '0' }])
  await Promise.all([hasty.end(), patient.end()])
})

test('reads the two ways in which a URL names a socket', () => {
  expect(parseDatabaseUrl('postgres://a:b@localhost/shop?host=%2Frun%2Fpg&sslmode=disable')).toEqual({
    href: 'postgres://a:b@localhost/shop?sslmode=disable',
    socketDir: '/run/pg',
  })
  expect(parseDatabaseUrl('postgresql://a:b@%2Frun%2Fpg:5433/shop')).toEqual({
    href: 'postgresql://a:b@localhost:5433/shop',
    socketDir: '/run/pg',
  })
  expect(parseDatabaseUrl('postgresql:///shop?host=/run/pg').socketDir).toBe('/run/pg')
  expect(parseDatabaseUrl('postgres://a:b@db.internal:5432/shop').socketDir).toBeNull()
})

test('refuses what is no database URL without repeating the password', () => {
  for (const wrong of ['mysql://a:secret@b/c', 'a:secret@b', '']) {
    expect(() => connect(wrong)).toThrow(expect.objectContaining({ code: 'PLIMSOLL_INVALID_OPTION' }))
    expect(() => connect(wrong)).not.toThrow('secret')
  }
})

test('refuses limits that would never let anything through', () => {
  expect(() => connect('postgres://a:b@c/d', { max: 0, maxWaiting: 0.5 })).toThrow(
    /max must be between 1 and 1000.*maxWaiting must be/,
  )
  expect(() => connect('postgres://a:b@c/d', { statementTimeoutMs: 0 })).toThrow('statementTimeoutMs')
})

test('shows an address without its secrets', () => {
  expect(showAddress('postgres://a:secret@b:1/c?sslmode=require&password=secret')).toBe(
    'postgres://a:***@b:1/c?sslmode=require&password=***',
  )
  expect(showAddress('host=b password=secret')).not.toContain('secret')
  expect(showAddress({ host: '/run', port: 1, user: 'a', password: 'secret', database: 'c' })).toBe('a@/run:1/c')
  const sql = connect('postgres://a:secret@b/c')
  expect(inspect(sql, { depth: 9 })).toBe('Sql(postgres://a:***@b/c)')
})
