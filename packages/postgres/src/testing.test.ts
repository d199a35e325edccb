import { expect, test } from 'vitest'
import type { Sql } from './sql.ts'
import { openTestDatabase, testCluster } from './testing.ts'

test('databases of one seed are copies of one template that was filled once', async () => {
  let fills = 0
  const seed = {
    key: 'boats',
    fill: async (sql: Sql) => {
      fills++
      await sql`create table boat as select generate_series(1, 100) as id`
    },
  }
  const [one, other] = await Promise.all([openTestDatabase({ seed }), openTestDatabase({ seed })])
  await one.sql`delete from boat`
  expect(await other.sql`select count(*) as count from boat`).toEqual([{ count: 100 }])
  expect(fills).toBe(1)
  await Promise.all([one.stop(), other.stop()])
  const cluster = await testCluster()
  expect(await cluster.dropDatabase(one.name)).toBe(false)
})

test('a fill that fails is told, and the next one starts afresh', async () => {
  const failing = { key: 'storm', fill: () => Promise.reject(new Error('capsized')) }
  await expect(openTestDatabase({ seed: failing })).rejects.toThrow('capsized')
  const database = await openTestDatabase({
    seed: { key: 'storm', fill: async (sql) => void (await sql`create table calm ()`) },
  })
  expect(await database.sql`select * from calm`).toEqual([])
  await database.stop()
})
