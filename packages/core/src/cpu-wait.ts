/** The main thread's own line of the scheduler's books, on Linux. */
export const cpuTurnsFile = '/proc/self/schedstat'

/**
 * Who waits this long each time it wants a processor lives on a machine that is short of them. Where there is no shortage it
 * is far below a millisecond.
 */
export const STARVED_WAIT_MS = 10

/**
 * How long a thread waits each time it wants a processor: what tells a program that is slow from a machine that has no time for
 * it. Linux counts it: nanoseconds on a processor, nanoseconds of waiting for one, and how often it got one
 * (kernel documentation, scheduler/sched-stats).
 */
export class CpuWait {
  readonly #read: () => string | null
  #last: Turns | null

  /** @param read the text of {@link cpuTurnsFile}, or null where there is none */
  constructor(read: () => string | null) {
    this.#read = read
    this.#last = this.#turns()
  }

  /** Milliseconds, the mean since the last reading; null where nobody tells, and for a thread that got no turn. */
  read(): number | null {
    const now = this.#turns()
    const last = this.#last
    this.#last = now
    if (!now || !last || now.count <= last.count) return null
    return (now.waitedNs - last.waitedNs) / (now.count - last.count) / 1e6
  }

  #turns(): Turns | null {
    const [, waitedNs, count] = (this.#read() ?? '').split(' ').map(Number)
    return waitedNs === undefined || count === undefined || Number.isNaN(waitedNs + count) ? null : { waitedNs, count }
  }
}

interface Turns {
  waitedNs: number
  count: number
}
