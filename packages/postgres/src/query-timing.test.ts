import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { sqlQueryChannel, type SqlQuery } from '@plimsoll/core/wire'
import { connect } from './connect.ts'
import { openTestDatabase, type TestDatabase } from './testing.ts'

let database: TestDatabase
let heard: SqlQuery[] = []
const listener = (message: unknown) => void heard.push(message as SqlQuery)

beforeAll(async () => {
  database = await openTestDatabase({ connection: { max: 1 } })
  await database.sql`select 1`
})
afterAll(() => database.stop())
afterEach(() => {
  unsubscribe(sqlQueryChannel, listener)
  heard = []
})

test('tells running from waiting behind another query on the one connection', async () => {
  const { sql } = database
  subscribe(sqlQueryChannel, listener)
  await Promise.all([sql`select pg_sleep(0.1)`, sql`select 1`])
  expect(heard).toHaveLength(2)
  const [slow, patient] = heard as [SqlQuery, SqlQuery]
  expect(slow.runMs).toBeGreaterThanOrEqual(95)
  expect(slow.waitMs).toBeLessThan(95)
  expect(patient.waitMs).toBeGreaterThanOrEqual(95)
  expect(patient.runMs).toBeLessThan(95)
})

test('tells the opening of a connection as waiting', async () => {
  const fresh = connect(database.url(), { max: 1 })
  subscribe(sqlQueryChannel, listener)
  await fresh`select 1`
  expect(heard.at(-1)!.waitMs).toBeGreaterThan(heard.at(-1)!.runMs)
  await fresh.end()
})

test('tells begin, commit and everything between, also in a savepoint', async () => {
  subscribe(sqlQueryChannel, listener)
  await database.sql.begin(async (transaction) => {
    await transaction`select 1`
    await transaction.savepoint((inner) => inner.unsafe('select 2'))
  })
  expect(heard).toHaveLength(5)
})

test('tells failures as failures: by the server, and for want of one', async () => {
  subscribe(sqlQueryChannel, listener)
  await expect(database.sql`select nonsense`).rejects.toThrow('nonsense')
  const nowhere = connect({ host: '/nonexistent', port: 1, user: 'x', password: 'x', database: 'x' })
  await expect(nowhere`select 1`).rejects.toThrow('ENOENT')
  await nowhere.end({ timeout: 0 })
  expect(heard.map(({ hasFailed }) => hasFailed)).toEqual([true, true])
  expect(heard[1]!.runMs).toBe(0)
})

test('says nothing of cursors, which take as long as their reader', async () => {
  subscribe(sqlQueryChannel, listener)
  let rowCount = 0
  await database.sql`select generate_series(1, 5)`.cursor(2, (rows) => void (rowCount += rows.length))
  for await (const rows of database.sql`select generate_series(1, 5)`.cursor(2)) rowCount += rows.length
  expect(rowCount).toBe(10)
  expect(heard).toEqual([])
})

test('leaves a query alone while nobody listens', async () => {
  const query = database.sql`select 1`
  await query
  expect(Object.getOwnPropertyDescriptor(query, 'active')).toHaveProperty('value')
})
