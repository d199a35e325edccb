/**
 * One way to have a database. Without configuration it is the real PostgreSQL 18 in the project's own data directory, started,
 * adopted, restarted and reached over a private socket; with a URL it is yours, from 14 on. Either way the same client, the same
 * migrations and the same errors.
 *
 * ```ts
 * const database = await openDatabase({ url: process.env.DATABASE_URL, dataDir: '.data/db', name: 'shop' })
 * await migrate(database.sql, new URL('../migrations/', import.meta.url))
 * const [row] = await database.sql`select count(*) from listing`
 * await database.stop()
 * ```
 *
 * What happens when …
 * - **the server is killed**: its owner starts it again within a second; queries that were on their way fail with SQLSTATE
 *   `08006`, later ones wait up to two seconds for it; no acknowledged commit is lost.
 * - **the owner is killed**: the server goes on for everybody else; the next start adopts it.
 * - **a client is killed**: the server ends its statements within a second and rolls back.
 * - **several processes start at once**: one starts the server, the others adopt it.
 * - **the disk is full**: an error that says so; when there is room again, the owner brings the server back.
 *
 * Tests take a database of their own from `@plimsoll/postgres/testing`.
 */
export { openDatabase, MIN_MAJOR, type OpenDatabase, type OpenOptions } from './open.ts'
export { startEmbedded, type EmbeddedDatabase, type EmbeddedOptions } from './embedded.ts'
export { connect, type ConnectOptions } from './connect.ts'
export type { AnySql, PendingQuery, Sql, SqlValue, TransactionSql } from './sql.ts'
export { showAddress, type DatabaseAddress } from './address.ts'
export { isDatabaseAway, isDatabaseBusy } from './away.ts'
export { migrate, readMigrations, type Migration } from './migrate.ts'
export {
  BinariesUnusableError,
  ConnectionLostError,
  ConnectionOverError,
  DatabaseBusyError,
  DatabaseTooOldError,
  DatabaseUnreachableError,
  DataDirAccessError,
  DataDirVersionError,
  DiskFullError,
  ForeignDirectoryError,
  InitFailedError,
  MigrationError,
  SocketPathTooLongError,
  StaleLockError,
  StartFailedError,
  TransactionRolledBackError,
  UnsupportedPlatformError,
  UserWithoutNameError,
} from './errors.ts'
