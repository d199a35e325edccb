import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'

/** What stays cannot have grown by more than what is there has, so a floor is worth its collection only after this part of the room was added … */
const STEP_SHARE = 0.005
const MIN_STEP_BYTES = 256 * 1024
/**
 * … or when the last is this long ago: as long as the process had lived by then, between these, since what stays is seen only once it
 * is no longer young; and sooner while memory grows that no known collection explains. When nothing was collected for a hundred seconds
 * V8 may do so by itself, and gives back what its young generation does not need: a collection of ours before that keeps it from it.
 */
const UNEXPLAINED_GAP_MS = 5000
const MIN_CALM_GAP_MS = 150_000
const MAX_CALM_GAP_MS = 600_000
/** What stays has fallen by a step: whether a leak is over is believed when two floors say so, and nobody should wait long for the second. */
const FALLEN_GAP_MS = 30_000
/** Where what was added turned out to be garbage, more must be added for the next floor: up to so many times as much. */
const MAX_PATIENCE = 32
const MAX_SUSPICIOUS_PATIENCE = 4
/** Under suspicion this long after a floor one step is enough, whatever was garbage. */
const SUSPICIOUS_GAP_MS = 60_000
const GARBAGE_SHARE = 0.75
/** Buffers that were let go are counted until V8 looks, and it does so every few seconds: so many readings must agree. */
const READINGS = 3

/** Bytes that are not young, on the heap and outside of it. */
export interface LastingBytes {
  heap: number
  external: number
}

/**
 * Would a floor tell anything new? A full collection costs a service several times its pause, since helpers mark beside it
 * and code is compiled anew after it. Memory that is not young and did not change since the last floor says as much for nothing. With this
 * step a leak has nine floors or more when it took a twentieth of the room it had, however near to the limit it began, unless it takes
 * that within fewer seconds: one second is the least gap.
 */
export class FloorNeed {
  readonly #limitBytes: number
  readonly #startedAtMs: number
  #last: (LastingBytes & { atMs: number }) | null = null
  #naturalAtMs = -Infinity
  #externals: number[] = []
  #patience = 1
  #hasFallen = false

  /** `limitBytes` is the nearest limit, of the heap or of all memory. */
  constructor(limitBytes: number, nowMs: number) {
    this.#limitBytes = limitBytes
    this.#startedAtMs = nowMs
  }

  /** To be called every second. `isUnexplained` is a suspicion of what no known collection explains. */
  isDue(now: LastingBytes, nowMs: number, isSuspicious: boolean, isUnexplained = false): boolean {
    this.#externals = [...this.#externals.slice(1 - READINGS), now.external]
    const last = this.#last
    if (!last) return true
    const sinceFloorMs = nowMs - last.atMs
    if (isUnexplained && sinceFloorMs >= UNEXPLAINED_GAP_MS) return true
    const collectedAtMs = Math.max(last.atMs, this.#naturalAtMs)
    const livedMs = collectedAtMs - this.#startedAtMs
    const calmGapMs = Math.min(MAX_CALM_GAP_MS, Math.max(MIN_CALM_GAP_MS, livedMs))
    if (nowMs - collectedAtMs >= (this.#hasFallen ? FALLEN_GAP_MS : calmGapMs)) return true
    const steps = Math.abs(this.#changeSince(last, now)) / this.#stepSince(last)
    if (!isSuspicious) return steps >= this.#patience
    return steps >= (sinceFloorMs >= SUSPICIOUS_GAP_MS ? 1 : Math.min(MAX_SUSPICIOUS_PATIENCE, this.#patience))
  }

  /** After a floor, with what is there before and after its collection. */
  note(before: LastingBytes, after: LastingBytes, nowMs: number): void {
    const added = this.#last ? this.#changeSince(this.#last, before) : 0
    const stayed = this.#last ? after.heap + after.external - this.#last.heap - this.#last.external : 0
    this.#hasFallen = this.#last !== null && -stayed >= this.#stepSince(this.#last)
    if (this.#last && added >= this.#stepSince(this.#last)) {
      const wasGarbage = stayed < (1 - GARBAGE_SHARE) * added
      this.#patience = wasGarbage ? Math.min(MAX_PATIENCE, 2 * this.#patience) : 1
    }
    this.#last = { ...after, atMs: nowMs }
    this.#externals = []
  }

  /** V8 collected by itself. What it left is no measure for the next step, since it keeps what died while it marked. */
  noteNatural(nowMs: number): void {
    this.#naturalAtMs = nowMs
  }

  /** Growth is judged by the room there was, so it is looked at by that as well. */
  #stepSince({ heap, external }: LastingBytes): number {
    return Math.max(MIN_STEP_BYTES, STEP_SHARE * (this.#limitBytes - heap - external))
  }

  #changeSince(last: LastingBytes, now: LastingBytes): number {
    return now.heap - last.heap + this.#externalChange(last.external)
  }

  /** By as much as all readings agree on; 0 before there are enough. */
  #externalChange(lastBytes: number): number {
    if (this.#externals.length < READINGS) return 0
    const lowest = Math.min(...this.#externals)
    const highest = Math.max(...this.#externals)
    return lowest > lastBytes ? lowest - lastBytes : Math.min(0, highest - lastBytes)
  }
}

const youngSpaces = new Set(['new_space', 'new_large_object_space'])

/** What is there now. Takes some microseconds. */
export function readLasting(): LastingBytes {
  const old = getHeapSpaceStatistics().filter(({ space_name }) => !youngSpaces.has(space_name))
  const heap = old.reduce((sum, { space_used_size }) => sum + space_used_size, 0)
  return { heap, external: getHeapStatistics().external_memory }
}
