import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync, truncateSync, existsSync } from 'node:fs'
import { delay, formatDuration, messageOf, MiB, SECOND_MS, systemClock, type Clock, type Timer } from '@plimsoll/core'
import { addressUrl, type DatabaseAddress } from './address.ts'
import { endOrphans, findPostmaster, findServer, readPostmasterFile, signal, type Postmaster } from './adopt.ts'
import { prepareBinaries, type Binaries } from './binaries.ts'
import { connect, type Sql } from './connect.ts'
import { createDatabase, dropDatabase } from './database.ts'
import { DiskFullError, StaleLockError, StartFailedError } from './errors.ts'
import { freeBytes, initCluster, readCluster, serverEnvironment, type ClusterKey } from './init-cluster.ts'
import { choosePlace, makeSocketDir, type Place } from './place.ts'
import { EMBEDDED_USER, serverSettings, settingArguments, SOCKET_PORT } from './settings.ts'
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
  /** Server settings on top of ours, for tests that need no durability: `{ fsync: 'off' }`. */
  settings?: Readonly<Record<string, string>>
  /** Default: the machine's. */
  clock?: Clock
  /** Told in one line what happened: started, adopted, died, restarted, stopped. Default: nothing. */
  log?: (line: string) => void
}

/** A running PostgreSQL of our own. */
export interface EmbeddedDatabase {
  /** Of the server now; changes when it had to be restarted. */
  readonly pid: number
  /** It already ran when we came. */
  readonly wasAdopted: boolean
  /** `18.4` */
  readonly version: string
  readonly logFile: string
  /** For {@link connect}: the given database (default `postgres`) over the private socket. */
  address(database?: string): DatabaseAddress
  /** The same as a URL for another process. **Holds the password**: into an environment, never into a log. */
  url(database?: string): string
  /** Creates a database unless it is there; true when it did. */
  createDatabase(name: string, options?: { template?: string }): Promise<boolean>
  /** Drops a database and its connections; false when there was none. */
  dropDatabase(name: string): Promise<boolean>
  /** Ends our care for the server; the owner's stop also shuts it down (fast: open transactions roll back). Idempotent. */
  stop(): Promise<void>
}

/** A server that is gone is noticed within this time; by its exit when we started it, by a look when we adopted it. */
const WATCH_MS = 250
const POLL_MS = 10
const STOP_TIMEOUT_MS = 20 * SECOND_MS
const MAX_LOG_BYTES = 4 * MiB
const MAX_RESTART_WAIT_MS = 30 * SECOND_MS

