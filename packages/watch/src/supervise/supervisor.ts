import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { formatDuration, systemClock, type Clock } from '@plimsoll/core'
import { watchedEnvironment, type WatchSettings } from './environment.ts'
import { CommandNotStartedError } from './errors.ts'
import { readProcessStat } from './process-stat.ts'
import {
  crashSignalOf,
  defaultRestartPolicy,
  exitCodeOf,
  judgeRestart,
  type Exit,
  type RestartPolicy,
} from './restart.ts'

export interface SupervisorOptions extends WatchSettings {
  /** The command and its arguments, passed on untouched. */
  command: readonly [string, ...string[]]
  /** Default {@link defaultRestartPolicy}. */
  restart?: RestartPolicy
  /** Default: this process' own. */
  environment?: NodeJS.ProcessEnv
  /** A line for people. Default: stderr, so that the command's output stays its own. */
  tell?: (line: string) => void
  /** Hears of every crash. */
  onCrash?: (crash: Crash) => void
  clock?: Clock
}

/** A crash and what follows from it. */
export interface Crash {
  signal: NodeJS.Signals
  exitCode: number
  uptimeMs: number
  /** Crashes within the policy's window, this one included. */
  crashCount: number
  isFinal: boolean
  sentence: string
}

/** Passed on to the command, as far as the platform has them. */
const forwarded = (['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const).filter(
  (name) => name in constants.signals,
)
/** After one of these an end is wanted, however it looks. */
const stopping: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT']
/** A terminal sends these to the whole foreground group: passing them on as well would make one Ctrl-C two. */
const typed: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']

/**
 * Runs a command under watch until it ends, and answers the exit code to end with. A crash is followed by a restart after a
 * growing pause; any other end passes through, as does the crash after the last restart.
 * @throws {@link CommandNotStartedError} when the command cannot be started at all
 */
export async function runSupervised(options: SupervisorOptions): Promise<number> {
  const { command, restart = defaultRestartPolicy, clock = systemClock } = options
  const tell = options.tell ?? ((line: string) => void process.stderr.write(`${line}\n`))
  const registerUrl = new URL('../register.js', import.meta.url).href
  const given = options.environment ?? process.env
  const environment = watchedEnvironment(given, options, registerUrl, process.cwd(), process.pid)
  const desk = new SignalDesk()
  const crashesAtMs: number[] = []
  try {
    for (;;) {
      const startedAtMs = clock.monotonicMs()
      const exit = await runOnce(command, environment, desk)
      const nowMs = clock.monotonicMs()
      const signal = crashSignalOf(exit)
      if (signal === null || desk.isStopping) return exitCodeOf(exit)

      crashesAtMs.push(nowMs)
      if (crashesAtMs.length > restart.maxRestarts + 1) crashesAtMs.shift()
      const decision = judgeRestart(crashesAtMs, nowMs, restart)
      const crash = {
        signal,
        exitCode: exitCodeOf(exit),
        uptimeMs: nowMs - startedAtMs,
        isFinal: decision.act === 'give-up',
      }
      const what = `${command[0]} ${describeCrash(signal)} after ${formatDuration(crash.uptimeMs)}`
      const crashCount = decision.act === 'restart' ? decision.attempt : decision.crashCount
      const sentence =
        decision.act === 'restart'
          ? `${what}. Restart ${decision.attempt} of ${restart.maxRestarts} in ${formatDuration(decision.delayMs)}.`
          : restart.maxRestarts === 0
            ? `${what}. Not restarted, as asked (--no-restart).`
            : `${what}, crash ${crashCount} within ${formatDuration(restart.windowMs)}. Not restarted again; ends with ${crash.exitCode}.`
      tell(`plimsoll: ${sentence}`)
      options.onCrash?.({ ...crash, crashCount, sentence })
      if (decision.act === 'give-up') return crash.exitCode
      const stop = await desk.sleep(decision.delayMs, clock)
      if (stop !== null) return exitCodeOf({ code: null, signal: stop })
    }
  } finally {
    desk.close()
  }
}

async function runOnce(
  command: readonly [string, ...string[]],
  environment: NodeJS.ProcessEnv,
  desk: SignalDesk,
): Promise<Exit> {
  const [file, ...args] = command
  const child = spawn(file, args, { stdio: 'inherit', env: environment })
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  desk.child = child
  try {
    const [code, signal] = await exited
    return { code, signal }
  } catch (error) {
    throw new CommandNotStartedError(file, error as NodeJS.ErrnoException)
  } finally {
    desk.child = null
  }
}

function describeCrash(signal: NodeJS.Signals): string {
  if (signal === 'SIGABRT') return 'aborted (SIGABRT, which is how Node ends when its memory runs out)'
  if (signal === 'SIGKILL') return 'was killed (SIGKILL, by a person or by the kernel for want of memory)'
  return `crashed (${signal})`
}

/** Receives this process' signals and hands them to the command that runs at the moment. */
class SignalDesk {
  child: ChildProcess | null = null
  isStopping = false
  #wake: ((signal: NodeJS.Signals) => void) | null = null
  readonly #listeners = new Map<NodeJS.Signals, () => void>()

  constructor() {
    for (const name of forwarded) {
      const listener = () => this.#receive(name)
      this.#listeners.set(name, listener)
      process.on(name, listener)
    }
  }

  /** Waits; answers the signal that ended the wait early, or null. */
  sleep(delayMs: number, clock: Clock): Promise<NodeJS.Signals | null> {
    return new Promise((resolve) => {
      const timer = clock.after(delayMs, () => resolve(null), { keepAlive: true })
      this.#wake = (signal) => {
        timer.cancel()
        resolve(signal)
      }
    })
  }

  close(): void {
    for (const [name, listener] of this.#listeners) process.off(name, listener)
  }

  #receive(signal: NodeJS.Signals): void {
    if (stopping.includes(signal)) this.isStopping = true
    if (this.child === null) {
      if (this.isStopping) this.#wake?.(signal)
    } else if (!typed.includes(signal) || !isTypedAtTerminal()) this.child.kill(signal)
  }
}

/** Whether Ctrl-C reaches the command without us: it does when our process group stands in the terminal's foreground. */
function isTypedAtTerminal(): boolean {
  const stat = readProcessStat(process.pid)
  return stat === null ? process.stdin.isTTY === true : stat.foregroundGroup === stat.processGroup
}
