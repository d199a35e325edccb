/** What stays cannot have grown by more than what is there has, so a floor is worth its collection only after this much was added … */
const STEP_SHARE = 0.002
const MIN_STEP_BYTES = 256 * 1024
/** … or when the last is this long ago: under suspicion, and otherwise as long as the process had lived by then, between these. */
const SUSPICIOUS_GAP_MS = 60_000
const MIN_CALM_GAP_MS = 60_000
const MAX_CALM_GAP_MS = 600_000
/** Where what was added turned out to be garbage, more must be added for the next floor: up to so many times as much. */
const MAX_PATIENCE = 32
const MAX_SUSPICIOUS_PATIENCE = 4
const GARBAGE_SHARE = 0.75
/** Buffers that were let go are counted until V8 looks, and it does so every few seconds: the lowest of these readings counts. */
const READINGS = 3

/**
 * Would a floor tell anything new? A full collection costs a service several times its pause, since helpers mark beside it
 * and code is compiled anew after it. Memory that is not young and did not change since the last floor says as much for nothing. The step
 * is a tenth of the smallest growth that is spoken of, so that a leak has nearly ten floors by then.
 */
export class FloorNeed {
  readonly #stepBytes: number
  readonly #startedAtMs: number
  #last: { atMs: number; bytes: number } | null = null
  #readings: number[] = []
  #patience = 1

  constructor(heapLimitBytes: number, nowMs: number) {
    this.#stepBytes = Math.max(MIN_STEP_BYTES, STEP_SHARE * heapLimitBytes)
    this.#startedAtMs = nowMs
  }

  /** To be called every second with the bytes of the old generation and outside of the heap. */
  isDue(bytes: number, nowMs: number, isSuspicious: boolean): boolean {
    this.#readings = [...this.#readings.slice(1 - READINGS), bytes]
    if (!this.#last) return true
    const livedMs = this.#last.atMs - this.#startedAtMs
    const calmGapMs = Math.min(MAX_CALM_GAP_MS, Math.max(MIN_CALM_GAP_MS, livedMs))
    if (nowMs - this.#last.atMs >= (isSuspicious ? SUSPICIOUS_GAP_MS : calmGapMs)) return true
    const patience = isSuspicious ? Math.min(MAX_SUSPICIOUS_PATIENCE, this.#patience) : this.#patience
    return Math.abs(this.#changeOf(this.#last.bytes)) >= patience * this.#stepBytes
  }

  /** After a floor, with the same bytes as they are now. */
  note(bytes: number, nowMs: number): void {
    const added = this.#last ? this.#changeOf(this.#last.bytes) : 0
    if (this.#last && added >= this.#stepBytes) {
      const wasGarbage = bytes - this.#last.bytes < (1 - GARBAGE_SHARE) * added
      this.#patience = wasGarbage ? Math.min(MAX_PATIENCE, 2 * this.#patience) : 1
    }
    this.#last = { atMs: nowMs, bytes }
    this.#readings = []
  }

  /** Readings since the last floor all say at least this; 0 before there are enough. */
  #changeOf(lastBytes: number): number {
    if (this.#readings.length < READINGS) return 0
    const lowest = Math.min(...this.#readings)
    const highest = Math.max(...this.#readings)
    return lowest > lastBytes ? lowest - lastBytes : highest < lastBytes ? highest - lastBytes : 0
  }
}
