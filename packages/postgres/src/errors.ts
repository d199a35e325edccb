import { PlimsollError } from '@plimsoll/core'

/** The embedded PostgreSQL has no binaries for this machine (musl, Windows, a rare processor). */
export class UnsupportedPlatformError extends PlimsollError {
  readonly platform: string

  constructor(platform: string, why: string) {
    super(
      'PLIMSOLL_POSTGRES_PLATFORM',
      `The embedded PostgreSQL does not run on ${platform}: ${why}. Give the URL of a PostgreSQL 14 or newer instead.`,
    )
    this.platform = platform
  }
}

/** The binaries are there but cannot be run, not even from a copy. */
export class BinariesUnusableError extends PlimsollError {
  constructor(binary: string, why: string, options?: { cause?: unknown }) {
    super(
      'PLIMSOLL_POSTGRES_BINARIES',
      `The embedded PostgreSQL at ${binary} cannot be run: ${why}. Install the dependencies again (npm ci, without --omit=optional), or give the URL of a PostgreSQL 14 or newer.`,
      options,
    )
  }
}

/** PostgreSQL asks the system for the name of its user, and the system has none for this uid (`docker run --user 12345`). */
export class UserWithoutNameError extends PlimsollError {
  readonly uid: number

  constructor(uid: number) {
    super(
      'PLIMSOLL_POSTGRES_USER',
      `uid ${uid} has no entry in /etc/passwd, and PostgreSQL refuses to run as a user without a name. Add one (echo "app:x:${uid}:${uid}::/:/bin/false" >> /etc/passwd), run as another user, or give the URL of a PostgreSQL.`,
    )
    this.uid = uid
  }
}

/** The disk that holds the data directory is full. Nothing acknowledged is lost; the next start recovers. */
export class DiskFullError extends PlimsollError {
  readonly dataDir: string

  constructor(dataDir: string, freeBytes: string) {
    super(
      'PLIMSOLL_POSTGRES_DISK_FULL',
      `No space left for the database in ${dataDir} (${freeBytes} free). Free at least 200 MB there or choose another data directory, then start again; nothing acknowledged is lost.`,
    )
    this.dataDir = dataDir
  }
}

/** `initdb` could not create the data directory. */
export class InitFailedError extends PlimsollError {
  readonly dataDir: string

  constructor(dataDir: string, lastLines: string) {
    super(
      'PLIMSOLL_POSTGRES_INIT',
      `The database in ${dataDir} could not be created: ${lastLines}. Nothing was left behind; mend the cause and start again.`,
    )
    this.dataDir = dataDir
  }
}

/** The server did not come up, or not in time. */
export class StartFailedError extends PlimsollError {
  readonly dataDir: string

  constructor(dataDir: string, why: string, logFile: string) {
    super('PLIMSOLL_POSTGRES_START', `PostgreSQL did not start in ${dataDir}: ${why}. Its own log is ${logFile}.`)
    this.dataDir = dataDir
  }
}

/** The data was written by another major version, which this one cannot read. */
export class DataDirVersionError extends PlimsollError {
  readonly found: string
  readonly expected: string

  constructor(dataDir: string, found: string, expected: string) {
    super(
      'PLIMSOLL_POSTGRES_DATA_VERSION',
      `${dataDir} holds data of PostgreSQL ${found}, and this release brings ${expected}, which cannot read it. It is left untouched: go on with the release that wrote it, or choose another data directory.`,
    )
    this.found = found
    this.expected = expected
  }
}

/** The data directory cannot be read or written by this process. */
export class DataDirAccessError extends PlimsollError {
  readonly dataDir: string

  constructor(dataDir: string, why: string, options?: { cause?: unknown }) {
    super(
      'PLIMSOLL_POSTGRES_DATA_ACCESS',
      `The database in ${dataDir} is out of reach: ${why}. Run as the user that created it, or choose another data directory.`,
      options,
    )
    this.dataDir = dataDir
  }
}

/** Unix sockets have short names: no directory on offer was short enough. */
export class SocketPathTooLongError extends PlimsollError {
  readonly pathBytes: number
  readonly maxBytes: number

