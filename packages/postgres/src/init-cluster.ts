import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { formatBytes, messageOf } from '@plimsoll/core'
import type { Binaries, RunAs } from './binaries.ts'
import { DataDirVersionError, DiskFullError, InitFailedError, UserWithoutNameError } from './errors.ts'
import type { Place } from './place.ts'
import { ownUid, readProcess } from './process-info.ts'
import { EMBEDDED_USER } from './settings.ts'

/** What opens a cluster: kept inside it (0600), so that both appear and go together. */
export interface ClusterKey {
  /** Told on the server's command line, by which a process is known to serve this very cluster. */
  clusterId: string
  password: string
}

const keyFile = 'plimsoll.json'
const maxStderrBytes = 64 * 1024

/**
 * Reads the key of an existing cluster; null when there is none yet.
 * @throws {@link DataDirVersionError} when another major version wrote it
 */
export function readCluster(place: Place, major: string): ClusterKey | null {
  try {
    const found = readFileSync(join(place.clusterDir, 'PG_VERSION'), 'utf8').trim()
    if (found !== major) throw new DataDirVersionError(place.clusterDir, found, major)
    return JSON.parse(readFileSync(join(place.clusterDir, keyFile), 'utf8')) as ClusterKey
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/**
 * Creates the cluster: `initdb` in a draft directory, renamed into place when all of it is on disk. A start that was killed in
 * between leaves a draft, which the next one removes.
 * @throws {@link DiskFullError} {@link UserWithoutNameError} {@link InitFailedError}
 */
export async function initCluster(
  place: Place,
  binaries: Binaries,
  options: { isDurable: boolean },
): Promise<ClusterKey> {
  removeDrafts(place)
  const key: ClusterKey = {
    clusterId: `plimsoll-${randomBytes(6).toString('hex')}`,
    password: randomBytes(24).toString('base64url'),
  }
  const draft = `${place.clusterDir}.draft-${process.pid}-${randomBytes(4).toString('hex')}`
  const passwordFile = `${draft}.password`
  try {
    mkdirSync(draft, { mode: 0o700 })
    writeFileSync(passwordFile, key.password, { mode: 0o600 })
    if (place.runAs) {
      chownSync(draft, place.runAs.uid, place.runAs.gid)
      chownSync(passwordFile, place.runAs.uid, place.runAs.gid)
    }
    await runInitdb(place, binaries, draft, passwordFile, options)
    const written = join(draft, keyFile)
    writeFileSync(written, JSON.stringify(key), { mode: 0o600, flush: options.isDurable })
    if (place.runAs) chownSync(written, place.runAs.uid, place.runAs.gid)
    await rename(draft, place.clusterDir)
    if (options.isDurable) syncDirectory(place.dataDir)
    return key
  } finally {
    rmSync(passwordFile, { force: true })
    rmSync(draft, { recursive: true, force: true })
  }
}

async function runInitdb(
  place: Place,
  binaries: Binaries,
  draft: string,
  passwordFile: string,
  options: { isDurable: boolean },
): Promise<void> {
  const handle = openSync(draft, 'r')
  const password = openSync(passwordFile, 'r')
  const args = [
    ['-D', place.isOutOfReach ? '/proc/self/fd/3' : draft],
    ['-U', EMBEDDED_USER, '--pwfile', '/dev/fd/4'],
    ['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    ['--auth-local', 'scram-sha-256', '--auth-host', 'reject', '--no-instructions'],
    options.isDurable ? [] : ['--no-sync'],
  ].flat()
  try {
    const { code, stderr } = await runProgram(binaries.initdb, args, place.runAs, [handle, password])
    if (code !== 0) throw judgeInitFailure(stderr, place)
  } finally {
    closeSync(handle)
    closeSync(password)
  }
}

function runProgram(
  program: string,
  args: string[],
  runAs: RunAs,
  handles: number[],
): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: '/',
      env: serverEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe', ...handles],
      ...runAs,
    })
    let stderr = ''
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < maxStderrBytes) stderr += text
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stderr }))
  })
}

/** Nothing of ours leaks into the server: no PGDATA, no locale that it may not have, no secrets. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
}

/** What `initdb` said, as the error that helps. */
export function judgeInitFailure(stderr: string, place: Place): Error {
  if (/No space left on device|Disk quota exceeded/i.test(stderr))
    return new DiskFullError(place.dataDir, freeBytes(place.dataDir))
  if (/could not look up effective user ID/i.test(stderr)) {
    return new UserWithoutNameError(place.runAs?.uid ?? ownUid())
  }
  const lines = stderr.split('\n').filter((line) => /error|fatal|could not|hint/i.test(line))
  return new InitFailedError(
    place.dataDir,
    (lines.length > 0 ? lines.slice(-3).join(' ') : stderr.slice(-300)).trim() || 'initdb said nothing',
  )
}

/** Without this, a power cut could take the new name of the cluster back, and with it all that was committed since. */
function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Free space on the disk of a directory, for people. */
export function freeBytes(directory: string): string {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return formatBytes(bavail * bsize)
  } catch (error) {
    return messageOf(error)
  }
}

function removeDrafts(place: Place): void {
  for (const name of readdirSync(place.dataDir)) {
    const pid = /^pg\d+\.draft-(\d+)/.exec(name)?.[1]
    if (pid === undefined || (Number(pid) !== process.pid && readProcess(Number(pid)))) continue
    rmSync(join(place.dataDir, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}
