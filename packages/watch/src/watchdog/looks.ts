import { url as inspectorUrl } from 'node:inspector'
import { getHeapStatistics } from 'node:v8'
import { systemClock } from '@plimsoll/core'
import { sharedState } from './shared-state.ts'

/** Often only while the last stand is armed: each look wakes a service that may be asleep. */
const LIMIT_LOOK_MS = { calm: 250, held: 50 } as const

/** V8 raises the limit fourfold; the program gets to this when it lives on. */
export function noteRaisedLimit(state: Int32Array): void {
  const { heap_size_limit: startLimit } = getHeapStatistics()
  const look = (): void => {
    const isHeld = Atomics.load(state, sharedState.isHeld) === 1
    if (isHeld && getHeapStatistics().heap_size_limit >= 2 * startLimit) Atomics.store(state, sharedState.hasStood, 1)
    else systemClock.after(isHeld ? LIMIT_LOOK_MS.held : LIMIT_LOOK_MS.calm, look)
  }
  look()
}

/** To be called every second: a debugger may come and go at any time, and the watchdog must not be beside one. */
export function noteInspector(state: Int32Array): void {
  Atomics.store(state, sharedState.isInspected, inspectorUrl() === undefined ? 0 : 1)
}