  constructor(path: string, maxBytes: number) {
    const pathBytes = Buffer.byteLength(path)
    super(
      'PLIMSOLL_POSTGRES_SOCKET_PATH',
      `The socket ${path} would have a name of ${pathBytes} bytes and the system allows ${maxBytes}; no temporary directory will do either. Choose a shorter data directory, or set TMPDIR to a short one.`,
    )
    this.pathBytes = pathBytes
    this.maxBytes = maxBytes
  }
}

/** A directory for sockets or binaries exists, but belongs to somebody else: using it would trust them. */
export class ForeignDirectoryError extends PlimsollError {
  constructor(directory: string, ownerUid: number) {
    super(
      'PLIMSOLL_POSTGRES_FOREIGN_DIRECTORY',
      `${directory} already exists and belongs to uid ${ownerUid}. Remove it, or set TMPDIR to a directory of your own.`,
    )
  }
}

/** Somebody else holds the data directory and neither lets go nor answers. */
export class StaleLockError extends PlimsollError {
  /** Empty when it runs where we cannot see it. */
  readonly pids: readonly number[]

  constructor(dataDir: string, pids: readonly number[], why: string) {
    const holder = pids.length > 0 ? `process ${pids.join(', ')}` : 'a process that cannot be seen from here'
    const cure = pids.length > 0 ? `End that process (kill ${pids.join(' ')})` : 'End it where it runs'
    super(
      'PLIMSOLL_POSTGRES_LOCK',
      `The database in ${dataDir} is held by ${holder}: ${why}. ${cure} and start again; never delete postmaster.pid while it lives.`,
    )
    this.pids = pids
  }
}

/** No server answers at the address, or it turns us away. The address is told without its password. */
export class DatabaseUnreachableError extends PlimsollError {
  readonly address: string

  constructor(address: string, why: string, advice: string) {
    super('PLIMSOLL_POSTGRES_UNREACHABLE', `The database at ${address} cannot be used: ${why}. ${advice}`)
    this.address = address
  }
}

/** A server answers, but it is older than what our SQL needs. */
export class DatabaseTooOldError extends PlimsollError {
  readonly version: string
  readonly minMajor: number

  constructor(address: string, version: string, minMajor: number) {
    super(
      'PLIMSOLL_POSTGRES_TOO_OLD',
      `The database at ${address} is PostgreSQL ${version}; at least ${minMajor} is needed. Upgrade it, or leave the URL out to use the embedded one.`,
    )
    this.version = version
    this.minMajor = minMajor
  }
}

/** The migrations on disk and those in the database tell different histories. */
export class MigrationError extends PlimsollError {
  readonly migration: string

  constructor(migration: string, what: string, options?: { cause?: unknown }) {
    super('PLIMSOLL_POSTGRES_MIGRATION', `Migration ${migration} ${what}`, options)
    this.migration = migration
  }
}

/**
 * The server rolled a transaction back where a commit was asked: a statement that nobody awaited had failed. SQLSTATE `40000`.
 */
export class TransactionRolledBackError extends PlimsollError {
  constructor() {
    super(
      '40000',
      'The transaction was rolled back instead of committed: a statement that was not awaited had failed. Await every statement.',
    )
  }
}

/**
 * The connection broke before the answer came. Codes of this class and its sisters are SQLSTATEs, so that they are matched as the
 * server's own errors are: `08006` here.
 */
export class ConnectionLostError extends PlimsollError {
  constructor(address: string, options?: { cause?: unknown }) {
    super(
      '08006',
      `The connection to the database at ${address} broke before the answer came. Whether the statement took effect is unknown: look before doing it again, unless it may be done twice.`,
      options,
    )
  }
}

/** The client was ended, or the transaction is over, and somebody still asks: a bug of the caller. SQLSTATE `08003`. */
export class ConnectionOverError extends PlimsollError {
  constructor(what: string) {
    super('08003', `${what} is over: a query came after its end. Await every query before ending what runs it.`)
  }
}

/** More queries wait for a connection than may wait. SQLSTATE `53300`. */
export class DatabaseBusyError extends PlimsollError {
  readonly waitingCount: number

  constructor(address: string, waitingCount: number) {
    super(
      '53300',
      `${waitingCount} queries already wait for a connection to the database at ${address}. Ask less at once, make the queries faster, or raise max (connections) or maxWaiting.`,
    )
    this.waitingCount = waitingCount
  }
}
