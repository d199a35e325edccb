import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { delay, messageOf, MiB, SECOND_MS, type Clock } from '@plimsoll/core'
import type { DatabaseAddress } from './address.ts'
import { endOrphans, findPostmaster, findServer, readPostmasterFile, type Postmaster } from './adopt.ts'
import { prepareBinaries, type Binaries } from './binaries.ts'
import { connect } from './connect.ts'
import { DataDirAccessError, DiskFullError, StaleLockError, StartFailedError } from './errors.ts'
import { freeBytes, initCluster, readCluster, serverEnvironment, type ClusterKey } from './init-cluster.ts'
import { choosePlace, makeSocketDir, type Place } from './place.ts'
import { EMBEDDED_USER, serverSettings, settingArguments, SOCKET_PORT } from './settings.ts'
import { withStartClaim } from './start-claim.ts'

/** The major version of the binaries we depend on; the cluster's directory is called after it. */
const MAJOR = '18'
const POLL_MS = 10
const MAX_LOG_BYTES = 4 * MiB
const MAX_ANSWER_MS = 10 * SECOND_MS

export interface BringUpOptions {
  dataDir: string
  clock: Clock
  startTimeoutMs: number
  settings: Readonly<Record<string, string>>
}

/** A cluster whose server runs and has let us in. */
export interface RunningCluster {
  place: Place
  key: ClusterKey
  postmaster: Postmaster
  wasAdopted: boolean
  version: string
}

/** Finds or starts the server of a data directory, creating the cluster before when there is none. See `startEmbedded`. */
export async function bringUp(options: BringUpOptions): Promise<RunningCluster> {
  const { dataDir, clock, startTimeoutMs: maxWaitMs } = options
  try {
    const place = choosePlace(dataDir, MAJOR)
    const found = await withStartClaim(place.dataDir, { clock, maxWaitMs }, () => findOrStart(place, options))
    const version = await askVersion(place, adminAddress(found))
    return { ...found, place, version }
  } catch (error) {
    throw judgeFileError(error, dataDir)
  }
}

/** The superuser's address in a cluster. */
export function adminAddress(cluster: Pick<RunningCluster, 'key' | 'postmaster'>): DatabaseAddress {
  const { key, postmaster } = cluster
  return {
    host: postmaster.socketDir,
    port: SOCKET_PORT,
    user: EMBEDDED_USER,
    password: () => key.password,
    database: 'postgres',
  }
}

async function findOrStart(
  place: Place,
  options: BringUpOptions,
): Promise<Pick<RunningCluster, 'key' | 'postmaster' | 'wasAdopted'>> {
  const { clock, startTimeoutMs: maxWaitMs, settings } = options
  const known = readCluster(place, MAJOR)
  const running = known && (await findPostmaster(place, known, { clock, maxWaitMs }))
  if (running) return { key: known, postmaster: running, wasAdopted: true }
  const binaries = await prepareBinaries(place.runAs)
  const key = known ?? (await initCluster(place, binaries, { isDurable: settings['fsync'] !== 'off' }))
  endOrphans(key)
  return { key, postmaster: await startPostmaster(place, key, binaries, options), wasAdopted: false }
}

async function startPostmaster(
  place: Place,
  key: ClusterKey,
  binaries: Binaries,
  options: BringUpOptions,
): Promise<Postmaster> {
  const { clock, startTimeoutMs } = options
  const untilMs = clock.monotonicMs() + startTimeoutMs
  const socketDir = makeSocketDir(place)
  for (;;) {
    const logStart = trimLog(place)
    const child = spawnServer(place, key, binaries, { ...options.settings, unix_socket_directories: socketDir })
    while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const file = readPostmasterFile(place)
      const server = file?.pid === child.pid && file.status === 'ready' ? findServer(child.pid, place, key) : null
      if (server) return { pid: child.pid, startedAt: server.startedAt, socketDir }
      if (clock.monotonicMs() > untilMs) {
        const why = `it was not ready after ${startTimeoutMs / 1000} s; it goes on, and the next start adopts it`
        throw new StartFailedError(place.dataDir, why, place.logFile)
      }
      await delay(clock, POLL_MS)
    }
    const said = readFileSync(place.logFile).subarray(logStart).toString('utf8')
    // Children of a killed server may need a moment to go; anything else does not mend itself.
    if (!said.includes('shared memory block') || clock.monotonicMs() > untilMs) throw judgeStartFailure(said, place)
    endOrphans(key)
    await delay(clock, 10 * POLL_MS)
  }
}

function spawnServer(place: Place, key: ClusterKey, binaries: Binaries, settings: Readonly<Record<string, string>>) {
  const log = openSync(place.logFile, 'a', 0o600)
  const handle = openSync(place.clusterDir, 'r')
  const directory = place.isOutOfReach ? '/proc/self/fd/3' : place.clusterDir
  const args = settingArguments({ ...serverSettings, cluster_name: key.clusterId, ...settings })
  try {
    const child = spawn(binaries.postgres, ['-D', directory, ...args], {
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

/** The log's length in bytes; an overlong one is emptied, which is safe even while a server appends to it. */
function trimLog(place: Place): number {
  const size = statSync(place.logFile, { throwIfNoEntry: false })?.size ?? 0
  if (size <= MAX_LOG_BYTES) return size
  truncateSync(place.logFile)
  return 0
}

async function askVersion(place: Place, address: DatabaseAddress): Promise<string> {
  const sql = connect(address, { max: 1, connectTimeoutMs: MAX_ANSWER_MS })
  try {
    const [row] = await sql<{ version: string }[]>`select current_setting('server_version') as version`
    return row!.version
  } catch (error) {
    const pid = readPostmasterFile(place)?.pid
    throw new StaleLockError(
      place.dataDir,
      pid === undefined ? [] : [pid],
      `it runs but does not let us in (${messageOf(error)})`,
    )
  } finally {
    await sql.end({ timeout: 1 })
  }
}

function judgeStartFailure(said: string, place: Place): Error {
  if (/No space left on device|Disk quota exceeded/i.test(said))
    return new DiskFullError(place.dataDir, freeBytes(place.dataDir))
  const lines = said.split('\n').filter((line) => /FATAL|PANIC|HINT|could not/.test(line))
  const why = lines.slice(-3).join(' ').trim() || said.slice(-300).trim() || 'it ended without a word'
  return new StartFailedError(place.dataDir, why, place.logFile)
}

/** The system's refusals on the way, in words that help; our own errors and bugs pass. */
function judgeFileError(error: unknown, dataDir: string): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOSPC' || code === 'EDQUOT') return new DiskFullError(dataDir, freeBytes(dataDir))
  const isRefused = ['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EEXIST', 'ELOOP', 'ENAMETOOLONG'].includes(
    code ?? '',
  )
  return isRefused ? new DataDirAccessError(dataDir, messageOf(error), { cause: error }) : error
}
