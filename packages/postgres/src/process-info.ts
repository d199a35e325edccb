import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'

/** A process as it can be told from a later one with the same pid. */
export interface ProcessInfo {
  pid: number
  /** When it started, in the system's own words; equal only for the same process. */
  startedAt: string
  command: string
  /** Null where the system does not tell. */
  parentPid: number | null
}

/** The living process with this pid, or null. A zombie is dead: it holds no memory, no socket and no lock. */
export function readProcess(pid: number): ProcessInfo | null {
  if (!Number.isInteger(pid) || pid <= 0) return null
  return process.platform === 'linux' ? readProcfs(pid) : readPs(pid)
}

function readProcfs(pid: number): ProcessInfo | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the name in brackets and may hold anything; fields are counted from its last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return null
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    // On its way out its memory goes first, and with it the command line; sockets and locks are gone by then.
    if (command === '') return null
    return { pid, startedAt: fields[19] ?? '', command, parentPid: Number(fields[1]) }
  } catch {
    return null
  }
}

function readPs(pid: number): ProcessInfo | null {
  try {
    const line = execFileSync('ps', ['-ww', '-o', 'stat=,lstart=,command=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    }).trim()
    const match = /^(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/s.exec(line)
    if (!match || match[1]!.startsWith('Z')) return null
    return { pid, startedAt: match[2]!, command: match[3]!, parentPid: null }
  } catch {
    return null
  }
}

/** Processes whose command line holds the given text. Empty where there is no /proc. */
export function findProcesses(text: string): ProcessInfo[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcfs(Number(name)))
    .filter((info) => info !== null && info.command.includes(text)) as ProcessInfo[]
}

/**
 * Whether the process works in that directory; null when the system does not tell (another user's process without
 * CAP_SYS_PTRACE, as in a default container, or no /proc).
 */
export function worksIn(pid: number, directory: string): boolean | null {
  try {
    const there = statSync(`/proc/${pid}/cwd`)
    const here = statSync(directory)
    return there.dev === here.dev && there.ino === here.ino
  } catch {
    return null
  }
}

/** Our own uid; 0 where the system has none. */
export function ownUid(): number {
  return process.getuid?.() ?? 0
}
