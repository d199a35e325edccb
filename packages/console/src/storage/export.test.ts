import { migrate, type Sql } from '@plimsoll/postgres'
import { openTestDatabase } from '@plimsoll/postgres/testing'
import { expect, test } from 'vitest'
import { exportAll, importAll } from './export.ts'
import { insertAudit } from './people.ts'
import { migrations } from './storage.ts'

const entry = (what: string) => ({ atMs: 1000, who: 'duty', role: 'admin', what, status: 200 })

test('what is audited while an import runs drops no entry of it, and entries of one instant keep their order', async () => {
  const database = await openTestDatabase()
  const { sql } = database
  await migrate(sql, migrations)
  for (const what of ['moved 1', 'moved 2']) await insertAudit(sql, entry(what))
  let text = ''
  for await (const part of exportAll(sql, 2000)) text += part
  await sql`truncate audit restart identity`
  let taken: Promise<number> | undefined
  await sql.begin(async (inside) => {
    for (const what of ['meanwhile 1', 'meanwhile 2']) await insertAudit(inside, entry(what))
    taken = importAll(sql, text)
    await expect.poll(() => waiting(sql), { timeout: 10_000 }).toHaveLength(1)
  })
  expect(await taken).toBe(2)
  const entries = await sql<{ what: string }[]>`select what from audit order by id`
  expect(entries.map(({ what }) => what)).toEqual(['moved 1', 'moved 2', 'meanwhile 1', 'meanwhile 2'])
  await database.stop()
})

test('an incident that is opened while an import runs comes before or after it, and never in the place of one of its own', async () => {
  const database = await openTestDatabase()
  const { sql } = database
  await migrate(sql, migrations)
  const open = (id: number, service: string) => ({
    ...{ id, service, cause: 'memory', group_key: service, state: 'open', opened_at_ms: 1000, resolved_at_ms: null },
    ...{ revision: 1, record: { id, service }, edits: {}, postmortem: null },
  })
  const text = ['{"format":"plimsoll-console-export","version":1}', JSON.stringify(['incidents', open(1, 'moved')])]
  let taken: Promise<unknown> | undefined
  await sql.begin(async (inside) => {
    await inside`insert into incidents (service, cause, group_key, state, opened_at_ms, revision, record)
      values ('meanwhile', 'memory', 'meanwhile', 'open', 1, 1, '{}')`
    taken = importAll(sql, text.join('\n')).catch((thrown: unknown) => thrown)
    await expect.poll(() => waiting(sql), { timeout: 10_000 }).toHaveLength(1)
  })
  expect(await taken).toMatchObject({ message: expect.stringContaining('has incidents already') as string })
  expect(await sql`select service from incidents`).toEqual([{ service: 'meanwhile' }])
  await database.stop()
})

/** Who waits for a lock in this database: others are beside it. */
const waiting = (sql: Sql) =>
  sql`select 1 from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())`

test.each([
  [
    'of another version',
    '{"format":"plimsoll-console-export","version":2}',
    'It is of version 2; this console reads version 1. Update the older side.',
  ],
  ['of something else', '{"format":"cargo"}', 'The first line does not say that this is an export of a console.'],
  ['of nothing', '', 'Line 1 is no JSON'],
])('an export %s is refused in words, before anything is changed', async (_what, text, why) => {
  const untouched = null as unknown as Sql
  await expect(importAll(untouched, text)).rejects.toThrow(why)
})
