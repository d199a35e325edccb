import { MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import type { ServicePolicy } from '../config.ts'
import type { Presence, ProcessFacts, TrafficFacts } from '../rule/facts.ts'
import type { ProcessState, ServiceState } from './process-state.ts'
import { HOT_MS } from './series.ts'

const RECENT_MS = 30 * SECOND_MS
/** Agents of ours talk every 2 s; five times that is no accident of the network. */
export const SILENT_MS = 10 * SECOND_MS
/** Who talks seldom is waited for longer; whoever catches up after an hour is not waited for as long. */
const MAX_PATIENCE_MS = 5 * MINUTE_MS

/** How long a process whose batches cover so much may keep quiet: until its next one is missing, and half of that is past again. */
export function patienceFor(spanMs: number): number {
  return Math.min(MAX_PATIENCE_MS, Math.max(SILENT_MS, 2.5 * spanMs))
}
/** A leak is believed to have ended when the floor lay still for so long after the last claim. */
const STILL_MS = MINUTE_MS

/**
 * @param awakeSinceMs before it the console itself slept, and heard nobody
 * @param isSlowSinceMs since when an open incident accuses the database, or null
 */
export function readProcess(
  service: ServiceState,
  process: ProcessState,
  policy: ServicePolicy,
  awakeSinceMs: number,
  nowMs: number,
  isSlowSinceMs: number | null,
): ProcessFacts {
  const { latest, floors, series } = process
  const presence = presenceOf(service, process, awakeSinceMs, nowMs)
  const heapBytes = latest === null ? null : latest.memory.heapUsedBytes + latest.memory.externalBytes
  const leak = presence === 'gone' || hasEnded(process) ? null : process.leak
  const usualSqlRunMsP50 = usualSqlRun(process, isSlowSinceMs, nowMs)
  const recent = series.window(nowMs - RECENT_MS, nowMs, policy.latencyObjectiveMs, usualSqlRunMsP50)
  const claimed = leak?.slope?.unit === 'bytesPerMin' ? leak.slope.estimate : null
  return {
    identity: process.identity,
    presence,
    lastSeenAtMs: Math.max(process.lastSeenAtMs, awakeSinceMs),
    latest,
    recent: recent && { ...recent, usualSqlRunMsP50 },
    depthBytes: latest?.memory.floorBytes ?? heapBytes,
    isFloor: latest !== null && latest.memory.floorBytes !== null,
    limitBytes: latest?.memory.heapLimitBytes ?? null,
    floors,
    growthBytesPerMin: claimed === null ? process.growthBytesPerMin : Math.max(claimed, process.growthBytesPerMin ?? 0),
    netGrowthBytesPerMin: process.netGrowthBytesPerMin,
    longGrowth: process.longGrowth,
    leak,
    signals: process.signals.filter(({ atMs }) => nowMs - atMs <= MINUTE_MS),
    caches: latest?.caches ?? [],
  }
}

/** A database that is slow for long must not become its own usual: what it was before is remembered. */
function usualSqlRun(process: ProcessState, isSlowSinceMs: number | null, nowMs: number): number | null {
  if (isSlowSinceMs !== null && process.usualSqlRunMsP50 !== null) return process.usualSqlRunMsP50
  const untilMs = (isSlowSinceMs ?? nowMs) - MINUTE_MS
  process.usualSqlRunMsP50 = process.series.median('sqlRunMsP50', untilMs + MINUTE_MS - HOT_MS, untilMs, 10)
  return process.usualSqlRunMsP50
}

export function presenceOf(
  service: ServiceState,
  process: ProcessState,
  awakeSinceMs: number,
  nowMs: number,
): Presence {
  if (process.endedAtMs !== null) return 'gone'
  // Whose end is expected is not waited for, were it this console that slept.
  const { patienceMs } = process
  if (process.retiredAtMs !== null) return nowMs - process.lastSeenAtMs > patienceMs / 2 ? 'gone' : 'draining'
  const quietMs = nowMs - Math.max(process.lastSeenAtMs, awakeSinceMs)
  if (quietMs <= patienceMs / 2) return 'alive'
  const { name, startedAtMs } = process.identity
  for (const other of service.processes.values()) {
    if (other.identity.name === name && other.identity.startedAtMs > startedAtMs) return 'gone'
  }
  if (quietMs <= patienceMs) return 'alive'
  // Of names that were invented nobody waits for each by itself; where a service is known, whoever starts and falls silent is missed.
  return process.isEstablished || service.isEstablished ? 'silent' : 'gone'
}

/** Whether the floor lay still, or fell and lay still, since the leak was last claimed. */
function hasEnded({ leak, leakAtMs, floors }: ProcessState): boolean {
  if (!leak || leak.slope?.unit !== 'bytesPerMin' || leak.memory === 'native') return false
  const later = floors.filter(([atMs]) => atMs > leakAtMs)
  const first = later[0]
  const last = later.at(-1)
  if (!first || !last || later.length < 3 || last[0] - first[0] < STILL_MS) return false
  const minutes = (last[0] - first[0]) / MINUTE_MS
  return last[1] - first[1] < 0.1 * leak.slope.estimate * minutes
}

export function addTraffic(processes: readonly ProcessFacts[]): TrafficFacts | null {
  const total: TrafficFacts = {
    requestCount: 0,
    errorCount: 0,
    slowCount: 0,
    requestsPerSec: 0,
    errorsPerSec: 0,
    latencyMsP50: 0,
    latencyMsP99: 0,
  }
  for (const { recent } of processes) {
    if (!recent || recent.requestCount === 0) continue
    total.requestCount += recent.requestCount
    total.slowCount += recent.slowCount
    total.requestsPerSec += recent.requestsPerSec
    total.errorsPerSec += recent.errorsPerSec
    total.errorCount += Math.round((recent.errorsPerSec / recent.requestsPerSec) * recent.requestCount)
    total.latencyMsP50 += recent.latencyMsP50 * recent.requestCount
    total.latencyMsP99 = Math.max(total.latencyMsP99, recent.latencyMsP99)
  }
  return total.requestCount === 0 ? null : { ...total, latencyMsP50: total.latencyMsP50 / total.requestCount }
}
