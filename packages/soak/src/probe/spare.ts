import { ChildProcess } from 'node:child_process'

/** How long after the last call a process is spared: as long as its first sign of life may take. */
const SPARE_MS = 5000

type Kill = (...args: never[]) => boolean

/**
 * Holds back signals from this process to others that stand still because of us. A supervisor that hears nothing from its worker while a
 * heap snapshot is taken of it would kill it; the snapshot is our doing, and the worker speaks again as soon as it is taken.
 */
export class Sparing {
  readonly #pids = new Set<number>()
  #timer: NodeJS.Timeout | null = null
  #restore: (() => void) | null = null

  /** From now on, until {@link Sparing.release}. */
  spare(pids: readonly number[]): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    for (const pid of pids) this.#pids.add(pid)
    this.#restore ??= this.#place()
  }

  /** Soon: what comes first may be the news that it lives, or the next look at a clock. */
  release(afterMs = SPARE_MS): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#end(), afterMs).unref()
  }

  #end(): void {
    this.#pids.clear()
    this.#restore?.()
    this.#restore = null
  }

  #place(): () => void {
    const isSpared = (pid: unknown, signal: unknown): boolean => signal !== 0 && this.#pids.has(Number(pid))
    const killOf = (
      host: object,
      pidOf: (host: { pid?: number }, args: unknown[]) => [unknown, unknown],
    ): (() => void) => {
      const own = Object.getOwnPropertyDescriptor(host, 'kill')!
      const real = own.value as Kill
      const kill = function (this: { pid?: number }, ...args: never[]): boolean {
        return isSpared(...pidOf(this, args)) ? true : Reflect.apply(real, this, args)
      }
      Object.defineProperty(host, 'kill', { ...own, value: kill })
      // Somebody else may have replaced it meanwhile: then theirs stays.
      return () => {
        if (Object.getOwnPropertyDescriptor(host, 'kill')?.value === kill) Object.defineProperty(host, 'kill', own)
      }
    }
    const restores = [
      killOf(process, (_, [pid, signal]) => [pid, signal]),
      killOf(ChildProcess.prototype, ({ pid }, [signal]) => [pid, signal]),
    ]
    return () => restores.forEach((restore) => restore())
  }
}
