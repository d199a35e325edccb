import { MINUTE_MS, SECOND_MS, STARVED_SHARE } from '@plimsoll/core'
import type { CacheReport, Identity, Sample, Signal } from '@plimsoll/core/wire'
import type { Deploy } from '../api/contract.ts'
import type { ServicePolicy } from '../config.ts'
import type { LongGrowth } from './long-growth.ts'

export type Presence = 'alive' | 'silent' | 'draining' | 'gone'

/** What is known of one service at one instant: all that rules, checks and mitigation may look at. */
export interface ServiceFacts {
  service: string
  atMs: number
  policy: ServicePolicy
  processes: ProcessFacts[]
  /** Over the last 30 s, all processes together; null without a request. */
  traffic: TrafficFacts | null
  /** Median over the quarter of an hour before the last minute; null until there is a minute of it. */
  usualRequestsPerSec: number | null
  usualLatencyMsP99: number | null
  /** Counted since this console started. */
  served: ServedCounts
  database: DatabaseFacts | null
  deploys: Deploy[]
  /** Crashes told of in the last 5 minutes. */
  crashes: { atMs: number; instance: string; sentence: string }[]
}

export interface ServedCounts {
  requestCount: number
  errorCount: number
  slowCount: number
}

export interface TrafficFacts {
  requestCount: number
  errorCount: number
  slowCount: number
  requestsPerSec: number
  errorsPerSec: number
  latencyMsP50: number
  latencyMsP99: number
}

export interface ProcessFacts {
  identity: Identity
  presence: Presence
  lastSeenAtMs: number
  latest: Sample | null
  /** Means over the last 30 s; null without a sample in them. */
  recent: Window | null
  /** Floor after full GC when known, else heap used + external. */
  depthBytes: number | null
  isFloor: boolean
  limitBytes: number | null
  /** Distinct readings of the floor, oldest first, the last 60. */
  floors: readonly (readonly [atMs: number, bytes: number])[]
  growthBytesPerMin: number | null
  /** The same without what caches within their budget took. */
  netGrowthBytesPerMin: number | null
  /** How the same hour of the day compares over days; null with fewer than two of them, or when it does not rise. */
  longGrowth: LongGrowth | null
  /** The leak it claims to have, until it says otherwise or its floor lies still. */
  leak: Signal | null
  /** Other findings of its own, the last minute. */
  signals: readonly Signal[]
  caches: readonly CacheReport[]
}

export interface Window {
  requestsPerSec: number
  /** Requests that came in, answered or not: what hangs or is turned away is traffic too. */
  arrivalsPerSec: number
  /** Of the newest samples that are worth some seconds together: a sample may be of milliseconds, and one request a flood in it. */
  newestArrivalsPerSec: number
  errorsPerSec: number
  requestCount: number
  slowCount: number
  latencyMsP50: number
  latencyMsP99: number
  gcCpuShare: number
  eventLoopUtilization: number
  eventLoopDelayMsP99: number
  cpuShare: number
  /** Of the time in which it wants a processor, the share in which it waits for one; null when nobody tells. */
  cpuWaitShare: number | null
  sql: { queryCount: number; errorCount: number; waitMsP99: number; runMsP50: number; runMsP99: number } | null
  /** Statements of those samples in which it had the time to measure them: what it says of its database otherwise, it says of itself. */
  believedSql: {
    queryCount: number
    runMsP50: number
    spanMs: number
    /** Traffic while they ran: a sample weighs as much as the time that its statements took. */
    arrivalsPerSec: number
    /** The first seconds of them in which statements were slow, and the traffic of those samples; null when they never were. */
    onset: { queryCount: number; runMsP50: number; spanMs: number; arrivalsPerSec: number } | null
  }
  /** Median of the statements' p50 over the quarter of an hour before; its siblings' until there is a minute of it, or null. */
  usualSqlRunMsP50: number | null
}

/** A process with a delay above this measures its own slowness, not that of what it waits for. */
const STALLED_LOOP_MS = 100

/** Whether a process could go on whenever it had something to do: its event loop free, a processor there, no garbage in the way. */
export function hadTime(
  window: Pick<Window, 'eventLoopDelayMsP99' | 'eventLoopUtilization' | 'gcCpuShare' | 'cpuWaitShare'>,
): boolean {
  return (
    !isStarved(window) &&
    window.eventLoopDelayMsP99 < STALLED_LOOP_MS &&
    window.eventLoopUtilization < 0.8 &&
    window.gcCpuShare < 0.2
  )
}

/** Whether its machine had too little processor time for it. */
export function isStarved({ cpuWaitShare }: Pick<Window, 'cpuWaitShare'>): boolean {
  return (cpuWaitShare ?? 0) >= STARVED_SHARE
}

/** What probing a database found. */
export interface DatabaseFacts {
  atMs: number
  /** Null when it did not answer. */
  roundTripMs: number | null
  /** Why it did not. */
  error: string | null
  /** In a row, the latest included. */
  failureCount: number
  slowCount: number
  /** The machine of this console was short of processor time when it asked, and the answer was late rather than refused. */
  isStarved: boolean
  /** Median of answers while it was well; null until five of them. */
  baselineMs: number | null
  /** When a probe found it started anew since the one before; null when that never happened. */
  restartedAtMs: number | null
  longestStatementMs: number
  /** Running for more than a second. */
  longStatementCount: number
  activeCount: number
  waitingLockCount: number
}

