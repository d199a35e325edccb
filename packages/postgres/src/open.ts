import { messageOf, PlimsollError, type Clock } from '@plimsoll/core'
import { showAddress } from './address.ts'
import { connect, type ConnectOptions } from './connect.ts'
import type { Sql } from './sql.ts'
import { checkDatabaseName } from './database.ts'
import { startEmbedded, type EmbeddedDatabase } from './embedded.ts'
import { DatabaseTooOldError, DatabaseUnreachableError } from './errors.ts'

/** Our SQL needs nothing newer. */
export const MIN_MAJOR = 14

export interface OpenOptions {
  /** A PostgreSQL of yours, 14 or newer: `postgres://user:password@host:5432/database`. Default: the embedded one. */
  url?: string
  /** For the embedded one, and only for it: see {@link startEmbedded}. */
  dataDir: string
  /** Database in the embedded cluster, created when missing. With `url`, the URL names it. */
  name: string
  /** See {@link startEmbedded}. Default `true`. */
  isOwner?: boolean
  /** Options of the client that comes with it. */
  connection?: ConnectOptions
  clock?: Clock
  log?: (line: string) => void
}

/** A database that answers, whoever runs it. */
export interface OpenDatabase {
  readonly sql: Sql
  /** `18.4` */
  readonly version: string
  /** Null when it was reached by URL. */
  readonly embedded: EmbeddedDatabase | null
  /** The address without password. */
  readonly shown: string
  /** For other processes of ours. **Holds the password**. */
  url(): string
  /** Closes the client (5 s for running queries) and, as owner, the embedded server. Idempotent. */
  stop(): Promise<void>
}

/**
 * Opens a database: the one at `url` when there is one, else the embedded one. Either way it has answered a query before
 * this returns.
 * @throws {@link DatabaseUnreachableError} {@link DatabaseTooOldError} {@link InvalidOptionError} by URL, and what
 * {@link startEmbedded} throws for the embedded one
 */
export async function openDatabase(options: OpenOptions): Promise<OpenDatabase> {
  const { url } = options
  if (url !== undefined && url !== '') return openByUrl(url, options)
  checkDatabaseName(options.name)
  const embedded = await startEmbedded(options)
  try {
    await embedded.createDatabase(options.name)
  } catch (error) {
    await embedded.stop()
    throw error
  }
  const sql = connect(embedded.address(options.name), options.connection)
  return {
    sql,
    version: embedded.version,
    embedded,
    shown: showAddress(embedded.address(options.name)),
    url: () => embedded.url(options.name),
    async stop() {
      await sql.end({ timeout: 5 })
      await embedded.stop()
    },
  }
}

async function openByUrl(url: string, options: OpenOptions): Promise<OpenDatabase> {
  const sql = connect(url, options.connection)
  try {
    const version = await checkServer(sql, showAddress(url))
    return {
      sql,
      version,
      embedded: null,
      shown: showAddress(url),
      url: () => url,
      stop: () => sql.end({ timeout: 5 }),
    }
  } catch (error) {
    await sql.end({ timeout: 0 })
    throw error
  }
}

async function checkServer(sql: Sql, address: string): Promise<string> {
  let row
  try {
    ;[row] = await sql<{ number: number; version: string }[]>`
      select current_setting('server_version_num')::int as number, current_setting('server_version') as version`
  } catch (error) {
    throw judgeUnreachable(error, address)
  }
  judgeVersion(row!, address)
  return row!.version
}

/** @throws {@link DatabaseTooOldError} for `server_version_num` below {@link MIN_MAJOR} */
export function judgeVersion(server: { number: number; version: string }, address: string): void {
  if (Math.floor(server.number / 10_000) < MIN_MAJOR) throw new DatabaseTooOldError(address, server.version, MIN_MAJOR)
}

/** What each refusal means for the person who set the URL. Codes are Node's, postgres.js's and PostgreSQL's. */
const advice: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Is the server running, and does it listen there?',
  ENOENT: 'Is the server running, and is this its socket directory?',
  ENOTFOUND: 'Is the host name right?',
  EAI_AGAIN: 'The name could not be looked up: is the network up?',
  ETIMEDOUT: 'Does a firewall stand between?',
  CONNECT_TIMEOUT: 'Does a firewall stand between?',
  '28P01': 'Are user and password right?',
  '28000': 'Does pg_hba.conf let this user in from here? Some servers want ?sslmode=require.',
  '3D000': 'Create the database first (createdb), or name another in the URL.',
  '53300': 'It has no free connection: raise max_connections or end some clients.',
}

export function judgeUnreachable(error: unknown, address: string): PlimsollError {
  const code = (error as { code?: unknown } | null)?.code
  const hint = typeof code === 'string' ? advice[code] : undefined
  return new DatabaseUnreachableError(
    address,
    messageOf(error),
    hint ?? 'Check the URL and the server, or leave the URL out to use the embedded database.',
  )
}
