import { MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import { type Point, theilSen } from '@plimsoll/core/trend'
import type { Identity, Sample, Signal } from '@plimsoll/core/wire'
import type { Deploy } from '../api/contract.ts'
import type { ServedCounts } from '../rule/facts.ts'
import { judgeLongGrowth, type LongGrowth } from '../rule/long-growth.ts'
import type { AgentClock } from './clock-skew.ts'
import { RollUpRing, type RollUpValues } from './roll-up.ts'
import type { SequenceWindow } from './sequence-window.ts'
import { HOT_MS, medianOf, type RowValues, SeriesRing, valueOf } from './series.ts'

const MAX_FLOORS = 60
/** A line through so many points is as good as one through all, and its pairs are few. */
const MAX_SLOPE_POINTS = 20
export const BUCKET_MS = 10 * SECOND_MS
const MAX_BUCKETS = HOT_MS / BUCKET_MS
/** A version that has not forked so long after it was first seen will not: it does its work itself. */
const FORKED_MS = MINUTE_MS

/** What is kept of one watched process. */
export interface ProcessState {
  identity: Identity
  /** The token its latest batch came with; empty when it has not talked since the console started. */
  sender: string
  /** It was heard for a while: somebody who is missed when it falls silent. */
  isEstablished: boolean
  clock: AgentClock
  series: SeriesRing
  days: RollUpRing
  longGrowth: LongGrowth | null
  latest: Sample | null
  /** By this console, since it was started. */
  firstSeenAtMs: number
  lastSeenAtMs: number
  /** Without a word for so long it counts as silent. */
  patienceMs: number
  /** Batches whose samples are known, and those whose signals are. */
  arrived: SequenceWindow
  heard: SequenceWindow
  /** Signals of its own. */
  signalled: SequenceWindow
  floors: [number, number][]
  growthBytesPerMin: number | null
  netFloors: [number, number][]
  netGrowthBytesPerMin: number | null
  leak: Signal | null
  leakAtMs: number
  /** Of the latest of its own signals that said whether it leaks. */
  leakSequence: number
  /** As it was before its database was last in trouble. */
  usualSqlRunMsP50: number | null
  signals: Signal[]
  /** Its end is expected: it was replaced, it crashed, or a person said so. */
  retiredAtMs: number | null
  /** It said farewell. */
  endedAtMs: number | null
}

/** Traffic of a service in ten seconds. */
export interface Bucket {
  atMs: number
  requestCount: number
  latencyMsP99: number
}

export interface ServiceState {
  processes: Map<string, ProcessState>
  /** One of its processes was heard for a while. A name that nobody stood by is an invention, or a try. */
  isEstablished: boolean
  firstSeenAtMs: number | null
  buckets: Bucket[]
  served: ServedCounts
  deploys: Deploy[]
  /** Those that nobody was told of yet, since the service is not established. */
  untold: Deploy[]
  crashes: { atMs: number; instance: string; sentence: string }[]
}

export function emptyService(): ServiceState {
  return {
    processes: new Map(),
    isEstablished: false,
    firstSeenAtMs: null,
    buckets: [],
    served: { requestCount: 0, errorCount: 0, slowCount: 0 },
    deploys: [],
    untold: [],
    crashes: [],
  }
}

/** What a reading adds to the days, the floors and the traffic of its service. Answers the roll-up that it completed. */
export function noteRow(
  service: ServiceState,
  process: ProcessState,
  row: RowValues,
  boundedBytes: number,
): RollUpValues | null {
  const rollUp = process.days.add(row, boundedBytes)
  if (rollUp) process.longGrowth = judgeLongGrowth(process.days.netFloors())
  const [floorBytes, floorAtMs] = [valueOf(row, 'floorBytes'), valueOf(row, 'floorAtMs')]
  if (!Number.isNaN(floorBytes) && floorAtMs > (process.floors.at(-1)?.[0] ?? -Infinity)) {
    process.floors.push([floorAtMs, floorBytes])
    if (process.floors.length > MAX_FLOORS) process.floors.shift()
    process.growthBytesPerMin = slopeOf(process.floors)
    process.netFloors.push([floorAtMs, floorBytes - boundedBytes])
    if (process.netFloors.length > MAX_FLOORS) process.netFloors.shift()
    process.netGrowthBytesPerMin = slopeOf(process.netFloors)
  }
  const requestCount = valueOf(row, 'requestCount')
  if (Number.isNaN(requestCount)) return rollUp
  const bucketAtMs = Math.floor(valueOf(row, 'atMs') / BUCKET_MS) * BUCKET_MS
  let bucket = service.buckets.findLast(({ atMs }) => atMs === bucketAtMs)
  if (!bucket) {
    bucket = { atMs: bucketAtMs, requestCount: 0, latencyMsP99: 0 }
    service.buckets.push(bucket)
    if (service.buckets.length > MAX_BUCKETS) service.buckets.shift()
  }
  bucket.requestCount += requestCount
  bucket.latencyMsP99 = Math.max(bucket.latencyMsP99, valueOf(row, 'latencyMsP99'))
  return rollUp
}

/** Of the readings of the last 5 minutes; null with fewer than three over a minute. */
function slopeOf(floors: readonly Point[]): number | null {
  const last = floors.at(-1)
  if (!last) return null
  const near = floors.filter(([atMs]) => last[0] - atMs <= 5 * MINUTE_MS)
  if (near.length < 3 || last[0] - near[0]![0] < MINUTE_MS) return null
  const stride = Math.ceil(near.length / MAX_SLOPE_POINTS)
  return theilSen(near.filter((_reading, index) => (near.length - 1 - index) % stride === 0)).slope * MINUTE_MS
}

/** The journal has a sample in full once a minute: what is known of the newest one goes over it. */
export function freshen(sample: Sample, row: RowValues): Sample {
  if (valueOf(row, 'atMs') <= sample.atMs) return sample
  const orNull = (column: 'floorBytes' | 'floorAtMs') => {
    const value = valueOf(row, column)
    return Number.isNaN(value) ? null : value
  }
  return {
    ...sample,
    atMs: valueOf(row, 'atMs'),
    memory: {
      ...sample.memory,
      rssBytes: valueOf(row, 'rssBytes'),
      heapUsedBytes: valueOf(row, 'heapUsedBytes'),
      heapLimitBytes: valueOf(row, 'heapLimitBytes'),
      externalBytes: valueOf(row, 'externalBytes'),
      floorBytes: orNull('floorBytes'),
      floorAtMs: orNull('floorAtMs'),
    },
  }
}

/** Like is compared with like: a worker's statements are others than those of the process that starts it, or of a job. */
export function usualOfSiblings({ processes }: ServiceState, { role }: Identity): number | null {
  const siblings = [...processes.values()].filter(({ identity }) => identity.role === role)
  return medianOf(siblings.flatMap(({ usualSqlRunMsP50 }) => usualSqlRunMsP50 ?? []))
}

/**
 * Whether its version is the one that serves. A primary and a supervisor are older than what they start, and may be of another
 * package; until it forks, a primary passes for a process that serves, and a job may run beside the workers. A version that crashes
 * again and again is known by its lives together: none of them need last for long.
 * @param awakeSinceMs before it the console itself slept, and heard no worker
 */
export function speaksForItsService(
  { processes, crashes }: ServiceState,
  { identity, latest }: ProcessState,
  awakeSinceMs: number,
  nowMs: number,
): boolean {
  if (identity.role !== 'process') return identity.role === 'worker'
  let firstSeenAtMs = nowMs
  for (const other of processes.values()) {
    const { role, serviceVersion } = other.identity
    const isExpected = other.retiredAtMs === null && other.endedAtMs === null
    const quietMs = nowMs - Math.max(other.lastSeenAtMs, awakeSinceMs)
    if (role === 'worker' && isExpected && quietMs <= other.patienceMs) return false
    if (role === 'process' && serviceVersion === identity.serviceVersion)
      firstSeenAtMs = Math.min(firstSeenAtMs, other.firstSeenAtMs)
  }
  const hasCrashed = crashes.some(({ instance }) => instance === identity.instance)
  return hasCrashed || (latest?.http?.requestCount ?? 0) > 0 || nowMs - firstSeenAtMs >= FORKED_MS
}
