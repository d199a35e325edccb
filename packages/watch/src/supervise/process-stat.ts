import { readFileSync } from 'node:fs'

/** What Linux tells of a process in `/proc/pid/stat`, as far as a supervisor needs it. */
export interface ProcessStat {
  /** A zombie has ended: nobody has fetched its code yet. */
  hasEnded: boolean
  /** By SIGSTOP, Ctrl-Z or a debugger: it does nothing, and that is no fault of its own. */
  isStopped: boolean
  processGroup: number
  session: number
  /** The process group that gets what is typed at the terminal (Ctrl-C), −1 without a terminal. */
  foregroundGroup: number
  /** Clock ticks since boot. With the PID it names a process for good: PIDs are used again. */
  startTicks: string
}

/** Null when there is no such process, or no `/proc` (macOS, Windows). */
export function readProcessStat(pid: number): ProcessStat | null {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return null
  }
}

export function parseProcessStat(stat: string): ProcessStat {
  // The name in parentheses may itself hold blanks and parentheses; what counts starts behind the last one, with field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return {
    hasEnded: fields[0] === 'Z' || fields[0] === 'X',
    isStopped: fields[0] === 'T' || fields[0] === 't',
    processGroup: Number(fields[2]),
    session: Number(fields[3]),
    foregroundGroup: Number(fields[5]),
    startTicks: fields[19] ?? '',
  }
}
