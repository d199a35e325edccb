import { SECOND_MS } from '@plimsoll/core'

import { findSlowCode, type SlowCulprit } from '../culprit/slow-code.ts'
import { SlowWatch } from '../culprit/slow-watch.ts'
import { Sources } from '../culprit/sources.ts'
import { KneeSearch, type Knee, type KneeStep } from '../gate/knee.ts'
import { readUsage } from '../subject/read-usage.ts'
import type { Subject } from '../subject/subject.ts'
import type { TrafficProcess } from '../traffic/traffic-process.ts'
import { driveSlot, QUIET_WITHIN_MS } from './slot.ts'

/** Where a service stops keeping up, and what gives out there. */
export interface KneeFinding extends Knee {
  /** In the order they were tried. */
  steps: KneeStep[]
  /** What gives out: its event loop, that mostly because of garbage collection, or something else it waits for. Null without a knee. */
  limitedBy: 'event-loop' | 'garbage-collection' | 'waiting' | null
  /** Of all time just above the knee, what the event loop of the busiest was at work, 0..1. */
  busyShare: number | null
  /** Where it computes most there, or where it waits longer than at half the rate. */
  culprits: SlowCulprit[]
}

export interface FindKneeOptions {
  subject: Subject
  traffic: TrafficProcess
  capacityPerSec: number
  cwd: string
  wait(ms: number): Promise<void>
  tell(sentence: string): void
}

const STEP_MS = 2 * SECOND_MS
/** A median of fewer requests is none: slow services are asked for longer. */
const STEP_REQUESTS = 60
const MAX_STEP_MS = 8 * SECOND_MS
const WATCH_MS = 2 * SECOND_MS
/** The median is what is looked at, so the generator may be a little later than for a 99th percentile. */
const MAX_LATE_MS = 20
const BUSY_SHARE = 0.85
const COLLECTING_SHARE = 0.3

/** Asks more and more of a service that runs, until its latency leaves the straight line. The traffic is left paused. */
export async function findKnee(options: FindKneeOptions): Promise<KneeFinding> {
  const { subject, traffic, capacityPerSec, wait, tell, cwd } = options
  await traffic.pause(QUIET_WITHIN_MS)
  const search = new KneeSearch({ capacityPerSec })
  let above: { busyShare: number; collectingShare: number } | null = null
  for (let rate = search.nextPerSec; rate !== null; rate = search.nextPerSec) {
    tell(`${Math.round(rate)} req/s: does its latency still lie on the straight line?`)
    const ms = Math.min(MAX_STEP_MS, Math.max(STEP_MS, (STEP_REQUESTS / rate) * 1000))
    const before = await readUsage(subject)
    const lap = await driveSlot(traffic, wait, rate, ms)
    const after = await readUsage(subject)
    const { requestCount, failureCount, latencyMsP50, latencyMsP99, generatorLateMsP99 } = lap
    search.add({
      ratePerSec: rate,
      answeredPerSec: Math.min(rate, (requestCount - failureCount) / (ms / 1000)),
      p50: latencyMsP50,
      p99: latencyMsP99,
      failureShare: requestCount > 0 ? failureCount / requestCount : 1,
      isStarved: generatorLateMsP99 > MAX_LATE_MS,
    })
    const busyMs = after.busyMs - before.busyMs
    if (search.knee.highPerSec === rate)
      above = {
        busyShare: busyMs / ms / Math.max(1, subject.probes().length),
        collectingShare: (after.gcMs - before.gcMs) / Math.max(1, busyMs),
      }
  }
  const { knee } = search
  const steps = [...search.steps]
  if (knee.highPerSec === null || above === null)
    return { ...knee, steps, limitedBy: null, busyShare: null, culprits: [] }
  tell('looking at what gives out there')
  const { busyShare, collectingShare } = above
  const watch = async (rate: number): Promise<SlowWatch> => {
    const watched = new SlowWatch(subject, new Sources(cwd))
    await watched.watch(() => driveSlot(traffic, wait, rate, WATCH_MS))
    return watched
  }
  const isBusy = busyShare >= BUSY_SHARE
  const calm = await watch(knee.lowPerSec / 2)
  const pressed = await watch(knee.highPerSec)
  // What it computes for a request it computes at any rate: there the whole of it counts, and not the difference.
  const nothing = { cpu: [], cpuRequestCount: 0, waits: [], waitRequestCount: 0, busyShare: 0, sources: calm.sources }
  return {
    ...knee,
    steps,
    limitedBy: !isBusy ? 'waiting' : collectingShare >= COLLECTING_SHARE ? 'garbage-collection' : 'event-loop',
    busyShare: Math.min(1, busyShare),
    culprits: findSlowCode(isBusy ? nothing : calm, pressed),
  }
}