/** Share of the limit, 0..1; null when either is unknown. */
export function depthRatio(process: ProcessFacts): number | null {
  return process.depthBytes === null || process.limitBytes === null ? null : process.depthBytes / process.limitBytes
}

/** How long until its limit when it goes on like this; null when it does not grow or nobody knows. */
export function timeLeftMs(process: ProcessFacts): number | null {
  const { leak, depthBytes, limitBytes, growthBytesPerMin } = process
  if (leak?.slope?.unit === 'countPerMin' || leak?.memory === 'native' || leak?.memory === 'external') {
    return leak.timeToLimitMs?.[0] ?? null
  }
  // A claim is told once, so its own forecast ages; depth and slope are of now.
  if (depthBytes === null || limitBytes === null || growthBytesPerMin === null || growthBytesPerMin <= 0) return null
  return (Math.max(0, limitBytes - depthBytes) / growthBytesPerMin) * MINUTE_MS
}

/** Serves requests, or would: no supervisor and no primary that only forks. */
export function isServing(process: ProcessFacts): boolean {
  return process.identity.role === 'worker' || process.identity.role === 'process'
}

/** Well enough to carry traffic while another one is touched. */
export function isHealthy(process: ProcessFacts): boolean {
  const ratio = depthRatio(process)
  return (
    process.presence === 'alive' &&
    isServing(process) &&
    process.leak?.verdict !== 'sinking' &&
    (ratio === null || ratio < 0.9)
  )
}

/** One sample may be a hiccup, of which a window would remember nothing else. */
export const MIN_SPAN_MS = 3 * SECOND_MS
const SLOW_STATEMENT_MS = 100

/** From which p50 on statements are slow. */
export function slowStatementLineMs(usualMs: number | null): number {
  return Math.max(SLOW_STATEMENT_MS, 5 * (usualMs ?? 0))
}

/** Traffic this many times the usual is called a rush. */
export const RUSH = 2.5

/** Twice what the usual is made of. Whatever traffic lasts for longer, a morning after a night, is the usual. */
const YOUNG_MS = 30 * MINUTE_MS

/** What is usual is what was so before a rush: while its incident is young, it must not become its own usual. */
export function withUsualBefore(
  facts: ServiceFacts,
  open: readonly {
    openedAtMs: number
    compared: { usual: { requestsPerSec: number | null }; then: { requestsPerSec: number | null } } | null
  }[],
): ServiceFacts {
  // Of the first one only: those that open meanwhile have their usual from it, and must not prolong it.
  const [rush] = open
    .flatMap(({ openedAtMs, compared }) => {
      const usual = compared?.usual.requestsPerSec
      return usual && (compared.then.requestsPerSec ?? 0) >= usual * RUSH ? { openedAtMs, usual } : []
    })
    .sort((one, other) => one.openedAtMs - other.openedAtMs)
  return rush && facts.atMs - rush.openedAtMs < YOUNG_MS ? { ...facts, usualRequestsPerSec: rush.usual } : facts
}

/** Traffic below this many times the usual makes no statement slow: halfway to a rush it may, where traffic only begins to rise. */
export const CALM = 1.5

/**
 * Traffic while the statements ran that these processes tell of, against the usual. A mean over half a minute knows hardly anything
 * of a rush that has just begun, and forgets one that has just ended before its slow statements are forgotten.
 */
export function trafficFactorOfStatements(
  { processes, usualRequestsPerSec }: ServiceFacts,
  tellers: readonly ProcessFacts[],
  rateOf: (recent: Window) => number,
): number {
  if (!usualRequestsPerSec) return 1
  const rate = processes.reduce((sum, process) => {
    const { recent } = process
    if (!recent) return sum
    return sum + (tellers.includes(process) ? rateOf(recent) : recent.arrivalsPerSec)
  }, 0)
  return rate / usualRequestsPerSec
}

/** Traffic of the newest samples against the usual, for what was seen at this very moment. */
export function trafficFactorNow({ processes, usualRequestsPerSec }: ServiceFacts): number {
  if (!usualRequestsPerSec) return 1
  const rate = processes.reduce(
    (sum, { presence, recent }) => (presence === 'alive' && recent ? sum + recent.newestArrivalsPerSec : sum),
    0,
  )
  return rate / usualRequestsPerSec
}

/** Traffic now against the usual; 1 when either is unknown. */
export function trafficFactor(facts: ServiceFacts): number {
  const rate = arrivalsPerSec(facts)
  return rate > 0 && facts.usualRequestsPerSec ? rate / facts.usualRequestsPerSec : 1
}

/** What comes in, over the last 30 s, all processes together. */
export function arrivalsPerSec({ processes }: ServiceFacts): number {
  return processes.reduce((sum, { recent }) => sum + (recent?.arrivalsPerSec ?? 0), 0)
}
