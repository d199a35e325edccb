import type { Usage } from '../probe/probe-protocol.ts'
import type { Subject } from './subject.ts'

/** What all processes of a service have used so far. */
export async function readUsage(subject: Subject): Promise<Usage> {
  const sum: Usage = { requestCount: 0, cpuMs: 0, gcMs: 0, busyMs: 0, idleMs: 0 }
  for (const probe of subject.probes()) {
    const usage = await probe.call('usage', null)
    for (const key of Object.keys(sum) as (keyof Usage)[]) sum[key] += usage[key]
  }
  return sum
}
