import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { formatDuration, systemClock, type Clock } from '@plimsoll/core'
import { leaveExitCode } from '../leave-exit-code.ts'
import { sayLine } from '../report/stderr.ts'
import { startAgent } from './agent.ts'
import { watchedEnvironment, type WatchSettings } from './environment.ts'
import { CommandNotStartedError } from './errors.ts'
import { startGuardian } from './guardian.ts'
import { supervisorVariable } from './lifeline.ts'
import {
  crashSignalOf,
  defaultRestartPolicy,
  describeCrash,
  exitCodeOf,
  judgeRestart,
  type Exit,
  type RestartPolicy,
} from './restart.ts'
import { SignalDesk } from './signal-desk.ts'
import { startsVariable } from './start-mark.ts'
import { StartWatch } from './start-watch.ts'

export interface SupervisorOptions extends WatchSettings {
  /** The command and its arguments, passed on untouched. */
  command: readonly [string, ...string[]]
  /** Default {@link defaultRestartPolicy}. */
  restart?: RestartPolicy
  /** Default: this process' own. */
  environment?: NodeJS.ProcessEnv
  /** A line for people. Default: stderr, so that the command's output stays its own. */
  tell?: (line: string) => void
  clock?: Clock
}

/** Who fills up sooner than this would spend its time starting. */
const shortLifeMs = 20_000

const registerUrl = new URL('../register.js', import.meta.url).href

/**
 * Runs a command under watch until it ends, and answers the exit code to end with. A crash is followed by a restart after a
 * growing pause; any other end passes through, as does the crash after the last restart.
 * @throws {@link CommandNotStartedError} when the command cannot be started at all
 */
export async function runSupervised(options: SupervisorOptions): Promise<number> {
  const { command, clock = systemClock, tell = sayLine } = options
  const given = options.environment ?? process.env
  const isOff = given['PLIMSOLL'] === 'off'
  const restart = isOff ? { ...defaultRestartPolicy, maxRestarts: 0 } : (options.restart ?? defaultRestartPolicy)
  const environment = isOff ? given : watchedEnvironment(given, options, registerUrl, process.cwd(), process.pid)
  const mark = isOff ? null : `${supervisorVariable}=${environment[supervisorVariable]}`
  const agent = isOff ? null : await startAgent(environment, process.cwd(), clock, tell)
  const starts = isOff
    ? null
    : StartWatch.start({
        clock,
        mayEnd: environment['PLIMSOLL_ACT'] === 'safe',
        tell(sentence) {
          tell(`plimsoll: ${sentence}`)
          agent?.tellHang(sentence)
        },
      })
  if (starts) environment[startsVariable] = starts.folder
  let child: ChildProcess | null = null
  const desk = new SignalDesk((signal) => child?.kill(signal) ?? false)
  const crashesAtMs: number[] = []
  const endedPids: number[] = []
  let shortLifeCount = 0
  try {
    for (;;) {
      const startedAtMs = clock.monotonicMs()
      child = start(command, environment)
      const { pid } = child
      const guardian = startGuardian({ pid, mark, startsFolder: starts?.folder ?? null })
      const exit = await endOf(child, command[0]).finally(() => guardian.stop())
      child = null
      const nowMs = clock.monotonicMs()
      const signal = crashSignalOf(exit)
      if (isLeave(exit, environment) && restart.maxRestarts > 0 && desk.stoppedBy === null) {
        shortLifeCount = nowMs - startedAtMs >= shortLifeMs ? 0 : shortLifeCount + 1
        const delayMs =
          shortLifeCount === 0 ? 0 : Math.min(restart.firstDelayMs * 2 ** (shortLifeCount - 1), restart.maxDelayMs)
        tell(
          `plimsoll: ${command[0]} drained and left after ${formatDuration(nowMs - startedAtMs)}. The next one starts${delayMs > 0 ? ` in ${formatDuration(delayMs)}` : ''}.`,
        )
        await desk.sleep(delayMs, clock)
        if (desk.stoppedBy === null) continue
      }
      if (signal === null || desk.stoppedBy !== null) {
        // A process that a signal ends can't say farewell itself.
        if (pid !== undefined && (desk.stoppedBy !== null || exit.code === 0)) endedPids.push(pid)
        return exitCodeOf(exit)
      }

      crashesAtMs.push(nowMs)
      if (crashesAtMs.length > restart.maxRestarts + 1) crashesAtMs.shift()
      const decision = judgeRestart(crashesAtMs, nowMs, restart)
      const sentence = describeCrash(command[0], signal, nowMs - startedAtMs, decision, restart)
      tell(`plimsoll: ${sentence}`)
      agent?.tellCrash(signal, decision, sentence)
      if (decision.act === 'give-up') return exitCodeOf(exit)
      await desk.sleep(decision.delayMs, clock)
      if (desk.stoppedBy !== null) return exitCodeOf({ code: null, signal: desk.stoppedBy })
    }
  } finally {
    starts?.stop()
    await agent?.stop(endedPids)
    desk.close()
  }
}

/** The watch ended it, so that another one may start: no crash, and no end of the service's own. */
function isLeave({ code }: Exit, environment: NodeJS.ProcessEnv): boolean {
  return code === leaveExitCode && environment['PLIMSOLL_ACT'] === 'safe'
}

function start([file, ...args]: readonly [string, ...string[]], environment: NodeJS.ProcessEnv): ChildProcess {
  return spawn(file, args, { stdio: 'inherit', env: environment })
}

async function endOf(child: ChildProcess, file: string): Promise<Exit> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    return { code, signal }
  } catch (error) {
    throw new CommandNotStartedError(file, error as NodeJS.ErrnoException)
  }
}
