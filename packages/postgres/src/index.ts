export { openDatabase, MIN_MAJOR, type OpenDatabase, type OpenOptions } from './open.ts'
export { startEmbedded, type EmbeddedDatabase, type EmbeddedOptions } from './embedded.ts'
export { connect, type ConnectOptions } from './connect.ts'
export type { AnySql, PendingQuery, Sql, SqlValue, TransactionSql } from './sql.ts'
export { showAddress, type DatabaseAddress } from './address.ts'
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
  UnsupportedPlatformError,
  UserWithoutNameError,
} from './errors.ts'
