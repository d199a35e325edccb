import { migrate, openDatabase, type OpenDatabase } from '@plimsoll/postgres'
import { join } from 'node:path'
import { first } from './migrations/001-first.ts'
import { alerts } from './migrations/002-alerts.ts'
import { digests } from './migrations/003-digests.ts'
import { ends } from './migrations/004-ends.ts'

/** The schema, step by step. */
export const migrations = [first, alerts, digests, ends]

/** Opens the console's own database and brings its schema up to date. */
export async function openStorage(options: {
  url: string | null
  dataDir: string
  log: (line: string) => void
}): Promise<OpenDatabase> {
  const database = await openDatabase({
    url: options.url ?? undefined,
    dataDir: join(options.dataDir, 'db'),
    name: 'plimsoll_console',
    connection: { max: 8, applicationName: 'plimsoll console' },
    log: options.log,
  })
  try {
    await migrate(database.sql, migrations)
  } catch (error) {
    await database.stop()
    throw error
  }
  return database
}
