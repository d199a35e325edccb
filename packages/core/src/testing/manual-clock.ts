import type { Clock, Timer } from '../clock.ts'

interface Pending {
  dueMs: number
  order: number
  act: () => void
  periodMs: number | null
}

/** A clock that moves only when told to. Timers fire in order of their due time, each seeing the time at which it is due. */
export class ManualClock implements Clock {
  #nowMs: number
  #sinceStartMs = 0
  #order = 0
  readonly #pending = new Set<Pending>()

  constructor(nowMs = Date.UTC(2023, 4, 10, 14, 0, 0)) {
    this.#nowMs = nowMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#sinceStartMs
  }

  after(delayMs: number, act: () => void): Timer {
    return this.#add(delayMs, act, null)
  }

  every(periodMs: number, act: () => void): Timer {
    return this.#add(periodMs, act, periodMs)
  }

  /** Timers that have not fired yet. */
  get pendingCount(): number {
    return this.#pending.size
  }

  /** Moves time on and fires what falls due on the way. */
  advance(spanMs: number): void {
    const untilMs = this.#sinceStartMs + spanMs
    for (let next = this.#nextDue(untilMs); next; next = this.#nextDue(untilMs)) {
      this.#moveTo(Math.max(this.#sinceStartMs, next.dueMs))
      if (next.periodMs === null) this.#pending.delete(next)
      else next.dueMs += next.periodMs
      next.act()
    }
    this.#moveTo(untilMs)
  }

  /** As `advance`, and lets promises settle after each timer: for code that awaits between timers. */
  async advanceAsync(spanMs: number): Promise<void> {
    const untilMs = this.#sinceStartMs + spanMs
    await settle()
    for (let next = this.#nextDue(untilMs); next; next = this.#nextDue(untilMs)) {
      this.advance(Math.max(0, next.dueMs - this.#sinceStartMs))
      await settle()
    }
    this.#moveTo(untilMs)
    await settle()
  }

  #add(delayMs: number, act: () => void, periodMs: number | null): Timer {
    const pending = { dueMs: this.#sinceStartMs + delayMs, order: this.#order++, act, periodMs }
    this.#pending.add(pending)
    return { cancel: () => void this.#pending.delete(pending) }
  }

  #nextDue(untilMs: number): Pending | undefined {
    let first: Pending | undefined
    for (const pending of this.#pending) {
      if (pending.dueMs > untilMs) continue
      if (!first || pending.dueMs < first.dueMs || (pending.dueMs === first.dueMs && pending.order < first.order))
        first = pending
    }
    return first
  }

  #moveTo(sinceStartMs: number): void {
    this.#nowMs += sinceStartMs - this.#sinceStartMs
    this.#sinceStartMs = sinceStartMs
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  await new Promise((resolve) => setImmediate(resolve))
}
