import { SECOND_MS } from '@plimsoll/core'

import type { TrafficProcess } from '../traffic/traffic-process.ts'
import type { TrafficPause } from '../traffic/traffic.ts'

/** The first moments of a slot are not counted: whoever was held back comes at once. */
const SETTLE_MS = 400
export const QUIET_WITHIN_MS = 5 * SECOND_MS

/** Drives for so long at one rate, and then waits until all is answered. */
export async function driveSlot(
  traffic: TrafficProcess,
  wait: (ms: number) => Promise<void>,
  ratePerSec: number,
  ms: number,
): Promise<TrafficPause['lap']> {
  traffic.resume(ratePerSec)
  await wait(SETTLE_MS)
  traffic.setPhase('slot')
  await wait(ms)
  const { lap } = await traffic.pause(QUIET_WITHIN_MS)
  return lap
}