/**
 * Starts the embedded PostgreSQL on a data directory, or adopts the one that already runs there. Any number of processes may
 * call this at once: one starts it, the others adopt it. The server outlives its starter on purpose (also `kill -9`), so
 * that no client loses it; the next start adopts it, the owner's `stop()` ends it.
 * First start 1–2 s (`initdb`), later ones 0.1 s, adoption 20 ms. Memory below 60 MB.
 *
 * @throws {@link UnsupportedPlatformError} {@link BinariesUnusableError} {@link UserWithoutNameError} {@link DiskFullError}
 * {@link InitFailedError} {@link DataDirVersionError} {@link DataDirOwnerError} {@link SocketPathTooLongError}
 * {@link ForeignDirectoryError} {@link StaleLockError} {@link StartFailedError}
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const resolved = {
    isOwner: true,
    startTimeoutMs: 60 * SECOND_MS,
    settings: {},
    clock: systemClock,
    log: () => {},
    ...options,
  }
  const server = new EmbeddedServer(resolved)
  await server.start()
  return server
}

type ResolvedOptions = Required<EmbeddedOptions>

class EmbeddedServer implements EmbeddedDatabase {
  readonly #options: ResolvedOptions
  #running: Postmaster | null = null
  #key: ClusterKey | null = null
  #place: Place | null = null
  #timer: Timer | null = null
  #restart: Promise<void> | null = null
  #isStopping = false
  wasAdopted = false
  version = ''

  constructor(options: ResolvedOptions) {
    this.#options = options
  }

  get pid(): number {
    return this.#running?.pid ?? 0
  }

  get logFile(): string {
    return this.#place?.logFile ?? ''
  }

  address(database = 'postgres'): DatabaseAddress {
    const key = this.#key
    return {
      host: this.#running?.socketDir ?? '',
      port: SOCKET_PORT,
      user: EMBEDDED_USER,
      password: () => key?.password ?? '',
      database,
    }
  }

  url(database?: string): string {
    return addressUrl(this.address(database))
  }

  createDatabase(name: string, options: { template?: string } = {}): Promise<boolean> {
    return this.#asAdmin((sql) => createDatabase(sql, name, options))
  }

  dropDatabase(name: string): Promise<boolean> {
    return this.#asAdmin((sql) => dropDatabase(sql, name))
  }

  async start(): Promise<void> {
    const { dataDir, clock, startTimeoutMs, log, isOwner } = this.#options
    const beganMs = clock.monotonicMs()
    const { place, key, postmaster, wasAdopted } = await bringUp(this.#options)
    this.#place = place
    this.#key = key
    this.#running = postmaster
    this.wasAdopted = wasAdopted
    this.version = await this.#askVersion(startTimeoutMs)
    const tookMs = clock.monotonicMs() - beganMs
    log(
      `PostgreSQL ${this.version} ${wasAdopted ? 'adopted' : 'started'} in ${dataDir} (pid ${this.pid}, ${formatDuration(tookMs)})`,
    )
    if (isOwner && !this.#timer && !this.#isStopping) this.#timer = clock.every(WATCH_MS, () => this.#watch())
  }

  async stop(): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    this.#timer?.cancel()
    await this.#restart
    const { isOwner, clock, log } = this.#options
    if (!isOwner || !this.#isAlive()) return
    const { pid } = this
    // Fast shutdown: roll back what is open, write a checkpoint, go. A server that cannot is told to go as after a crash, which loses nothing.
    signal(pid, 'SIGINT')
    if (!(await this.#waitUntilGone(clock, STOP_TIMEOUT_MS))) signal(pid, 'SIGQUIT')
    if (!(await this.#waitUntilGone(clock, STOP_TIMEOUT_MS))) {
      throw new StaleLockError(this.#place!.dataDir, [pid], 'it does not end')
    }
    log(`PostgreSQL stopped (pid ${pid})`)
  }

  /** Called by the clock: must not throw. */
  #watch(): void {
    if (this.#restart || this.#isStopping || this.#isAlive()) return
    this.#restart = this.#bringBack().finally(() => {
      this.#restart = null
    })
  }

  async #bringBack(): Promise<void> {
    const { clock, log } = this.#options
    log(`PostgreSQL (pid ${this.pid}) is gone; starting it again`)
    for (let waitMs = 500; !this.#isStopping; waitMs = Math.min(2 * waitMs, MAX_RESTART_WAIT_MS)) {
      try {
        return await this.start()
      } catch (error) {
        log(`PostgreSQL does not start: ${messageOf(error)} Trying again in ${formatDuration(waitMs)}.`)
        for (let waited = 0; waited < waitMs && !this.#isStopping; waited += WATCH_MS) await delay(clock, WATCH_MS)
      }
    }
  }

  #isAlive(): boolean {
    const server = this.#running && findServer(this.#running.pid, this.#place!, this.#key!)
    return server?.startedAt === this.#running?.startedAt && server !== null
  }

  async #waitUntilGone(clock: Clock, maxWaitMs: number): Promise<boolean> {
    const untilMs = clock.monotonicMs() + maxWaitMs
    while (this.#isAlive()) {
      if (clock.monotonicMs() > untilMs) return false
      await delay(clock, POLL_MS)
    }
    return true
  }

  async #askVersion(timeoutMs: number): Promise<string> {
    try {
      return await this.#asAdmin(async (sql) => {
        const [row] = await sql<{ version: string }[]>`select current_setting('server_version') as version`
        return row!.version
      }, timeoutMs)
    } catch (error) {
      throw new StaleLockError(this.#place!.dataDir, [this.pid], `it runs but does not let us in (${messageOf(error)})`)
    }
  }

  async #asAdmin<T>(act: (sql: Sql) => Promise<T>, timeoutMs = 30 * SECOND_MS): Promise<T> {
    const sql = connect(this.address(), { max: 1, connectTimeoutMs: timeoutMs, statementTimeoutMs: Infinity })
    try {
      return await act(sql)
    } finally {
      await sql.end({ timeout: 1 })
    }
  }
}

