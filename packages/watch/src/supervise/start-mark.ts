import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { belongsTo, supervisorVariable } from './lifeline.ts'
import { readProcessStat } from './process-stat.ts'

/** In the environment of everything a supervisor starts: the folder for {@link markStart}. */
export const startsVariable = 'PLIMSOLL_STARTS'

/** One letter each, written one behind the other. */
export const startSteps = { listens: 'l', watched: 'w' } as const

export interface StartMark {
  note(step: keyof typeof startSteps): void
}

const noMark: StartMark = { note() {} }

/**
 * Leaves a file behind until the watchdog's thread has begun, which knows of a main thread that hangs from then on. In the second
 * before that nobody inside can tell; the supervisor can, by a file that stays (see `StartWatch`). The file is kept open, since a
 * service may give up its rights in that second. Null deeds where there is no supervisor, no `/proc`, or a debugger is waited for.
 */
export function markStart(environment: NodeJS.ProcessEnv, execArgv: readonly string[]): StartMark {
  const folder = environment[startsVariable]
  const stat = readProcessStat(process.pid)
  const flags = [...execArgv, environment['NODE_OPTIONS'] ?? '']
  const isOurs = belongsTo(environment[supervisorVariable] ?? '', stat)
  if (!folder || stat === null || !isOurs || flags.some((flag) => flag.includes('--inspect'))) return noMark
  const path = join(folder, String(process.pid))
  let file: number
  try {
    file = openSync(path, 'w', 0o600)
    writeSync(file, `${stat.startTicks}\n${process.execPath}\n`)
  } catch {
    // Where nothing may be written, a hang in the first second is not found.
    return noMark
  }
  let isOpen = true
  return {
    note(step) {
      if (!isOpen) return
      isOpen = step !== 'watched'
      try {
        writeSync(file, startSteps[step])
        if (isOpen) return
        closeSync(file)
        unlinkSync(path)
      } catch {
        // What was written tells enough; a full disk costs no more than a hang that is not found.
      }
    },
  }
}
