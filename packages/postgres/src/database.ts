import { InvalidOptionError } from '@plimsoll/core'
import type { Sql } from './sql.ts'

const DUPLICATE_DATABASE = '42P04'

/** @throws {@link InvalidOptionError} unless the name is plain: lower case, digits, `_`, at most 63 bytes */
export function checkDatabaseName(name: string): void {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(name)) return
  throw new InvalidOptionError('Database', [
    { where: 'name', what: `must be lower-case letters, digits and _, at most 63, and is "${name.slice(0, 80)}"` },
  ])
}

/** Creates a database unless it is there; true when it did. A template must have no connections while it is copied. */
export async function createDatabase(sql: Sql, name: string, options: { template?: string } = {}): Promise<boolean> {
  const { template = 'template1' } = options
  checkDatabaseName(name)
  checkDatabaseName(template)
  if (await hasDatabase(sql, name)) return false
  try {
    await sql.unsafe(`create database "${name}" template "${template}"`)
    return true
  } catch (error) {
    // Somebody created it between the question and the act.
    if ((error as { code?: string }).code === DUPLICATE_DATABASE || (await hasDatabase(sql, name))) return false
    throw error
  }
}

/** Drops a database with whoever is connected to it; false when there was none. */
export async function dropDatabase(sql: Sql, name: string): Promise<boolean> {
  checkDatabaseName(name)
  if (!(await hasDatabase(sql, name))) return false
  await sql.unsafe(`drop database if exists "${name}" with (force)`)
  return true
}

async function hasDatabase(sql: Sql, name: string): Promise<boolean> {
  return (await sql`select 1 from pg_database where datname = ${name}`).length > 0
}
