/** A pending timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void
}

/**
 * Time as it is passed in. `nowMs` is epoch milliseconds and may jump with the wall; `monotonicMs` never goes back and is
 * what spans are measured with. Timers never keep the process alive unless `keepAlive` is asked for.
 */
export interface Clock {
  nowMs(): number
  monotonicMs(): number
  after(delayMs: number, act: () => void, options?: { keepAlive?: boolean }): Timer
  every(periodMs: number, act: () => void, options?: { keepAlive?: boolean }): Timer
}

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, act, options) {
    const timer = setTimeout(act, delayMs)
    if (!options?.keepAlive) timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
  every(periodMs, act, options) {
    const timer = setInterval(act, periodMs)
    if (!options?.keepAlive) timer.unref()
    return { cancel: () => clearInterval(timer) }
  },
}

/** Waits on the given clock; the wait keeps the process alive. */
export function delay(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.after(delayMs, resolve, { keepAlive: true }))
}
