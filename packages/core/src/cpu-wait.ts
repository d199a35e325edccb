import type { Clock } from './clock.ts'

/** The main thread's own line of the scheduler's books, on Linux. */
export const cpuTurnsFile = '/proc/self/schedstat'

/** Who waits for a processor for this share of the time in which it wants one gets less than a third of what it needs. */
export const STARVED_SHARE = 0.7

/** Who wants a processor for less of the time is not held up by waiting for one: of so little any share is chance. */
const MIN_WANTED_SHARE = 0.01

/** Shorter waits, on average, are the scheduler's own: a thread that wakes for microseconds may wait for longer than it runs. */
const MIN_WAIT_NS = 500_000
const NS_PER_MS = 1_000_000

/**
 * Which share of the time in which a thread wants a processor it waits for one: what tells a program that is slow from a machine
 * that has no time for it. Linux counts it: nanoseconds on a processor, nanoseconds of waiting for one, and how often it got one
 * (kernel documentation, scheduler/sched-stats).
 */
export class CpuWait {
  readonly #read: () => string | null
  readonly #clock: Pick<Clock, 'monotonicMs'>
  #last: Turns | null

  /** @param read the text of {@link cpuTurnsFile}, or null where there is none */
  constructor(read: () => string | null, clock: Pick<Clock, 'monotonicMs'>) {
    this.#read = read
    this.#clock = clock
    this.#last = this.#turns()
  }

  /** Share since the last reading, 0..1; null where nobody tells, and for a thread that got no turn. */
  read(): number | null {
    const now = this.#turns()
    const last = this.#last
    this.#last = now
    if (!now || !last || now.count <= last.count) return null
    const [ranNs, waitedNs] = [now.ranNs - last.ranNs, now.waitedNs - last.waitedNs]
    const wantedNs = ranNs + waitedNs
    const isMaterial =
      waitedNs >= MIN_WAIT_NS * (now.count - last.count) &&
      wantedNs >= MIN_WANTED_SHARE * (now.atMs - last.atMs) * NS_PER_MS
    return isMaterial ? waitedNs / wantedNs : 0
  }

  /** How long it has waited since the last reading, in milliseconds, as far as is known: a wait is counted at its end. */
  waitedMs(): number {
    const now = this.#turns()
    return now && this.#last ? (now.waitedNs - this.#last.waitedNs) / NS_PER_MS : 0
  }

  #turns(): Turns | null {
    const [ranNs, waitedNs, count] = (this.#read() ?? '').split(' ').map(Number)
    if (ranNs === undefined || waitedNs === undefined || count === undefined) return null
    return Number.isNaN(ranNs + waitedNs + count) ? null : { atMs: this.#clock.monotonicMs(), ranNs, waitedNs, count }
  }
}

interface Turns {
  atMs: number
  ranNs: number
  waitedNs: number
  count: number
}
