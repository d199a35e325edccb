import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks'
import type { Sample } from '@plimsoll/core/wire'

/** Counts garbage collections and their pauses, and tells of every major one right after it. */
export class GcSource {
  readonly #observer: PerformanceObserver
  #majorCount = 0
  #minorCount = 0
  #pauseMs = 0
  #pauseMsMax = 0

  constructor(
    onMajor: () => void,
    guard: (act: (entries: PerformanceEntry[]) => void) => (entries: PerformanceEntry[]) => void,
  ) {
    const take = guard((entries) => {
      let hasMajor = false
      for (const entry of entries) {
        const isMajor = (entry as { detail?: { kind?: number } }).detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR
        if (isMajor) this.#majorCount++
        else this.#minorCount++
        hasMajor ||= isMajor
        this.#pauseMs += entry.duration
        this.#pauseMsMax = Math.max(this.#pauseMsMax, entry.duration)
      }
      if (hasMajor) onMajor()
    })
    this.#observer = new PerformanceObserver((list) => take(list.getEntries()))
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  read(windowMs: number): Sample['gc'] {
    const reading = {
      majorCount: this.#majorCount,
      minorCount: this.#minorCount,
      pauseMs: this.#pauseMs,
      pauseMsMax: this.#pauseMsMax,
      cpuShare: windowMs > 0 ? this.#pauseMs / windowMs : 0,
    }
    this.#majorCount = this.#minorCount = this.#pauseMs = this.#pauseMsMax = 0
    return reading
  }

  stop(): void {
    this.#observer.disconnect()
  }
}
