import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Sql } from './sql.ts'
import { migrate, orderMigrations, type Migration } from './migrate.ts'
import { openTestDatabase, type TestDatabase } from './testing.ts'

let database: TestDatabase
let sql: Sql
beforeAll(async () => {
  database = await openTestDatabase()
  sql = database.sql
})
afterAll(() => database.stop())

const first: Migration = {
  name: '001_boat.sql',
  text: 'create table boat (id int primary key);\ninsert into boat values (1), (2);',
}
const second: Migration = { name: '002_sail.sql', text: 'alter table boat add column sail text;' }

test('applies what the database has not seen, in order, and nothing twice', async () => {
  expect(await migrate(sql, [second, first])).toEqual(['001_boat.sql', '002_sail.sql'])
  expect(await migrate(sql, [first, second])).toEqual([])
  expect(await sql`select id, sail from boat order by id`).toEqual([
    { id: 1, sail: null },
    { id: 2, sail: null },
  ])
})

test('takes other line ends for the same file', async () => {
  expect(await migrate(sql, [{ ...first, text: first.text.replaceAll('\n', '\r\n') }, second])).toEqual([])
})

test('refuses a file that was changed after it had been applied', async () => {
  await expect(migrate(sql, [{ ...first, text: 'select 1' }, second])).rejects.toMatchObject({
    code: 'PLIMSOLL_POSTGRES_MIGRATION',
    migration: '001_boat.sql',
    message: expect.stringContaining('was changed'),
  })
})

test('refuses a database that is newer than the files, and a renamed file', async () => {
  await expect(migrate(sql, [first])).rejects.toThrow('002_sail.sql is in the database but not among the files')
  await expect(migrate(sql, [first, { ...second, name: '002_mast.sql' }])).rejects.toThrow('now called 002_mast.sql')
})

test('rolls a failing file back whole and keeps the earlier ones', async () => {
  const third = { name: '003_oar.sql', text: 'create table oar (id int);' }
  const broken = { name: '004_broken.sql', text: 'create table half (id int); insert into nowhere values (1);' }
  await expect(migrate(sql, [first, second, third, broken])).rejects.toThrow(
    '004_broken.sql failed and was rolled back',
  )
  expect(await sql`select to_regclass('oar')::text as oar, to_regclass('half')::text as half`).toEqual([
    { oar: 'oar', half: null },
  ])
})

test('ten processes migrating at once apply each file once', async () => {
  const other = await openTestDatabase({ connection: { max: 10 } })
  const all = await Promise.all(Array.from({ length: 10 }, () => migrate(other.sql, [first, second])))
  expect(all.flat().toSorted()).toEqual(['001_boat.sql', '002_sail.sql'])
  await other.stop()
})

test('refuses numbers that repeat or leave a gap', () => {
  expect(() => orderMigrations([first, { ...second, name: '003_sail.sql' }])).toThrow(
    '003_sail.sql stands where 002 belongs',
  )
  expect(() => orderMigrations([first, { ...second, name: '1_sail.sql' }])).toThrow('stands where 002 belongs')
})