async function bringUp(
  options: ResolvedOptions,
): Promise<{ place: Place; key: ClusterKey; postmaster: Postmaster; wasAdopted: boolean }> {
  const { dataDir, clock, startTimeoutMs: maxWaitMs } = options
  const major = '18'
  const place = choosePlace(dataDir, major)
  return withStartClaim(place.dataDir, { clock, maxWaitMs }, async () => {
    const known = readCluster(place, major)
    const running = known && (await findPostmaster(place, known, { clock, maxWaitMs }))
    if (running) return { place, key: known, postmaster: running, wasAdopted: true }
    const binaries = await prepareBinaries(place.runAs)
    const key = known ?? (await initCluster(place, binaries, { isDurable: options.settings['fsync'] !== 'off' }))
    if (endOrphans(key).length > 0) await delay(clock, POLL_MS)
    return { place, key, postmaster: await startPostmaster(place, key, binaries, options), wasAdopted: false }
  })
}

async function startPostmaster(
  place: Place,
  key: ClusterKey,
  binaries: Binaries,
  options: ResolvedOptions,
): Promise<Postmaster> {
  const { clock, startTimeoutMs } = options
  const untilMs = clock.monotonicMs() + startTimeoutMs
  const socketDir = makeSocketDir(place)
  for (;;) {
    const logStart = openLog(place)
    const child = spawnServer(place, key, binaries, socketDir, options.settings)
    while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const file = readPostmasterFile(place)
      const server = file?.pid === child.pid && file.status === 'ready' ? findServer(child.pid, place, key) : null
      if (server) return { pid: child.pid, startedAt: server.startedAt, socketDir }
      if (clock.monotonicMs() > untilMs) {
        throw new StartFailedError(
          place.dataDir,
          `it was not ready after ${startTimeoutMs / 1000} s and goes on in the background, where the next start adopts it`,
          place.logFile,
        )
      }
      await delay(clock, POLL_MS)
    }
    const said = readFileSync(place.logFile, 'utf8').slice(logStart)
    // Children of a killed server may need a moment to go; anything else will not mend itself.
    const isHeldByOrphans = said.includes('shared memory block')
    if (!isHeldByOrphans || clock.monotonicMs() > untilMs) throw judgeStartFailure(said, place)
    endOrphans(key)
    await delay(clock, 10 * POLL_MS)
  }
}

function spawnServer(
  place: Place,
  key: ClusterKey,
  binaries: Binaries,
  socketDir: string,
  settings: Readonly<Record<string, string>>,
) {
  const log = openSync(place.logFile, 'a', 0o600)
  const handle = openSync(place.clusterDir, 'r')
  const directory = place.isOutOfReach ? '/proc/self/fd/3' : place.clusterDir
  const all = { ...serverSettings, unix_socket_directories: socketDir, cluster_name: key.clusterId, ...settings }
  try {
    const child = spawn(binaries.postgres, ['-D', directory, ...settingArguments(all)], {
      cwd: '/',
      env: serverEnvironment(),
      stdio: ['ignore', log, log, ...(place.isOutOfReach ? [handle] : [])],
      // Its own session: Ctrl-C in our terminal is for us, and our end is not its end.
      detached: true,
      ...place.runAs,
    })
    child.on('error', () => {})
    child.unref()
    return child
  } finally {
    closeSync(log)
    closeSync(handle)
  }
}

/** The log's length now; an overlong one is emptied, which is safe even while a server appends to it. */
function openLog(place: Place): number {
  if (!existsSync(place.logFile)) return 0
  const { size } = statSync(place.logFile)
  if (size <= MAX_LOG_BYTES) return size
  truncateSync(place.logFile)
  return 0
}

function judgeStartFailure(said: string, place: Place): Error {
  if (/No space left on device|Disk quota exceeded/i.test(said))
    return new DiskFullError(place.dataDir, freeBytes(place))
  const lines = said.split('\n').filter((line) => /FATAL|PANIC|HINT|could not/.test(line))
  const why = lines.slice(-3).join(' ').trim() || said.slice(-300).trim() || 'it ended without a word'
  return new StartFailedError(place.dataDir, why, place.logFile)
}
