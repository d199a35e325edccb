import { createHash } from 'node:crypto'
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { RunAs } from './binaries.ts'
import { DataDirAccessError, DataDirVersionError, ForeignDirectoryError, SocketPathTooLongError } from './errors.ts'
import { ownUid } from './process-info.ts'
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
  /** Null: the server runs as ourselves. */
  runAs: RunAs
  /** The user that runs the server cannot walk to `dataDir` by name, as when it lies in root's closed home. */
  isOutOfReach: boolean
}

/**
 * Lays out a data directory, creating it when it is missing.
 * @throws {@link DataDirVersionError} when it holds a cluster of another major version
 * @throws {@link DataDirAccessError} when it holds a cluster of another user
 */
export function choosePlace(dataDir: string, major: string): Place {
  mkdirSync(dataDir, { recursive: true })
  const home = realpathSync(dataDir)
  const clusterDir = join(home, `pg${major}`)
  const others = readdirSync(home).flatMap((name) => /^pg(\d+)$/.exec(name)?.[1] ?? [])
  if (others.length > 0 && !others.includes(major)) throw new DataDirVersionError(home, others.join(' and '), major)
  const uid = ownUid()
  const owner = statSync(clusterDir, { throwIfNoEntry: false })
  if (owner && uid !== 0 && owner.uid !== uid) {
    throw new DataDirAccessError(home, `it belongs to uid ${owner.uid}, and this process runs as uid ${uid}`)
  }
  const runAs = uid !== 0 ? null : owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : NOBODY
  return {
    dataDir: home,
    clusterDir,
    logFile: join(home, 'postgres.log'),
    runAs,
    isOutOfReach: !canWalkTo(home, runAs),
  }
}

/** Whether that user gets to a directory by its name: every directory above must let strangers through. */
function canWalkTo(directory: string, runAs: RunAs): boolean {
  if (runAs === null) return true
  if ((statSync(directory).mode & 0o001) === 0) return false
  const parent = dirname(directory)
  return parent === directory || canWalkTo(parent, runAs)
}

/**
 * A private directory (0700) for the socket: inside the data directory when the name stays short enough and the server can
 * walk there, else in a temporary one.
 * @throws {@link SocketPathTooLongError} when no name is short enough
 * @throws {@link ForeignDirectoryError} when somebody else sits on the temporary name
 */
export function makeSocketDir(place: Place, temporary: readonly string[] = [tmpdir(), '/tmp']): string {
  const digest = createHash('sha256').update(place.clusterDir).digest('hex').slice(0, 12)
  const candidates = [join(place.dataDir, 'socket'), ...temporary.map((root) => join(root, `plimsoll-${digest}`))]
  const isShort = (directory: string) => Buffer.byteLength(socketPath(directory)) <= MAX_SOCKET_PATH_BYTES
  const directory = candidates.find((candidate) => isShort(candidate) && canWalkTo(dirname(candidate), place.runAs))
  if (directory === undefined) throw new SocketPathTooLongError(socketPath(candidates[0]!), MAX_SOCKET_PATH_BYTES)
  makePrivateDir(directory, place.runAs)
  return directory
}

/** Where a server whose socket directory this is listens. */
export function socketPath(directory: string): string {
  return join(directory, `.s.PGSQL.${SOCKET_PORT}`)
}

/** Creates a directory of mode 0700 for that user; one that exists must be ours or theirs already, and no link. */
function makePrivateDir(directory: string, runAs: RunAs): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const stat = lstatSync(directory)
  const isOurs = stat.isDirectory() && (stat.uid === ownUid() || stat.uid === runAs?.uid)
  if (!isOurs) throw new ForeignDirectoryError(directory, stat.uid)
  chmodSync(directory, 0o700)
  if (runAs) chownSync(directory, runAs.uid, runAs.gid)
}
