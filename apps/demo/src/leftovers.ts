import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Reader } from '@plimsoll/core'

/**
 * A process as it can be told from another that got its number later: by when it started. Linux counts that in ticks since
 * boot in /proc/PID/stat; where there is no /proc the number alone has to do, and `startedAt` is null.
 */
export interface ProcessMark {
  pid: number
  startedAt: string | null
}

/** Of what was written down or said by another process. Numbers below 2 are no process but groups, and the first of all. */
export function readMark(reader: Reader): ProcessMark {
  return { pid: reader.at('pid').integer({ min: 2 }), startedAt: reader.at('startedAt').stringOrNull() }
}

/** What a running demo writes down, so that the next one finds what a killed one left behind. */
export interface DemoRecord {
  launcher: ProcessMark
  /** In the order in which they are to be ended. */
  children: (ProcessMark & { what: string })[]
  urls: Record<string, string>
}

export function markOf(pid: number): ProcessMark {
  return { pid, startedAt: startedAt(pid) }
}

/** Whether the very process that was marked still runs. */
export function isAlive(mark: ProcessMark): boolean {
  // To the system these are our own group, or everybody.
  if (mark.pid < 2) return false
  try {
    process.kill(mark.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const started = startedAt(mark.pid)
  return started !== 'zombie' && (mark.startedAt === null || started === mark.startedAt)
}

export function writeRecord(dataDir: string, record: DemoRecord): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const path = recordPath(dataDir)
  writeFileSync(`${path}.new`, JSON.stringify(record, null, 2), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

export function removeRecord(dataDir: string): void {
  rmSync(recordPath(dataDir), { force: true })
}

/** The record of an earlier start, or null when there is none or it cannot be read (then it is of no use to anybody). */
export function readRecord(dataDir: string): DemoRecord | null {
  if (!existsSync(recordPath(dataDir))) return null
  try {
    const reader = new Reader(JSON.parse(readFileSync(recordPath(dataDir), 'utf8')))
    const record = {
      launcher: readMark(reader.at('launcher')),
      children: reader
        .at('children')
        .list((child) => ({ ...readMark(child), what: child.at('what').string() }), { maxLength: 20 }),
      urls: reader.at('urls').record((url) => url.string()),
    }
    reader.finish('demo.json')
    return record
  } catch {
    return null
  }
}

/** Ends what a killed launcher left running: asks first, insists after ten seconds. Answers what had to be ended. */
export async function endLeftovers(dataDir: string): Promise<string[]> {
  const record = readRecord(dataDir)
  if (!record) return []
  const ended: string[] = []
  for (const { what, ...mark } of [{ ...record.launcher, what: 'launcher' }, ...record.children]) {
    if (!isAlive(mark) || mark.pid === process.pid) continue
    await end(mark)
    ended.push(what)
  }
  removeRecord(dataDir)
  return ended
}

/** Ends one marked process and waits until it is gone: SIGTERM, and SIGKILL after ten seconds. @throws when it may not */
export async function end(mark: ProcessMark): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGTERM', 10_000],
    ['SIGKILL', 2_000],
  ] as const) {
    if (!isAlive(mark)) return
    try {
      process.kill(mark.pid, signal)
    } catch (error) {
      // It went by itself in between.
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return
      throw error
    }
    for (let waitedMs = 0; waitedMs < patienceMs && isAlive(mark); waitedMs += 50) await sleep(50)
  }
}

function recordPath(dataDir: string): string {
  return join(dataDir, 'demo.json')
}

function startedAt(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command's name may hold blanks and brackets; fields are counted from behind its last bracket. A zombie is dead.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? 'zombie' : fields[19]!
  } catch {
    return null
  }
}
