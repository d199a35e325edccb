import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { RunAs } from './binaries.ts'
import { DataDirOwnerError, DataDirVersionError, ForeignDirectoryError, SocketPathTooLongError } from './errors.ts'
import { SOCKET_PORT } from './settings.ts'

/** Who runs a server that root may not run: `nobody`, unless the data already belongs to somebody else. */
const NOBODY = { uid: 65534, gid: 65534 }

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, one of them for the final zero. */
export const MAX_SOCKET_PATH_BYTES = process.platform === 'darwin' ? 103 : 107

/** Where everything of one cluster lies, and who runs it. */
export interface Place {
  /** What the caller named: holds all the rest. */
  dataDir: string
  /** The cluster itself: `pg18`, mode 0700. */
  clusterDir: string
  logFile: string
  runAs: RunAs
  /** The user that runs the server cannot walk to `clusterDir` by name (root's home is closed to it). */
  isOutOfReach: boolean
}

/**
 * Lays out a data directory, creating it when it is missing.
 * @throws {@link DataDirVersionError} when it holds a cluster of another major version
 * @throws {@link DataDirOwnerError} when it holds a cluster of another user
 */
export function choosePlace(dataDir: string, major: string): Place {
  mkdirSync(resolve(dataDir), { recursive: true })
  const home = realpathSync(dataDir)
  const clusterDir = join(home, `pg${major}`)
  const uid = process.getuid?.() ?? 0
  const others = readdirSync(home).flatMap((name) => /^pg(\d+)$/.exec(name)?.[1] ?? [])
  const owner = existsSync(clusterDir) ? statSync(clusterDir) : null
  if (owner === null && others.length > 0) throw new DataDirVersionError(home, others.join(', '), major)
  if (owner !== null && uid !== 0 && owner.uid !== uid) throw new DataDirOwnerError(home, owner.uid, uid)
  const runAs = uid !== 0 ? null : owner !== null && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : NOBODY
  return {
    dataDir: home,
    clusterDir,
    logFile: join(home, 'postgres.log'),
    runAs,
    isOutOfReach: runAs !== null && !isOpenToAll(home),
  }
}

function isOpenToAll(directory: string): boolean {
  if ((statSync(directory).mode & 0o001) === 0) return false
  const parent = dirname(directory)
  return parent === directory || isOpenToAll(parent)
}

/**
 * A private directory (0700) for the socket: inside the data directory where the name stays short enough and the server can
 * reach it, else in the system's temporary one.
 * @throws {@link SocketPathTooLongError} when no name is short enough
 * @throws {@link ForeignDirectoryError} when somebody else sits on the temporary name
 */
export function makeSocketDir(place: Place): string {
  const digest = createHash('sha256').update(place.clusterDir).digest('hex').slice(0, 12)
  const inside = join(place.dataDir, 'socket')
  const outside = join(realpathSync(tmpdir()), `plimsoll-${digest}`)
  const directory = !place.isOutOfReach && socketBytes(inside) <= MAX_SOCKET_PATH_BYTES ? inside : outside
  const pathBytes = socketBytes(directory)
  if (pathBytes > MAX_SOCKET_PATH_BYTES) {
    throw new SocketPathTooLongError(socketPath(directory), pathBytes, MAX_SOCKET_PATH_BYTES)
  }
  makePrivateDir(directory, place.runAs)
  return directory
}

export function socketPath(directory: string): string {
  return join(directory, `.s.PGSQL.${SOCKET_PORT}`)
}

function socketBytes(directory: string): number {
  return Buffer.byteLength(socketPath(directory))
}

/** Creates a directory of mode 0700 for that user; one that exists must be ours or theirs already. */
export function makePrivateDir(directory: string, runAs: RunAs): void {
  const uid = process.getuid?.() ?? 0
  mkdirSync(dirname(directory), { recursive: true })
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const stat = lstatSync(directory)
    const isOurs = stat.isDirectory() && (stat.uid === uid || stat.uid === runAs?.uid)
    if (!isOurs) throw new ForeignDirectoryError(directory, stat.uid)
  }
  chmodSync(directory, 0o700)
  if (runAs) chownSync(directory, runAs.uid, runAs.gid)
}
