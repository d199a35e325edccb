/**
 * What the main thread and the watchdog tell each other without messages, since either may be stopped: one 32-bit number each, in
 * memory that both see.
 */
export const sharedState = {
  /** Counted up by the main thread while it lives. */
  beat: 0,
  /** 1 as soon as the main thread leaves, for the watchdog to let go of it. */
  isLeaving: 1,
  /** 1 from arming the last stand until it is let go of: the main thread waits for that before it ends. */
  isHeld: 2,
  /** 1 while somebody has an inspector open on the main thread. */
  isInspected: 3,
  /** 1 as soon as V8 has raised the heap limit. */
  hasStood: 4,
} as const

export function createSharedState(): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * Object.keys(sharedState).length)
}

/** A watchdog that does not answer must not hold up an end. */
const letGoMs = 500

/**
 * Called as the main thread's last act. A debugger still attached would have Node wait for it, with a line on the terminal that
 * frightens people; so the watchdog is asked to let go, and waited for.
 */
export function waitUntilLetGo(state: Int32Array): void {
  if (Atomics.load(state, sharedState.isHeld) !== 1) return
  Atomics.store(state, sharedState.isLeaving, 1)
  Atomics.notify(state, sharedState.isLeaving)
  Atomics.wait(state, sharedState.isHeld, 1, letGoMs)
}
