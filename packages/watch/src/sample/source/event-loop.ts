import { performance } from 'node:perf_hooks'
import type { Sample } from '@plimsoll/core/wire'

/** Beats remembered when nobody reads. */
const MAX_DELAYS = 100

/**
 * How busy the event loop is, and how late it runs what is due: the beat that the watch lives by. Node's own monitor would tell the same
 * of a timer of its own, which wakes an idle loop each time.
 */
export class EventLoopSource {
  readonly #beatMs: number
  #lastBeatAtMs: number
  #delaysMs: number[] = []
  #last = performance.eventLoopUtilization()

  constructor(beatMs: number, nowMs: number) {
    this.#beatMs = beatMs
    this.#lastBeatAtMs = nowMs
  }

  noteBeat(nowMs: number): void {
    const delayMs = Math.max(0, nowMs - this.#lastBeatAtMs - this.#beatMs)
    if (this.#delaysMs.length < MAX_DELAYS) this.#delaysMs.push(delayMs)
    this.#lastBeatAtMs = nowMs
  }

  read(): Sample['eventLoop'] {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.#last)
    this.#last = now
    const sorted = this.#delaysMs.sort((one, other) => one - other)
    const quantile = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0
    this.#delaysMs = []
    return { utilization, delayMsP50: quantile(0.5), delayMsP99: quantile(0.99), delayMsMax: quantile(1) }
  }
}
