import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { messageOf } from '@plimsoll/core'
import type { Sql, TransactionSql } from './sql.ts'
import { MigrationError } from './errors.ts'

/** One step of a schema: `001_listings.sql` and its text. */
export interface Migration {
  /** File name with its number in front. */
  name: string
  /** Any number of statements; they run in one transaction. */
  text: string
}

interface AppliedMigration {
  number: number
  name: string
  checksum: string
}

/** Says that a migration is running; any number that nobody else uses for an advisory lock. */
const MIGRATION_LOCK = 7_146_504_665
const LOCK_TIMEOUT_MS = 60_000
const LOCK_NOT_AVAILABLE = '55P03'

/**
 * Brings a schema up to date: applies, in order and each in a transaction of its own, the numbered files that the database
 * has not seen, and answers their names. Forward only. Several processes may call it at once; they take turns.
 * @param source a directory of `001_name.sql` files (others are ignored), or the migrations themselves
 * @throws {@link MigrationError} when numbers repeat or leave a gap, when an applied file was changed or is missing, when a
 * statement fails (that file is rolled back whole, earlier ones stay), or when another process migrates for over a minute
 */
export async function migrate(sql: Sql, source: string | URL | readonly Migration[]): Promise<string[]> {
  const migrations = orderMigrations(
    typeof source === 'string' || source instanceof URL ? await readMigrations(source) : source,
  )
  const applied: string[] = []
  for (;;) {
    const name = await sql.begin((transaction) => applyNext(transaction, migrations))
    if (name === null) return applied
    applied.push(name)
  }
}

/** Reads the `001_name.sql` files of a directory. */
export async function readMigrations(directory: string | URL): Promise<Migration[]> {
  const path = directory instanceof URL ? fileURLToPath(directory) : directory
  const names = (await readdir(path)).filter((name) => /^\d+.*\.sql$/.test(name))
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(join(path, name), 'utf8') })))
}

/** Sorts by number. @throws {@link MigrationError} unless the numbers are 1, 2, 3 … */
export function orderMigrations(migrations: readonly Migration[]): Migration[] {
  const ordered = migrations.toSorted((one, other) => numberOf(one) - numberOf(other))
  for (const [index, migration] of ordered.entries()) {
    if (numberOf(migration) === index + 1) continue
    const expected = String(index + 1).padStart(3, '0')
    throw new MigrationError(
      migration.name,
      `stands where ${expected} belongs: numbers start at 1 and neither repeat nor leave a gap.`,
    )
  }
  return ordered
}

function numberOf(migration: Migration): number {
  return Number.parseInt(migration.name, 10)
}

/** The same on every machine: line ends are git's business. */
export function checksumOf(migration: Migration): string {
  return createHash('sha256').update(migration.text.replaceAll('\r\n', '\n')).digest('hex')
}

/** The first migration the database has not seen, or null. @throws {@link MigrationError} when the two histories differ */
export function judgeNext(migrations: readonly Migration[], applied: readonly AppliedMigration[]): Migration | null {
  for (const [index, done] of applied.entries()) {
    const known = migrations[index]
    if (!known) {
      throw new MigrationError(
        done.name,
        'is in the database but not among the files: the database is newer than this code. Deploy the newer code.',
      )
    }
    if (known.name !== done.name) {
      throw new MigrationError(
        done.name,
        `is in the database, and its file is now called ${known.name}. Give it its old name back.`,
      )
    }
    if (checksumOf(known) !== done.checksum) {
      throw new MigrationError(
        done.name,
        'was changed after it had been applied. Restore the file, and put the change into a new migration.',
      )
    }
  }
  return migrations[applied.length] ?? null
}

async function applyNext(sql: TransactionSql, migrations: readonly Migration[]): Promise<string | null> {
  await takeTurn(sql)
  await sql`create table if not exists plimsoll_migration (
    number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`
  const applied = await sql<AppliedMigration[]>`select number, name, checksum from plimsoll_migration order by number`
  const next = judgeNext(migrations, applied)
  if (next === null) return null
  try {
    await sql.unsafe(next.text)
  } catch (error) {
    throw new MigrationError(next.name, `failed and was rolled back: ${messageOf(error)}`, { cause: error })
  }
  await sql`insert into plimsoll_migration (number, name, checksum) values (${numberOf(next)}, ${next.name}, ${checksumOf(next)})`
  return next.name
}

async function takeTurn(sql: TransactionSql): Promise<void> {
  await sql`select set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true), set_config('statement_timeout', '0', true)`
  try {
    await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error
    throw new MigrationError(
      'lock',
      `is held by another process for over ${LOCK_TIMEOUT_MS / 1000} s. See pg_stat_activity, end it, and start again.`,
    )
  }
}
