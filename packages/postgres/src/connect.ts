import { inspect } from 'node:util'
import postgres from 'postgres'
import { SECOND_MS } from '@plimsoll/core'
import { parseDatabaseUrl, showAddress, type DatabaseAddress } from './address.ts'
import { timeQueries } from './query-timing.ts'

/** The client: `sql` as a tagged template, `sql.begin` for transactions, `sql.end()` to close. */
export type Sql = postgres.Sql<ParameterTypes>
export type TransactionSql = postgres.TransactionSql<ParameterTypes>
/** Whatever can run a query: a client or a transaction. */
export type AnySql = postgres.ISql<ParameterTypes>

/** What a query takes as a parameter beyond the client's own types. */
type ParameterTypes = { bigint: number | bigint }

export interface ConnectOptions {
  /** Connections at most, 1 to 100. Default 10. They open when needed. */
  max?: number
  /** How long to wait for a new connection. Default 10 s. */
  connectTimeoutMs?: number
  /** A connection unused for so long closes. Default 60 s. */
  idleTimeoutMs?: number
  /** The server ends a statement that takes longer. Default 30 s; `Infinity` for none (needed behind PgBouncer). */
  statementTimeoutMs?: number
  /** Shown in `pg_stat_activity`. Default `plimsoll`. */
  applicationName?: string
}

/** After a lost server: 50 ms, 100 ms … 400 ms. A database that is back is found within half a second. */
const reconnectSeconds = (retries: number) => 0.05 * 2 ** Math.min(retries, 3)

/**
 * Opens a client of postgres.js on a database, by URL or by an address. Nothing is sent before the first query.
 * `bigint` columns are numbers while they are exact and a `BigInt` beyond 2⁵³ (which fails loudly in arithmetic with
 * numbers, where a rounded one would be silently wrong); `numeric` stays a string: cast sums of bigint to `::bigint`.
 * Each query is told on `sqlQueryChannel` while somebody listens. Notices of the server are dropped.
 * @throws {@link InvalidOptionError} for an address that is no database URL
 */
export function connect(target: string | DatabaseAddress, options: ConnectOptions = {}): Sql {
  const {
    max = 10,
    connectTimeoutMs = 10 * SECOND_MS,
    idleTimeoutMs = 60 * SECOND_MS,
    applicationName = 'plimsoll',
  } = options
  const { statementTimeoutMs = 30 * SECOND_MS } = options
  const settings: Settings = {
    max,
    connect_timeout: connectTimeoutMs / SECOND_MS,
    idle_timeout: idleTimeoutMs / SECOND_MS,
    backoff: reconnectSeconds,
    onnotice: () => {},
    types: { bigint: exactBigint },
    connection: {
      application_name: applicationName,
      ...(Number.isFinite(statementTimeoutMs) ? { statement_timeout: statementTimeoutMs } : {}),
    },
  }
  const sql = openClient(target, settings)
  // The client carries its options, the password among them: a logged client shows its address only.
  Object.defineProperty(sql, inspect.custom, { value: () => `Sql(${showAddress(target)})` })
  timeQueries(sql)
  return sql
}

type Settings = postgres.Options<{ bigint: postgres.PostgresType<number | bigint> }>

function openClient(target: string | DatabaseAddress, settings: Settings): Sql {
  // PGSSL… in the environment is meant for other servers: a socket has no TLS.
  if (typeof target !== 'string') return postgres({ ...settings, ...target, ssl: false })
  const { href, socketDir } = parseDatabaseUrl(target)
  return postgres(href, { ...settings, ...(socketDir === null ? {} : { host: socketDir }) })
}

const exactBigint: postgres.PostgresType<number | bigint> = {
  to: 20,
  from: [20],
  serialize: (value: number | bigint) => String(value),
  parse: (text: string) => {
    const number = Number(text)
    return Number.isSafeInteger(number) ? number : BigInt(text)
  },
}
