const BUCKETS_PER_OCTAVE = 8
/** From a sixteenth of a millisecond to over an hour. */
const BUCKET_COUNT = 26 * BUCKETS_PER_OCTAVE
const SMALLEST_MS = 1 / 16

/** Latencies in buckets 9 % wide: 1.7 KB whatever happens, a record costs a logarithm. Quantiles are the upper edge of their bucket. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKET_COUNT)
  #count = 0
  #maxMs = 0

  record(latencyMs: number): void {
    const octaves = Math.log2(Math.max(latencyMs, SMALLEST_MS) / SMALLEST_MS)
    this.#counts[Math.min(BUCKET_COUNT - 1, Math.floor(octaves * BUCKETS_PER_OCTAVE))]! += 1
    this.#count++
    if (latencyMs > this.#maxMs) this.#maxMs = latencyMs
  }

  /** Takes in all that another one has. */
  add(other: LatencyHistogram): void {
    if (other.#count === 0) return
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) this.#counts[bucket]! += other.#counts[bucket]!
    this.#count += other.#count
    if (other.#maxMs > this.#maxMs) this.#maxMs = other.#maxMs
  }

  get count(): number {
    return this.#count
  }

  get maxMs(): number {
    return this.#maxMs
  }

  /** Latency that the given share (0..1) of records does not exceed; 0 without records. */
  quantileMs(share: number): number {
    let left = this.#count * share
    for (let bucket = 0; bucket < BUCKET_COUNT - 1; bucket++) {
      left -= this.#counts[bucket]!
      if (left <= 0 && this.#count > 0)
        return Math.min(this.#maxMs, SMALLEST_MS * 2 ** ((bucket + 1) / BUCKETS_PER_OCTAVE))
    }
    return this.#maxMs
  }

  reset(): void {
    if (this.#count === 0) return
    this.#counts.fill(0)
    this.#count = 0
    this.#maxMs = 0
  }
}
