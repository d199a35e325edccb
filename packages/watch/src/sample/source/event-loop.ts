import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Sample } from '@plimsoll/core/wire'

/**
 * The monitor's own period, which its readings contain. It wakes an idle loop each time. What it reads is as true at any period; only how
 * seldom a delay may come and still be seen depends on it.
 */
const RESOLUTION_MS = 200

/** How busy the event loop is, and how late it runs what is due. */
export class EventLoopSource {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  #last = performance.eventLoopUtilization()

  constructor() {
    this.#histogram.enable()
  }

  read(): Sample['eventLoop'] {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.#last)
    this.#last = now
    const histogram = this.#histogram
    const isEmpty = histogram.count === 0
    const late = (ns: number) => (isEmpty ? 0 : Math.max(0, ns / 1e6 - RESOLUTION_MS))
    const reading = {
      utilization,
      delayMsP50: late(histogram.percentile(50)),
      delayMsP99: late(histogram.percentile(99)),
      delayMsMax: late(histogram.max),
    }
    histogram.reset()
    return reading
  }

  stop(): void {
    this.#histogram.disable()
  }
}
