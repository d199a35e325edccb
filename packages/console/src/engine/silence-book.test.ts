import { HOUR_MS } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { migrate } from '@plimsoll/postgres'
import { openTestDatabase, type TestDatabase } from '@plimsoll/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Silence } from '../incident/silence.ts'
import { saveSilence } from '../storage/silences.ts'
import { migrations } from '../storage/storage.ts'
import { SilenceBook } from './silence-book.ts'

let database: TestDatabase
const clock = new ManualClock(1000)
beforeEach(async () => {
  database = await openTestDatabase()
  await migrate(database.sql, migrations)
})
afterEach(() => database.stop())

const silence = (id: string, value: string): Silence => ({
  id,
  matchers: [{ name: 'service', value, isRegex: true, isEqual: true }],
  startsAtMs: 0,
  endsAtMs: HOUR_MS,
  createdBy: 'duty',
  comment: '',
  updatedAtMs: 0,
})

test('a stored silence that would take forever is ended when it is loaded, and said so; the others stay', async () => {
  await saveSilence(database.sql, silence('endless', '((a+))+b'))
  await saveSilence(database.sql, silence('good', 'a.*'))
  const said: string[] = []
  const openBook = () => new SilenceBook({ sql: database.sql, clock, maintenance: [], log: (line) => said.push(line) })
  const book = openBook()
  await book.load()
  expect(book.hiding({ service: `${'a'.repeat(40)}!` }).map(({ id }) => id)).toEqual(['good'])
  expect(book.find('endless')).toMatchObject({ endsAtMs: 1000 })
  expect(said).toEqual([expect.stringMatching(/^Silence endless was ended.*write it flat/)])
  await openBook().load()
  expect(said).toHaveLength(1)
})

test('what was judged is known until a silence begins, ends, changes or is made', async () => {
  const clock = new ManualClock(1000)
  await saveSilence(database.sql, { ...silence('later', 'web'), startsAtMs: 5000, endsAtMs: 9000 })
  const book = new SilenceBook({ sql: database.sql, clock, maintenance: [], log: () => {} })
  await book.load()
  let readCount = 0
  const labels = {
    get service() {
      readCount++
      return 'web'
    },
  }
  const hiding = () => book.hiding(labels).map(({ id }) => id)
  expect(hiding()).toEqual([])
  clock.advance(4000)
  expect(hiding()).toEqual(['later'])
  expect(readCount).toBe(1)
  expect(hiding()).toEqual(['later'])
  expect(readCount).toBe(1)
  const made = await book.save(null, silence('made', 'w.*'))
  expect(hiding().sort()).toEqual(['later', made].sort())
  await book.expire(made)
  expect(hiding()).toEqual(['later'])
  clock.advance(4000)
  expect(hiding()).toEqual([])
})
