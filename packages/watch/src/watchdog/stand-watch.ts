import type { Clock } from '@plimsoll/core'
import type { SignalAction } from '@plimsoll/core/wire'
import type { MemoryRoom } from '../supervise/memory-room.ts'
import { ARM_SHARE, describeArming, LastStand, type MainSession } from './action/last-stand.ts'
import type { Telling } from './ledger.ts'

/** How often the heap's fullness is looked at; once it is half full, it may be full within a second. Each look wakes a thread. */
const LOOK_MS = { calmest: 1000, calm: 250, close: 50 } as const
const CLOSE_SHARE = 0.5
/** Faster than this no heap fills, by far: what is missing to half of it bounds how long one may look away. */
const FASTEST_BYTES_PER_MS = 1024 * 1024
/** Arming takes up to 0.3 s on a busy main thread, so it looks this far ahead. */
const HORIZON_MS = 750
/** A service that reads in much data as it starts is nearly full for a moment; one that stays so for this long is worth a line. */
const PATIENCE_MS = 10_000

interface Memory {
  rssBytes: number
  heapBytes: number
}

export interface StandWatchOptions {
  clock: Clock
  state: Int32Array
  heapLimitBytes: number
  /** Without this the ledger tells what would be done. */
  mayAct: boolean
  /** Of the main thread, as the watchdog starts. */
  memory: Memory
  name(): string
  readRssBytes(): number
  readRoom(): MemoryRoom
  isInspected(): boolean
  guard(look: () => void): void
  tell(status: SignalAction['status'], sentence: string, telling: Telling): void
  /** To the terminal alone. */
  say(sentence: string): void
  replace(reason: string): void
  kill(): void
  openSession?: () => MainSession
}

/**
 * Looks ahead to a full heap, and has the {@link LastStand} armed in time. A precaution is told quietly: the terminal hears of it
 * only if the heap stays nearly full.
 */
export class StandWatch {
  readonly #options: StandWatchOptions
  /** Null where the watch may not act. */
  readonly #lastStand: LastStand | null
  /** As the main thread last said it. */
  #known: Memory
  #lastLook: { rssBytes: number; atMs: number } | null = null
  /** What was told quietly, since when, and whether the terminal has it by now. */
  #precaution: { sentence: string; atMs: number; isSaid: boolean } | null = null

  constructor(options: StandWatchOptions) {
    this.#options = options
    this.#known = options.memory
    this.#lastStand = options.mayAct ? this.#createLastStand(options) : null
  }

  start(): void {
    this.#look()
  }

  noteMemory(memory: Memory): void {
    this.#known = memory
  }

  #look(): void {
    const { clock, heapLimitBytes, guard } = this.#options
    let lookMs: number = LOOK_MS.calm
    guard(() => {
      const fullestBytes = this.#foreseeHeap()
      const missingMs = (CLOSE_SHARE * heapLimitBytes - fullestBytes) / FASTEST_BYTES_PER_MS
      lookMs = missingMs < 0 ? LOOK_MS.close : Math.min(LOOK_MS.calmest, Math.max(LOOK_MS.calm, missingMs))
      const isNearlyFull = fullestBytes >= ARM_SHARE * heapLimitBytes
      if (this.#lastStand) this.#lastStand.consider(fullestBytes)
      else if (isNearlyFull && !this.#precaution) {
        const would = 'With act=safe the watch would now arm the last stand, to drain in order if the limit is reached.'
        this.#tellQuietly('would', `${this.#options.name()}: its heap is nearly full. ${would}`)
      }
      this.#followUp(isNearlyFull)
    })
    clock.after(lookMs, () => this.#look())
  }

  /** By the memory that the kernel counts since the last reading: a main thread that collects garbage sends none. */
  #foreseeHeap(): number {
    const { clock, readRssBytes } = this.#options
    const nowMs = clock.monotonicMs()
    const rssBytes = readRssBytes()
    const last = this.#lastLook
    this.#lastLook = { rssBytes, atMs: nowMs }
    const perMs = last === null ? 0 : Math.max(0, rssBytes - last.rssBytes) / Math.max(1, nowMs - last.atMs)
    return this.#known.heapBytes + Math.max(0, rssBytes - this.#known.rssBytes) + perMs * HORIZON_MS
  }

  #tellQuietly(status: SignalAction['status'], sentence: string): void {
    const { clock, tell } = this.#options
    this.#precaution = { sentence, atMs: clock.monotonicMs(), isSaid: false }
    tell(status, sentence, { isQuiet: true })
  }

  /** The wait begins anew whenever there is room again. */
  #followUp(isNearlyFull: boolean): void {
    const precaution = this.#precaution
    if (!precaution || precaution.isSaid) return
    const nowMs = this.#options.clock.monotonicMs()
    if (!isNearlyFull) precaution.atMs = nowMs
    if (nowMs - precaution.atMs < PATIENCE_MS) return
    precaution.isSaid = true
    this.#options.say(precaution.sentence)
  }

  #createLastStand({ name, tell, replace, isInspected, ...options }: StandWatchOptions): LastStand {
    return new LastStand({
      ...options,
      onArmed: (tookMs) =>
        this.#tellQuietly(
          'started',
          `${name()}: its heap may soon be full. As a precaution, the last stand is ${describeArming(tookMs)}.`,
        ),
      onLimit: (sentence) => {
        tell('done', `${name()} ${sentence}.`, {})
        replace('its heap is full')
      },
      onRefused: (reason) => {
        tell('refused', `${name()}: its heap is nearly full, and no last stand is made: ${reason}.`, {})
        if (!isInspected()) replace('its heap is nearly full')
      },
    })
  }
}
