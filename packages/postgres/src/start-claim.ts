import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { delay, type Clock } from '@plimsoll/core'
import { StaleLockError } from './errors.ts'
import { readProcess } from './process-info.ts'

const POLL_MS = 25

/**
 * Runs `act` while no other process starts the same cluster; the others wait their turn, and find a running server then.
 * The claim is a file that names its holder; a dead holder's claim is taken over. It saves work and keeps the log quiet,
 * while correctness rests on the cluster's own interlocks: a cluster appears by one rename, and a server refuses a
 * directory that another one holds. So the moment in which two processes take over the same dead claim costs a failed start
 * and a second look, never data.
 * @throws {@link StaleLockError} when the holder lives and still has not finished after `maxWaitMs`
 */
export async function withStartClaim<T>(
  dataDir: string,
  options: { clock: Clock; maxWaitMs: number },
  act: () => Promise<T>,
): Promise<T> {
  const { clock, maxWaitMs } = options
  const file = join(dataDir, 'start.claim')
  const self = readProcess(process.pid)
  const claim = JSON.stringify({ pid: process.pid, startedAt: self?.startedAt ?? '', nonce: randomUUID() })
  const untilMs = clock.monotonicMs() + maxWaitMs
  while (!takeClaim(file, claim)) {
    const holder = readClaim(file)
    if (holder && !isAlive(holder)) setAside(file, holder.text)
    else if (clock.monotonicMs() > untilMs) {
      throw new StaleLockError(dataDir, holder ? [holder.pid] : [], `it has been starting it for ${maxWaitMs / 1000} s`)
    } else await delay(clock, POLL_MS)
  }
  try {
    return await act()
  } finally {
    if (readClaim(file)?.text === claim) rmSync(file, { force: true })
  }
}

/** A link appears at once with all its text, so that nobody reads half a claim. */
function takeClaim(file: string, claim: string): boolean {
  const draft = `${file}.draft-${process.pid}`
  writeFileSync(draft, claim, { mode: 0o600 })
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    rmSync(draft, { force: true })
  }
}

interface Claim {
  pid: number
  startedAt: string
  text: string
}

/** The claim that is there now, or null. What cannot be read was torn by a power cut: nobody alive wrote it. */
function readClaim(file: string): Claim | null {
  let text
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    const { pid, startedAt } = JSON.parse(text) as Claim
    return { pid, startedAt, text }
  } catch {
    return { pid: 0, startedAt: '', text }
  }
}

function isAlive(holder: Claim): boolean {
  const found = readProcess(holder.pid)
  return found !== null && found.startedAt === holder.startedAt
}

/** Moves a dead claim away, and gives it back when somebody quicker had already put a living one in its place. */
function setAside(file: string, deadText: string): void {
  const aside = `${file}.aside-${process.pid}`
  try {
    renameSync(file, aside)
    if (readFileSync(aside, 'utf8') !== deadText) linkSync(aside, file)
  } catch {
    // Somebody else was quicker; the next look tells.
  } finally {
    rmSync(aside, { force: true })
  }
}
