import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatDuration, MINUTE_MS, SECOND_MS, type Clock } from '@plimsoll/core'
import { readProcessStat } from './process-stat.ts'
import { startSteps } from './start-mark.ts'

const lookMs = 2 * SECOND_MS
/** As long as the watchdog waits once it runs (see `StallWatch`). */
const servingLimitMs = 30 * SECOND_MS
/** A compiler or a migration may rightly keep the main thread for minutes before a service listens. */
const startingLimitMs = 5 * MINUTE_MS
/** More processes than that in their first second are no service any more. */
const maxKnown = 1000

/** A process that has not got beyond its first second. */
export interface YoungProcess {
  pid: number
  hasListened: boolean
  /** Found alive and running in so many looks, one after another. */
  lookCount: number
  isTold: boolean
}

/** Whether it hangs. Counts looks and no time, so that a supervisor or a machine that stood still blames nobody. */
export function judgeStart({ hasListened, lookCount }: YoungProcess): { isHung: boolean; silentMs: number } {
  const silentMs = (lookCount - 1) * lookMs
  return { isHung: silentMs >= (hasListened ? servingLimitMs : startingLimitMs), silentMs }
}

export interface StartWatchOptions {
  clock: Clock
  /** Else it is only told. */
  mayEnd: boolean
  /** A sentence for people, and for the console. */
  tell(sentence: string): void
  end?(pid: number): void
}

/** Finds services that hang before a watchdog runs in them, by the marks that they leave (see `markStart`). */
export class StartWatch {
  readonly folder: string
  readonly #options: StartWatchOptions
  readonly #young = new Map<string, YoungProcess>()
  readonly #timer: { cancel(): void }

  /** Null where there is no `/proc`, or no place for a folder. */
  static start(options: StartWatchOptions): StartWatch | null {
    if (readProcessStat(process.pid) === null) return null
    try {
      return new StartWatch(mkdtempSync(join(tmpdir(), 'plimsoll-starts-')), options)
    } catch {
      return null
    }
  }

  private constructor(folder: string, options: StartWatchOptions) {
    this.folder = folder
    this.#options = options
    this.#timer = options.clock.every(lookMs, () => this.look())
  }

  look(): void {
    let names: string[] = []
    try {
      names = readdirSync(this.folder)
    } catch {
      // Somebody tidied up: nothing is found then, and nobody harmed.
    }
    const left = new Set(names)
    for (const name of this.#young.keys()) if (!left.has(name)) this.#young.delete(name)
    for (const name of names) this.#follow(name)
  }

  stop(): void {
    this.#timer.cancel()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #follow(name: string): void {
    const path = join(this.folder, name)
    const pid = Number(name)
    const state = readState(pid, path)
    if (state === 'over') {
      this.#young.delete(name)
      removeMark(path)
    } else if (state === 'stopped') this.#young.delete(name)
    else {
      const young = this.#young.get(name) ?? { pid, hasListened: false, lookCount: 0, isTold: false }
      // From when it listens on, the shorter limit counts anew.
      if (state === 'listens' && !young.hasListened) Object.assign(young, { hasListened: true, lookCount: 0 })
      young.lookCount++
      if (this.#young.size < maxKnown) this.#young.set(name, young)
      this.#judge(young)
    }
  }

  #judge(young: YoungProcess): void {
    const { isHung, silentMs } = judgeStart(young)
    if (!isHung || young.isTold) return
    young.isTold = true
    const { mayEnd, tell, end = (pid) => void process.kill(pid, 'SIGABRT') } = this.#options
    const since = young.hasListened ? 'it began to listen' : 'its start'
    const what = `hangs: its main thread has been busy or blocked since ${since} ${formatDuration(silentMs)} ago and serves nobody`
    const next = mayEnd ? 'It is ended, to be started again' : 'With act=safe it would be ended, to be started again'
    tell(`The process ${young.pid} ${what}. ${next}.`)
    if (!mayEnd) return
    try {
      end(young.pid)
    } catch (error) {
      // It has ended meanwhile, or belongs to somebody else: no reason to take the supervisor down.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') tell(`It could not be ended: ${(error as Error).message}.`)
    }
  }
}

function removeMark(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // Not ours to remove: it is found over again at the next look, and harms nobody.
  }
}

/** `over` also when the PID is somebody else's by now, or the process has turned itself into another program. */
function readState(pid: number, path: string): 'starts' | 'listens' | 'stopped' | 'over' {
  try {
    const [ticks, program, steps = ''] = readFileSync(path, 'utf8').split('\n')
    // Made, and not written yet.
    if (program === undefined) return 'stopped'
    const stat = readProcessStat(pid)
    if (stat === null || stat.hasEnded || stat.startTicks !== ticks) return 'over'
    if (steps.includes(startSteps.watched) || readlinkSync(`/proc/${pid}/exe`) !== program) return 'over'
    if (stat.isStopped) return 'stopped'
    return steps.includes(startSteps.listens) ? 'listens' : 'starts'
  } catch {
    return 'over'
  }
}
