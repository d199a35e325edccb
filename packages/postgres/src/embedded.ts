import { rmdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { delay, formatDuration, messageOf, SECOND_MS, systemClock, type Clock, type Timer } from '@plimsoll/core'
import { socketUrl, type DatabaseAddress } from './address.ts'
import { findServer, signal } from './adopt.ts'
import { connect } from './connect.ts'
import type { Sql } from './sql.ts'
import { createDatabase, dropDatabase } from './database.ts'
import { StaleLockError } from './errors.ts'
import { adminAddress, bringUp, type RunningCluster } from './postmaster.ts'
import { withStartClaim } from './start-claim.ts'

export interface EmbeddedOptions {
  /** Directory for everything: the cluster (`pg18`), its socket and its log. Created when missing. */
  dataDir: string
  /**
   * The owner restarts a server that died, and its `stop()` ends the server. Who only borrows it leaves it alone.
   * Default `true`.
   */
  isOwner?: boolean
  /** How long a start may take, recovery after a crash included. Default 60 s. */
  startTimeoutMs?: number
  /** Server settings on top of ours, for tests that need no durability: `{ fsync: 'off' }`. Default none. */
  settings?: Readonly<Record<string, string>>
  /** Default: the machine's. */
  clock?: Clock
  /** Told in one line what happened: started, adopted, gone, stopped. Default: nobody. */
  log?: (line: string) => void
}

/** A running PostgreSQL of our own. */
export interface EmbeddedDatabase {
  /** Of the server now; changes when it had to be started again. */
  readonly pid: number
  /** It already ran when we came. */
  readonly wasAdopted: boolean
  /** `18.4` */
  readonly version: string
  readonly logFile: string
  /** For `connect`: the given database (default `postgres`) over the private socket. */
  address(database?: string): DatabaseAddress
  /** The same as a URL for another process. **Holds the password**: into an environment, never into a log. */
  url(database?: string): string
  /** Creates a database unless it is there; true when it did. A template must have no connections meanwhile. */
  createDatabase(name: string, options?: { template?: string }): Promise<boolean>
  /** Drops a database with whoever is connected to it; false when there was none. */
  dropDatabase(name: string): Promise<boolean>
  /** Ends our care for the server; the owner's stop also shuts it down (open transactions roll back). Idempotent. */
  stop(): Promise<void>
}

/** A server that is gone is noticed within this time. Without /proc each look starts a `ps`, so it looks less often. */
const WATCH_MS = process.platform === 'linux' ? 250 : 2000
const POLL_MS = 10
const STOP_TIMEOUT_MS = 20 * SECOND_MS
const MIN_RETRY_MS = 500
const MAX_RETRY_MS = 30 * SECOND_MS

/**
 * Starts the embedded PostgreSQL on a data directory, or adopts the one that already runs there. Any number of processes may
 * call this at once: one starts it, the others adopt it. The server outlives its starter on purpose (also `kill -9`), so
 * that no client loses it: the next start adopts it, and the owner's `stop()` ends it. While the owner lives, a server
 * that dies is started again within a second.
 *
 * The first start takes 1–2 s (`initdb`), later ones 0.1 s, an adoption 20 ms. The server needs less than 60 MB.
 * @example
 * const database = await startEmbedded({ dataDir: '.data/db' })
 * await database.createDatabase('shop')
 * const sql = connect(database.address('shop'))
 *
 * @throws {@link UnsupportedPlatformError} {@link BinariesUnusableError} {@link UserWithoutNameError} {@link DiskFullError}
 * {@link InitFailedError} {@link DataDirVersionError} {@link DataDirAccessError} {@link SocketPathTooLongError}
 * {@link ForeignDirectoryError} {@link StaleLockError} {@link StartFailedError}
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const resolved = resolveOptions(options)
  return new EmbeddedServer(resolved, await bringUpAndTell(resolved))
}

type ResolvedOptions = Readonly<Required<EmbeddedOptions>>

function resolveOptions(options: EmbeddedOptions): ResolvedOptions {
  return {
    dataDir: options.dataDir,
    isOwner: options.isOwner ?? true,
    startTimeoutMs: options.startTimeoutMs ?? 60 * SECOND_MS,
    settings: options.settings ?? {},
    clock: options.clock ?? systemClock,
    log: options.log ?? (() => {}),
  }
}

async function bringUpAndTell(options: ResolvedOptions): Promise<RunningCluster> {
  const { clock, log } = options
  const beganMs = clock.monotonicMs()
  const cluster = await bringUp(options)
  const took = formatDuration(clock.monotonicMs() - beganMs)
  const verb = cluster.wasAdopted ? 'adopted' : 'started'
  log(`PostgreSQL ${cluster.version} ${verb} in ${cluster.place.dataDir} (pid ${cluster.postmaster.pid}, ${took})`)
  return cluster
}

class EmbeddedServer implements EmbeddedDatabase {
  readonly #options: ResolvedOptions
  #cluster: RunningCluster
  readonly #timer: Timer | null
  #revival: Promise<void> | null = null
  #stop: Promise<void> | null = null

  constructor(options: ResolvedOptions, cluster: RunningCluster) {
    this.#options = options
    this.#cluster = cluster
    this.#timer = options.isOwner ? options.clock.every(WATCH_MS, () => this.#watch()) : null
  }

  get pid(): number {
    return this.#cluster.postmaster.pid
  }

  get wasAdopted(): boolean {
    return this.#cluster.wasAdopted
  }

  get version(): string {
    return this.#cluster.version
  }

  get logFile(): string {
    return this.#cluster.place.logFile
  }

  address(database = 'postgres'): DatabaseAddress {
    return { ...adminAddress(this.#cluster), database }
  }

  url(database?: string): string {
    return socketUrl(this.address(database))
  }

  createDatabase(name: string, options: { template?: string } = {}): Promise<boolean> {
    return this.#asAdmin((sql) => createDatabase(sql, name, options))
  }

  dropDatabase(name: string): Promise<boolean> {
    return this.#asAdmin((sql) => dropDatabase(sql, name))
  }

  stop(): Promise<void> {
    this.#stop ??= this.#shutDown()
    return this.#stop
  }

  async #shutDown(): Promise<void> {
    this.#timer?.cancel()
    await this.#revival
    const { isOwner, log } = this.#options
    if (!isOwner || !this.#isAlive()) return
    // Fast shutdown: roll back what is open, write a checkpoint, go. A server that cannot is told to go at once, as after a
    // crash: nothing acknowledged is lost, and the next start recovers.
    for (const order of ['SIGINT', 'SIGQUIT'] as const) {
      signal(this.pid, order)
      if (!(await this.#isGoneWithin(STOP_TIMEOUT_MS))) continue
      await this.#tidyUp()
      return log(`PostgreSQL stopped (pid ${this.pid})`)
    }
    throw new StaleLockError(this.#cluster.place.dataDir, [this.pid], 'it does not end')
  }

  /** Called by the clock, and never throws. */
  #watch(): void {
    if (this.#revival || this.#stop || this.#isAlive()) return
    this.#revival = this.#revive().finally(() => {
      this.#revival = null
    })
  }

  async #revive(): Promise<void> {
    const { log, clock } = this.#options
    log(`PostgreSQL is gone (pid ${this.pid}); starting it again`)
    for (let retryMs = MIN_RETRY_MS; !this.#stop; retryMs = Math.min(2 * retryMs, MAX_RETRY_MS)) {
      try {
        this.#cluster = await bringUpAndTell(this.#options)
        return
      } catch (error) {
        log(`PostgreSQL does not start again: ${messageOf(error)} Next try in ${formatDuration(retryMs)}.`)
        for (let waitedMs = 0; waitedMs < retryMs && !this.#stop; waitedMs += WATCH_MS) await delay(clock, WATCH_MS)
      }
    }
  }

  /** Nothing is left in a temporary directory, unless somebody starts the server again just now. */
  async #tidyUp(): Promise<void> {
    const { place, postmaster } = this.#cluster
    if (dirname(postmaster.socketDir) === place.dataDir) return
    const { clock } = this.#options
    try {
      await withStartClaim(place.dataDir, { clock, maxWaitMs: SECOND_MS }, async () => rmdirSync(postmaster.socketDir))
    } catch {
      // An empty directory does no harm.
    }
  }

  #isAlive(): boolean {
    const { postmaster, place, key } = this.#cluster
    return findServer(postmaster.pid, place, key)?.startedAt === postmaster.startedAt
  }

  async #isGoneWithin(maxWaitMs: number): Promise<boolean> {
    const { clock } = this.#options
    const untilMs = clock.monotonicMs() + maxWaitMs
    while (this.#isAlive()) {
      if (clock.monotonicMs() > untilMs) return false
      await delay(clock, POLL_MS)
    }
    return true
  }

  async #asAdmin<T>(act: (sql: Sql) => Promise<T>): Promise<T> {
    const sql = connect(this.address(), { max: 1, statementTimeoutMs: Infinity })
    try {
      return await act(sql)
    } finally {
      await sql.end({ timeout: 1 })
    }
  }
}
