import { MiB } from '@plimsoll/core'
import type { SeenWorker } from './observe.ts'
import type { Scenario } from './scenario.ts'

/** A process manager's way to end a worker: SIGTERM, and SIGKILL this much later. 1.6 s is what a widely used one ships with. */
const KILL_AFTER_MS = 1600

/** What good teams have today: an alert on resident memory, and a restart above a threshold. */
export class MemoryGuard {
  readonly #scenario: Scenario
  readonly #now: () => number
  #restingBytes = 0
  #nextLookMs = 0
  isAlerting = false
  readonly restartedPids = new Set<number>()

  constructor(scenario: Scenario, now: () => number = () => performance.now()) {
    this.#scenario = scenario
    this.#now = now
  }

  get restartCount(): number {
    return this.restartedPids.size
  }

  /** Thresholds are set by hand, from what the service needs when it is well. */
  rest(workers: readonly SeenWorker[]): void {
    this.#restingBytes = Math.max(...workers.map(({ rssBytes }) => rssBytes))
  }

  /** Restarts workers above the threshold; answers whether it did. */
  guard(workers: readonly SeenWorker[]): boolean {
    if (this.#restingBytes === 0) return false
    const { heapLimitMb, alertAtHeapShare, restartAtHeapShare } = this.#scenario
    const line = (share: number) => this.#restingBytes + share * heapLimitMb * MiB
    if (workers.some(({ rssBytes }) => rssBytes > line(alertAtHeapShare))) this.isAlerting = true
    if (this.#now() < this.#nextLookMs) return false
    this.#nextLookMs = this.#now() + this.#scenario.memoryLookMs
    const tooLarge = workers.filter(
      ({ rssBytes, pid }) => rssBytes > line(restartAtHeapShare) && !this.restartedPids.has(pid),
    )
    for (const { pid } of tooLarge) {
      this.restartedPids.add(pid)
      process.kill(pid, 'SIGTERM')
      setTimeout(() => killIfThere(pid), KILL_AFTER_MS).unref()
    }
    return tooLarge.length > 0
  }
}

/** The alert of 14:00: response times or errors, ten seconds in a row. */
export class LatencyAlert {
  #badSeconds = 0

  fires({
    requestCount,
    failureCount,
    latencyMsP99,
  }: {
    requestCount: number
    failureCount: number
    latencyMsP99: number
  }): boolean {
    const isBad = latencyMsP99 > 1000 || failureCount > 0.02 * requestCount
    this.#badSeconds = isBad ? this.#badSeconds + 1 : 0
    return this.#badSeconds >= 10
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It went by itself.
  }
}
