/** Memory and handles of a process at one moment, as far as they are had for nothing. */
export interface Footprint {
  /** On the heap and outside of it, what is not young. */
  lastingBytes: number
  rssBytes: number
  handleCount: number
}

/** Growth below this part of the limit is worth no walk: three floors and more have to rise by as much before anything is claimed. */
const STEP_SHARE = 0.005
const MIN_STEP_BYTES = 256 * 1024
/** What the kernel counts goes up and down by more than the heap does. */
const MIN_RSS_STEP_BYTES = 4 * 1024 * 1024
const HANDLE_STEP = 16

/**
 * Has anything grown since the last walk, that another walk could find? A walk takes tens of milliseconds, and of a service whose memory
 * stands still it finds what the last one found. Counts from the least that there was since, so that what is let go first hides nothing.
 */
export class WalkNeed {
  readonly #stepBytes: number
  #least: Footprint | null = null
  #isKnown = true

  /** `limitBytes` is the nearest limit, of the heap or of all memory. */
  constructor(limitBytes: number) {
    this.#stepBytes = Math.max(MIN_STEP_BYTES, STEP_SHARE * limitBytes)
  }

  /** After a walk: what is there now is known, if it came to its end. */
  noteWalk(isWhole: boolean): void {
    this.#least = null
    this.#isKnown = isWhole
  }

  /** To be told every now and then what there is. */
  hasGrown(now: Footprint): boolean {
    const least = this.#least ?? now
    this.#least = {
      lastingBytes: Math.min(least.lastingBytes, now.lastingBytes),
      rssBytes: Math.min(least.rssBytes, now.rssBytes),
      handleCount: Math.min(least.handleCount, now.handleCount),
    }
    return (
      !this.#isKnown ||
      now.lastingBytes - this.#least.lastingBytes >= this.#stepBytes ||
      now.rssBytes - this.#least.rssBytes >= Math.max(MIN_RSS_STEP_BYTES, this.#stepBytes) ||
      now.handleCount - this.#least.handleCount >= HANDLE_STEP
    )
  }
}
