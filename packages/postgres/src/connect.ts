import { inspect } from 'node:util'
import type postgres from 'postgres'
import { Reader, SECOND_MS, systemClock, type Clock } from '@plimsoll/core'
import { parseDatabaseUrl, showAddress, type DatabaseAddress } from './address.ts'
import { createClient, type ClientOptions } from './connection.ts'
import { Pool } from './pool.ts'
import { createSqlFactory, type Sql } from './sql.ts'
import { runTransaction, type Act } from './transaction.ts'
import { arrayOids, clientTypes } from './types.ts'

export interface ConnectOptions {
  /**
   * Connections at most; they open when needed. Default 4: each costs the server about 3 MB, and a handful keeps two cores
   * busy.
   */
  max?: number
  /** Queries and transactions that may wait for a connection; the next one is turned away. Default 1000. */
  maxWaiting?: number
  /** How long to wait for an answer to a new connection. Default 10 s. */
  connectTimeoutMs?: number
  /** How long a query goes on knocking at a server that is away, before anything was asked of it. Default 2 s. */
  waitForServerMs?: number
  /** A connection unused for so long closes. Default 60 s. */
  idleTimeoutMs?: number
  /** The server ends a statement that takes longer. Default 30 s; `Infinity` for none (needed behind PgBouncer). */
  statementTimeoutMs?: number
  /** Shown in `pg_stat_activity`. Default `plimsoll`. */
  applicationName?: string
  /** Default: the machine's. */
  clock?: Clock
}

/**
 * Opens a client on a database, by URL or by an address. Nothing is sent before the first query.
 *
 * A broken connection is thrown away and its outstanding queries fail with {@link ConnectionLostError}; the next query opens
 * another. `bigint` columns are numbers while they are exact and a `BigInt` beyond 2⁵³ (which fails loudly in arithmetic with
 * numbers, where a rounded one would be silently wrong); `numeric` stays a string: cast sums of bigint to `::bigint`. Arrays of
 * the built-in types are arrays; those of your own types come as text.
 * Each query is told on `sqlQueryChannel` of core while somebody listens: waiting (for a free connection or a new one) apart
 * from running. `begin` and `commit` count as queries. Notices of the server are dropped.
 * @example
 * const sql = connect('postgres://user:password@localhost/shop')
 * const [boat] = await sql<{ id: number }[]>`select id from boat where name = ${name}`
 * await sql.begin(async (transaction) => { … })
 * await sql.end()
 * @throws {@link InvalidOptionError} for an address that is no database URL, or a limit out of range
 */
export function connect(target: string | DatabaseAddress, options: ConnectOptions = {}): Sql {
  checkLimits(options)
  const clock = options.clock ?? systemClock
  const builder = openBuilder(target, options)
  const makeSql = createSqlFactory(builder)
  const parsed = builder.options as unknown as ClientOptions
  Object.assign(parsed.shared.typeArrayMap, arrayOids)
  const pool = new Pool(parsed, showAddress(target), {
    max: options.max ?? 4,
    maxWaiting: options.maxWaiting ?? 1000,
    waitForServerMs: options.waitForServerMs ?? 2 * SECOND_MS,
    idleTimeoutMs: options.idleTimeoutMs ?? 60 * SECOND_MS,
    clock,
  })
  const begin = async <T>(first: string | Act<T>, second?: Act<T>): Promise<T> => {
    const [words, act] = typeof first === 'string' ? [first, second!] : ['', first]
    const connection = await pool.acquire()
    try {
      return await runTransaction(connection, makeSql, words, act)
    } finally {
      pool.release(connection)
    }
  }
  const sql = Object.assign(
    makeSql((query) => pool.run(query)),
    {
      begin,
      end: (how: { timeout?: number } = {}) => pool.end((how.timeout ?? 30) * SECOND_MS),
    },
  )
  // A logged client shows where it leads, and no more.
  return Object.defineProperty(sql, inspect.custom, { value: () => `Sql(${showAddress(target)})` })
}

function checkLimits(options: ConnectOptions): void {
  const reader = new Reader(options)
  reader.at('max').integer({ min: 1, max: 1000, fallback: 4 })
  reader.at('maxWaiting').integer({ min: 1, max: 1_000_000, fallback: 1 })
  for (const name of ['connectTimeoutMs', 'waitForServerMs', 'idleTimeoutMs'])
    reader.at(name).number({ min: 0, fallback: 0 })
  if (options.statementTimeoutMs !== Infinity) reader.at('statementTimeoutMs').number({ min: 1, fallback: 1 })
  reader.finish('Database client')
}

/** A client of postgres.js that parses the options, writes the queries, and never connects. */
function openBuilder(target: string | DatabaseAddress, options: ConnectOptions): postgres.Sql {
  const {
    connectTimeoutMs = 10 * SECOND_MS,
    statementTimeoutMs = 30 * SECOND_MS,
    applicationName = 'plimsoll',
  } = options
  const settings = {
    max: 1,
    fetch_types: false,
    connect_timeout: connectTimeoutMs / SECOND_MS,
    onnotice: () => {},
    types: clientTypes,
    connection: {
      application_name: applicationName,
      ...(Number.isFinite(statementTimeoutMs) ? { statement_timeout: statementTimeoutMs } : {}),
    },
  }
  // PGSSL… in the environment is meant for other servers: a socket has no TLS.
  if (typeof target !== 'string') return createClient({ ...settings, ...target, ssl: false })
  const { href, socketDir } = parseDatabaseUrl(target)
  return createClient(socketDir === null ? settings : { ...settings, host: socketDir }, href)
}
