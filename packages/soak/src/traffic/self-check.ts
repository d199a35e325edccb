import type { Clock } from '@plimsoll/core'

import { Histogram } from './histogram.ts'

/** Whether the generator itself was too slow to be believed. */
export interface GeneratorVerdict {
  isBottleneck: boolean
  /** Sentences; empty when it kept up. */
  why: string[]
  eventLoopDelayMsP99: number
  eventLoopDelayMsMax: number
  /** Of the sessions that were due, the share that could not start. */
  missedShare: number
}

/** Beyond these the generator's own slowness shows in the latencies it reports, or the rate it promised was not driven. */
const MAX_EVENT_LOOP_DELAY_MS_P99 = 5
const MAX_MISSED_SHARE = 0.001

const PROBE_MS = 10

/** Watches this process' own event loop: how late does a timer of 10 ms fire? */
export interface EventLoopProbe {
  readonly delays: Histogram
  /** The same since whoever owns it cleared it last. */
  readonly lap: Histogram
  /** The worst since it was last asked. */
  takeMaxMs(): number
  stop(): void
}

export function startEventLoopProbe(clock: Clock): EventLoopProbe {
  const delays = new Histogram()
  const lap = new Histogram()
  let maxMs = 0
  let dueAtMs = clock.monotonicMs() + PROBE_MS
  const timer = clock.every(PROBE_MS, () => {
    const lateMs = Math.max(0, clock.monotonicMs() - dueAtMs)
    dueAtMs = clock.monotonicMs() + PROBE_MS
    maxMs = Math.max(maxMs, lateMs)
    // One long stall hides the probes that were due within it: record what each of them would have seen. A minute is enough.
    let seenMs = Math.min(lateMs, 60_000)
    do {
      delays.record(seenMs)
      lap.record(seenMs)
      seenMs -= PROBE_MS
    } while (seenMs > 0)
  })
  return {
    delays,
    lap,
    takeMaxMs() {
      const worstMs = maxMs
      maxMs = 0
      return worstMs
    },
    stop: () => timer.cancel(),
  }
}

export function judgeGenerator(facts: {
  delays: Histogram
  startedSessionCount: number
  missedSessionCount: number
  maxSessions: number
}): GeneratorVerdict {
  const { delays, startedSessionCount, missedSessionCount, maxSessions } = facts
  const eventLoopDelayMsP99 = delays.quantileMs(0.99)
  const missedShare = missedSessionCount / Math.max(1, startedSessionCount + missedSessionCount)
  const why: string[] = []
  if (eventLoopDelayMsP99 > MAX_EVENT_LOOP_DELAY_MS_P99) {
    why.push(
      `the generator's own event loop was ${eventLoopDelayMsP99.toFixed(1)} ms late at p99 (limit ${MAX_EVENT_LOOP_DELAY_MS_P99} ms): ` +
        'the machine has too little CPU for generator and service together, or the rate is too high',
    )
  }
  if (missedShare > MAX_MISSED_SHARE) {
    why.push(
      `${missedSessionCount} sessions (${(missedShare * 100).toFixed(1)} %) could not start because ${maxSessions} were open: ` +
        'raise maxSessions, or the service is too slow for this rate',
    )
  }
  return { isBottleneck: why.length > 0, why, eventLoopDelayMsP99, eventLoopDelayMsMax: delays.maxMs, missedShare }
}
