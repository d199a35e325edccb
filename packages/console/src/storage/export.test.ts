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
    const waiting = () => sql`select 1 from pg_locks where not granted`
    await expect.poll(waiting, { timeout: 10_000 }).toHaveLength(1)
  })
  expect(await taken).toBe(2)
  const entries = await sql<{ what: string }[]>`select what from audit order by id`
  expect(entries.map(({ what }) => what)).toEqual(['moved 1', 'moved 2', 'meanwhile 1', 'meanwhile 2'])
  await database.stop()
})

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
