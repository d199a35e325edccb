import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { delay, type Clock } from '@plimsoll/core'
import { StaleLockError } from './errors.ts'
import type { ClusterKey } from './init-cluster.ts'
import { socketPath, type Place } from './place.ts'
import { parsePostmasterFile, renamePostmaster, type PostmasterFile } from './postmaster-file.ts'
import { findProcesses, readProcess, worksIn } from './process-info.ts'

/** A living server of a cluster. */
export interface Postmaster {
  pid: number
  /** Together with the pid it names one process for ever. */
  startedAt: string
  socketDir: string
}

const POLL_MS = 10

export function readPostmasterFile(place: Place): PostmasterFile | null {
  const text = readLock(place)
  return text === null ? null : parsePostmasterFile(text)
}

function lockFile(place: Place): string {
  return join(place.clusterDir, 'postmaster.pid')
}

function readLock(place: Place): string | null {
  try {
    return readFileSync(lockFile(place), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** The process, when it is alive and serves this very cluster: its command line tells the cluster's id. */
export function findServer(pid: number, place: Place, key: ClusterKey): { startedAt: string } | null {
  const found = readProcess(pid)
  if (!found?.command.includes(key.clusterId)) return null
  // A copied data directory tells the original's pid and id: where the system lets us, look where the process works.
  return worksIn(pid, place.clusterDir) === false ? null : found
}

/**
 * Finds the server that already runs on a cluster and waits until it is ready; null when there is none, or when it has just
 * gone. The lock of a dead server is put right on the way: its pid may belong to a stranger by now (as after a reboot) or to a
 * zombie that nobody buries (as in a container without init), and a new server would take either for the old one.
 * @throws {@link StaleLockError} when it is neither ready nor gone after `maxWaitMs`, or lives where we cannot see it
 */
export async function findPostmaster(
  place: Place,
  key: ClusterKey,
  options: { clock: Clock; maxWaitMs: number },
): Promise<Postmaster | null> {
  const { clock, maxWaitMs } = options
  const untilMs = clock.monotonicMs() + maxWaitMs
  for (;;) {
    const text = readLock(place)
    const file = text === null ? null : parsePostmasterFile(text)
    if (text === null || file === null) return null
    const server = findServer(file.pid, place, key)
    if (server === null) {
      if (await doesAnswer(file.socketDir)) {
        throw new StaleLockError(
          place.dataDir,
          [],
          'it answers on the socket, perhaps from another container with this volume',
        )
      }
      writeFileSync(lockFile(place), renamePostmaster(text, process.pid))
      // Nobody answers there, so the socket's own lock, which tells the same pid, is as dead.
      rmSync(`${socketPath(file.socketDir)}.lock`, { force: true })
      return null
    }
    if (file.status === 'ready') return { pid: file.pid, startedAt: server.startedAt, socketDir: file.socketDir }
    if (clock.monotonicMs() > untilMs) {
      throw new StaleLockError(
        place.dataDir,
        [file.pid],
        `it has been ${file.status || 'starting'} for ${maxWaitMs / 1000} s`,
      )
    }
    await delay(clock, POLL_MS)
  }
}

/** Whether anybody accepts connections there: a pid says nothing about a server in another container with the same volume. */
function doesAnswer(socketDir: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath(socketDir))
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/**
 * Ends what a killed server left behind: its children notice by themselves, but one in the middle of a long statement holds
 * the shared memory until the statement ends, and with it the next start. Without their server they can do no harm
 * nor good, so they are told to quit at once.
 */
export function endOrphans(key: ClusterKey): number[] {
  const family = findProcesses(key.clusterId)
  const pids = new Set(family.map(({ pid }) => pid))
  // Who has a living parent is served by it: the original of a copied data directory, which has the same id.
  const orphans = family.filter(
    ({ command, parentPid }) => command.startsWith('postgres: ') && !pids.has(parentPid ?? 0),
  )
  for (const { pid } of orphans) signal(pid, 'SIGQUIT')
  return orphans.map(({ pid }) => pid)
}

/** Sends a signal; false when the process is gone. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
