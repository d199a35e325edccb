import { SECOND_MS } from '@plimsoll/core'
import type { Sample, Signal } from '@plimsoll/core/wire'

/** What the network and a busy machine do to a batch, be the clocks what they are. */
const JITTER_MS = 5 * SECOND_MS
/** More batches in a row than an agent needs to tell what it had to keep: then it is its clock. */
const MAX_LATE_BATCHES = 10

/** How far the clock of one agent is from ours. A batch that only comes late says nothing about it. */
export class AgentClock {
  #shiftMs = 0
  #isKnown = false
  #lateCount = 0

  /**
   * What to add to the times of a batch, in milliseconds.
   * @param newestAtMs of its readings, on the agent's clock; -Infinity when it has none
   * @param lastAtMs of the readings taken before, on ours; -Infinity when there are none
   */
  shiftFor(newestAtMs: number, lastAtMs: number, nowMs: number): number {
    if (!Number.isFinite(newestAtMs)) return this.#shiftMs
    this.#isKnown = true
    const skewMs = nowMs - newestAtMs
    const isUsual = Math.abs(skewMs - this.#shiftMs) <= JITTER_MS
    // Late: its readings go on where those before ended. A clock that was put back would tell them again.
    const isLate = skewMs > this.#shiftMs && Number.isFinite(lastAtMs) && newestAtMs + this.#shiftMs > lastAtMs
    this.#lateCount = isUsual || !isLate ? 0 : this.#lateCount + 1
    if (isUsual || (isLate && this.#lateCount <= MAX_LATE_BATCHES)) return this.#shiftMs
    this.#lateCount = 0
    this.#shiftMs = roughShift(newestAtMs, nowMs)
    return this.#shiftMs
  }

  /** The same for a batch that later ones overtook, which says nothing about the clock. */
  shiftForOvertaken(newestAtMs: number, nowMs: number): number {
    return this.#isKnown ? this.#shiftMs : roughShift(newestAtMs, nowMs)
  }
}

/** Of a batch by itself: its newest reading is taken for as old as the way it came. */
export function roughShift(newestAtMs: number, nowMs: number): number {
  const skewMs = nowMs - newestAtMs
  return Number.isFinite(skewMs) && Math.abs(skewMs) > JITTER_MS ? skewMs : 0
}

/** Readings of an agent whose clock is wrong, on the console's clock. */
export function shiftSample(sample: Sample, shiftMs: number): Sample {
  if (shiftMs === 0) return sample
  const { memory } = sample
  const floorAtMs = memory.floorAtMs === null ? null : memory.floorAtMs + shiftMs
  return { ...sample, atMs: sample.atMs + shiftMs, memory: { ...memory, floorAtMs } }
}

export function shiftSignal(signal: Signal, shiftMs: number): Signal {
  if (shiftMs === 0) return signal
  return {
    ...signal,
    atMs: signal.atMs + shiftMs,
    series: signal.series.map(([atMs, value]) => [atMs + shiftMs, value]),
  }
}
