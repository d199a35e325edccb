import { formatDuration, STARVED_SHARE } from '@plimsoll/core'
import type { Severity, SignalKind } from '@plimsoll/core/wire'

/** Shorter silences are told by the samples' delays. */
const MIN_STALL_MS = 1500
const HANG_MS = 10_000
/** After this a supervised process under `act=safe` is ended, to be started again. */
const GIVE_UP_MS = 30_000

export interface StallEvent {
  kind: SignalKind
  severity: Severity
  sentence: string
  /** Nothing helps but a new process. */
  isHopeless: boolean
}

/**
 * Follows the heartbeat of the main thread. A silence that ended is a stall; one that lasts is a hang, told while it lasts;
 * both once.
 */
export class StallWatch {
  #silentSinceMs: number | null = null
  #hasToldHang = false
  #isHopelessTold = false

  /**
   * To be called every second with the time of the last beat that was seen, and how much of the time since the beat before the
   * silence the main thread waited for a processor: that is the machine's doing, and ending the process would not help.
   */
  note(nowMs: number, lastBeatAtMs: number, readWaitedMs: () => number): StallEvent | null {
    if (nowMs - lastBeatAtMs < MIN_STALL_MS) return this.#end(lastBeatAtMs, readWaitedMs)
    this.#silentSinceMs ??= lastBeatAtMs
    const silentMs = nowMs - lastBeatAtMs - readWaitedMs()
    if (silentMs >= GIVE_UP_MS && !this.#isHopelessTold) {
      this.#isHopelessTold = true
      return {
        kind: 'hang',
        severity: 'critical',
        sentence: `has not answered for ${formatDuration(silentMs)}.`,
        isHopeless: true,
      }
    }
    if (silentMs < HANG_MS || this.#hasToldHang) return null
    this.#hasToldHang = true
    const sentence = `hangs: its main thread has been busy or blocked for ${formatDuration(silentMs)} and serves nobody.`
    return { kind: 'hang', severity: 'critical', sentence, isHopeless: false }
  }

  #end(lastBeatAtMs: number, readWaitedMs: () => number): StallEvent | null {
    const sinceMs = this.#silentSinceMs
    this.#silentSinceMs = null
    this.#hasToldHang = this.#isHopelessTold = false
    if (sinceMs === null) return null
    const waitedMs = readWaitedMs()
    const silentMs = lastBeatAtMs - sinceMs
    const cause =
      waitedMs > STARVED_SHARE * silentMs
        ? `the machine had no processor for it for ${formatDuration(Math.min(waitedMs, silentMs))} of them.`
        : 'one piece of work held the main thread that long.'
    const sentence = `stood still for ${formatDuration(silentMs)}: ${cause}`
    return { kind: 'event-loop-stall', severity: 'warning', sentence, isHopeless: false }
  }
}
