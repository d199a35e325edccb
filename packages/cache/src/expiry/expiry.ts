import type { Clock, Timer } from '@plimsoll/core'
import { TimerWheel } from './timer-wheel.ts'

/** Entries released before the clock is looked at again, and how long one turn of releasing may take. */
const RELEASE_BATCH = 256
const RELEASE_TURN_MS = 2

/** The longest that a timer of Node.js can wait; it looks again then. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Knows how old entries are, and lets them go when they are too old, unasked: one timer, set for the next deadline, which
 * never keeps the process alive and never holds the loop for more than a few milliseconds.
 *
 *   set ──── fresh ──── ttlMs ──── stale: only fetch serves it ──── staleMs ──── gone
 */
export class Expiry {
  static bytesAt(capacity: number): number {
    return TimerWheel.bytesAt(capacity)
  }

  readonly #clock: Clock
  readonly #staleMs: number
  readonly #wheel: TimerWheel
  readonly #begin: (dueCount: number) => void
  readonly #remove: (slot: number) => void
  readonly #rest: (most: number) => boolean
  readonly #finish: () => void
  #timer: Timer | null = null
  #timerAtMs = Infinity

  constructor({ clock, staleMs, begin, remove, rest, finish }: ExpiryOptions) {
    this.#clock = clock
    this.#staleMs = staleMs
    this.#begin = begin
    this.#remove = remove
    this.#rest = rest
    this.#finish = finish
    this.#wheel = new TimerWheel(clock.monotonicMs())
  }

  isFresh(slot: number): boolean {
    const deadlineMs = this.#wheel.deadlines[slot]!
    return deadlineMs === Infinity || deadlineMs - this.#staleMs > this.#clock.monotonicMs()
  }

  /** On the clock's monotonic time; `Infinity`: for ever. */
  freshUntilMs(slot: number): number {
    return this.#wheel.deadlines[slot]! - this.#staleMs
  }

  /** Whether an entry that is not fresh may still be served. */
  isServedStale(slot: number): boolean {
    return this.#wheel.deadlines[slot]! > this.#clock.monotonicMs()
  }

  resize(capacity: number): void {
    this.#wheel.resize(capacity)
  }

  file(slot: number, ttlMs: number): void {
    const deadlineMs = ttlMs === Infinity ? Infinity : this.#clock.monotonicMs() + ttlMs + this.#staleMs
    this.#wheel.file(slot, deadlineMs)
    if (deadlineMs < this.#timerAtMs) this.#arm(deadlineMs)
  }

  forget(slot: number): void {
    this.#wheel.remove(slot)
  }

  relocate(from: number, to: number): void {
    this.#wheel.relocate(from, to)
  }

  stop(): void {
    this.#arm(Infinity)
  }

  #arm(atMs: number): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#timerAtMs = atMs
    if (atMs === Infinity) return
    const delayMs = Math.min(LONGEST_TIMER_MS, Math.max(1, atMs - this.#clock.monotonicMs()))
    this.#timer = this.#clock.after(delayMs, () => this.#release())
  }

  #release(): void {
    const startedMs = this.#clock.monotonicMs()
    let isDone = false
    let isFirst = true
    this.#begin(this.#wheel.estimateDue(startedMs))
    while (!isDone && this.#clock.monotonicMs() - startedMs < RELEASE_TURN_MS) {
      if (this.#wheel.advance(startedMs, RELEASE_BATCH, this.#remove)) {
        // To put the index in order may take a turn of its own.
        if (!isFirst) break
        isDone = this.#rest(RELEASE_BATCH)
      } else isFirst = false
    }
    this.#arm(isDone ? this.#wheel.nextMs() : startedMs)
    this.#finish()
  }
}

export interface ExpiryOptions {
  clock: Clock
  staleMs: number
  /** The start of a turn, and how many are too old, as far as a sample tells. */
  begin: (dueCount: number) => void
  /** Takes the entry in a slot out of the cache. */
  remove: (slot: number) => void
  /** Nobody is too old any more: puts the index in order, looking at so many keys at most. Answers whether it is in order. */
  rest: (most: number) => boolean
  /** The end of a turn: listeners may be told. */
  finish: () => void
}
