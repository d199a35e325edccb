import { SECOND_MS } from '@plimsoll/core'

import type { Usage } from '../probe/probe-protocol.ts'
import type { Subject } from '../subject/subject.ts'
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

/** What all processes of a service have used so far. */
export async function readUsage(subject: Subject): Promise<Usage> {
  const sum: Usage = { requestCount: 0, cpuMs: 0, gcMs: 0, busyMs: 0 }
  for (const probe of subject.probes()) {
    const usage = await probe.call('usage', null)
    for (const key of Object.keys(sum) as (keyof Usage)[]) sum[key] += usage[key]
  }
  return sum
}
