import type { Clock, Timer } from '@plimsoll/core'
import type { TimerKind } from '../incident/incident.ts'
import type { TimerRow } from '../storage/timers.ts'

/**
 * The hint in memory of what the table of timers holds, so that the next one fires on time without asking the database. Losing
 * it loses nothing: it is read from the table again.
 */
export class TimerHints {
  readonly #clock: Clock
  readonly #fire: (row: TimerRow) => void
  readonly #rows = new Map<string, TimerRow>()
  #armed: { timer: Timer; dueAtMs: number } | null = null

  constructor(clock: Clock, fire: (row: TimerRow) => void) {
    this.#clock = clock
    this.#fire = fire
  }

  set(row: TimerRow): void {
    this.#rows.set(keyOf(row), row)
    this.#arm()
  }

  /** Of one that was set before this console started: it fires with the next {@link fireDue}, when all is ready for it. */
  remember(row: TimerRow): void {
    this.#rows.set(keyOf(row), row)
  }

  delete(kind: TimerKind, incidentId: number): void {
    this.#rows.delete(keyOf({ kind, incidentId }))
    this.#arm()
  }

  stop(): void {
    this.#armed?.timer.cancel()
    this.#armed = null
    this.#rows.clear()
  }

  /** Fires what is due; also to be called now and then, for a wall clock may jump. */
  fireDue(): void {
    const nowMs = this.#clock.nowMs()
    const due = [...this.#rows.values()].filter(({ dueAtMs }) => dueAtMs <= nowMs)
    for (const row of due.sort((one, other) => one.dueAtMs - other.dueAtMs)) {
      this.#rows.delete(keyOf(row))
      this.#fire(row)
    }
    this.#arm()
  }

  #arm(): void {
    const nextMs = Math.min(...[...this.#rows.values()].map(({ dueAtMs }) => dueAtMs))
    if (this.#armed?.dueAtMs === nextMs) return
    this.#armed?.timer.cancel()
    this.#armed = null
    if (!Number.isFinite(nextMs)) return
    // Beyond 2³¹ ms Node's timers fire at once; looking again after a day costs nothing.
    const waitMs = Math.min(Math.max(0, nextMs - this.#clock.nowMs()), 86_400_000)
    const timer = this.#clock.after(waitMs, () => {
      this.#armed = null
      this.fireDue()
    })
    this.#armed = { timer, dueAtMs: nextMs }
  }
}

function keyOf({ kind, incidentId }: Pick<TimerRow, 'kind' | 'incidentId'>): string {
  return `${kind}/${incidentId}`
}
