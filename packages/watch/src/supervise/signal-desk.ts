import { constants } from 'node:os'
import type { Clock } from '@plimsoll/core'
import { readProcessStat } from './process-stat.ts'

/** Passed on, as far as the platform has them. */
const forwarded = (['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const).filter(
  (name) => name in constants.signals,
)
/** After one of these an end is wanted, however it looks. */
const stopping: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT']
/** A terminal sends these to the whole foreground group: passing them on as well would make one Ctrl-C two. */
const typed: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']

/** Takes this process' signals and hands them on to what it looks after. */
export class SignalDesk {
  /** The first signal that asked for an end. */
  stoppedBy: NodeJS.Signals | null = null
  /** A terminal was closed, or somebody wants the settings read again: whoever was told decides which. */
  hasHungUp = false
  readonly #deliver: (signal: NodeJS.Signals) => boolean
  readonly #onStop: () => void
  readonly #listeners = new Map<NodeJS.Signals, () => void>()
  readonly #sleepers = new Set<() => void>()

  /**
   * `deliver` answers whether anybody was there to take it. `onStop` is called at the first signal that asks for an end, also when the
   * terminal delivers it by itself.
   */
  constructor(deliver: (signal: NodeJS.Signals) => boolean, onStop: () => void = () => {}) {
    this.#deliver = deliver
    this.#onStop = onStop
    for (const name of forwarded) {
      const listener = (): void => this.#receive(name)
      this.#listeners.set(name, listener)
      process.on(name, listener)
    }
  }

  /** Waits for the time to pass, or for a signal that asks for an end. */
  sleep(delayMs: number, clock: Clock): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel()
        this.#sleepers.delete(wake)
        resolve()
      }
      const timer = clock.after(delayMs, wake, { keepAlive: true })
      this.#sleepers.add(wake)
    })
  }

  close(): void {
    for (const [name, listener] of this.#listeners) process.off(name, listener)
  }

  #receive(signal: NodeJS.Signals): void {
    if (stopping.includes(signal)) this.#stop(signal)
    if (signal === 'SIGHUP') this.hasHungUp = true
    if (typed.includes(signal) && isTypedAtTerminal()) return
    // With nobody there to take it for something else, SIGHUP is what it is to any program.
    if (!this.#deliver(signal) && signal === 'SIGHUP') this.#stop(signal)
  }

  #stop(signal: NodeJS.Signals): void {
    if (this.stoppedBy === null) this.#onStop()
    this.stoppedBy ??= signal
    for (const wake of this.#sleepers) wake()
  }
}

/** Whether Ctrl-C reaches our children without us: it does when our process group stands in the terminal's foreground. */
function isTypedAtTerminal(): boolean {
  const stat = readProcessStat(process.pid)
  return stat === null ? process.stdin.isTTY === true : stat.foregroundGroup === stat.processGroup
}
