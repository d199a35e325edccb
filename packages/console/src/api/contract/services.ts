import type { CacheReport, Verdict } from '@plimsoll/core/wire'
import type { CheckVerdict, IncidentSummary } from './incidents.ts'

/** What the first page shows. */
export interface Overview {
  atMs: number
  /** Worst verdict of all, for the favicon. */
  verdict: Verdict
  /** One sentence on the whole: the leading incident's, or that all is calm. */
  sentence: string
  services: ServiceView[]
  /** Not resolved, the gravest first, and the newest of those. */
  incidents: IncidentSummary[]
  /** Silences and maintenance windows in force. */
  silenceCount: number
}

export interface ServiceView {
  name: string
  verdict: Verdict
  sentence: string
  /** Over the last 30 s and all processes; null until the first request. */
  traffic: {
    requestsPerSec: number
    errorsPerSec: number
    /** Errors ÷ requests. */
    errorRatio: number
    latencyMsP50: number
    /** The worst process' p99. */
    latencyMsP99: number
  } | null
  /** The regular probe of the service's database; null when none is configured. */
  database: DatabaseView | null
  /** Ordered by name; those that ended are kept for a while as `gone`. */
  processes: ProcessView[]
  /** Added up over the processes, by name. */
  caches: CacheView[]
  /** Versions seen, the newest last: a change is a deploy. */
  deploys: Deploy[]
  /** Ids of incidents that are not resolved. */
  incidentIds: number[]
  /** What may be done here without asking: `observe` does nothing, `ask` waits for approval, `safe` acts under guard. */
  act: ActPolicy
}

export type ActPolicy = 'observe' | 'ask' | 'safe'

export interface DatabaseView {
  verdict: CheckVerdict
  /** `answers in 1.2 ms, no lock, nothing runs long` */
  sentence: string
  atMs: number
  /** Connect and `select 1`; null when it did not answer. */
  roundTripMs: number | null
  baselineMs: number | null
  longestStatementMs: number | null
  waitingLockCount: number | null
}

export interface Deploy {
  version: string
  atMs: number
}

/** One watched process, drawn as a hull. */
export interface ProcessView {
  instance: string
  name: string
  service: string
  host: string
  pid: number
  role: 'process' | 'worker' | 'primary' | 'supervisor'
  startedAtMs: number
  nodeVersion: string
  serviceVersion: string | null
  lastSeenAtMs: number
  /** `silent`: alive as far as we know, but it stopped talking. `gone`: it ended or was replaced. */
  presence: 'alive' | 'silent' | 'draining' | 'gone'
  verdict: Verdict
  sentence: string
  /** Null until the first sample. */
  hull: Hull | null
  rssBytes: number | null
  gcCpuShare: number | null
  eventLoopUtilization: number | null
  cpuShare: number | null
  requestsPerSec: number | null
  errorsPerSec: number | null
  latencyMsP99: number | null
  /** The incident it takes part in, when that is not resolved. */
  incidentId: number | null
}

/** How deep it lies, and where the line is. */
export interface Hull {
  /** What to fill: the floor after full GC when known, else heap used + external. */
  depthBytes: number
  isFloor: boolean
  heapUsedBytes: number
  limitBytes: number
  /** The depth we promise not to pass. */
  loadLineBytes: number
  growthBytesPerMin: number | null
  /** Earliest and latest; null when no limit is near or known. */
  timeToLimitMs: [number, number] | null
}

export interface CacheView {
  name: string
  createdAt: string | null
  bytes: number | null
  budgetBytes: number | null
  entryCount: number | null
  /** Since start; null before the first lookup. */
  hitRatio: number | null
  processCount: number
  curve: { budgetBytes: number; hitRatio: number }[]
}

export interface ProcessDetail {
  process: ProcessView
  /** The last 15 minutes at most. */
  series: ProcessSeries
  /** The last seven days at most, in steps of ten minutes. */
  days: DaySeries
  marks: Mark[]
  caches: CacheReport[]
  /** Largest growing holders, when the census ran. */
  sites: { file: string; line: number; variable: string; entryCount: number; growthPerMin: number }[]
  routes: { route: string; requestsPerSec: number; errorCount: number; latencyMsP99: number }[]
  sql: { queriesPerSec: number; errorCount: number; waitMsP99: number; runMsP50: number; runMsP99: number } | null
}

/** One column per line of a chart, all of one length, in order of time: what uPlot takes. */
export interface ProcessSeries {
  atMs: number[]
  floorBytes: (number | null)[]
  heapUsedBytes: number[]
  externalBytes: number[]
  rssBytes: number[]
  heapLimitBytes: number[]
  gcCpuShare: number[]
  eventLoopUtilization: number[]
  eventLoopDelayMsP99: number[]
  cpuShare: number[]
  requestsPerSec: (number | null)[]
  errorsPerSec: (number | null)[]
  latencyMsP50: (number | null)[]
  latencyMsP99: (number | null)[]
}

/** The same for days: the lowest floor, the highest of what should be low, and the mean of requests of each ten minutes. */
export interface DaySeries {
  atMs: number[]
  floorBytes: (number | null)[]
  rssBytes: (number | null)[]
  heapLimitBytes: (number | null)[]
  requestsPerSec: (number | null)[]
  latencyMsP99: (number | null)[]
}

/** A vertical hairline in a chart, with a word. */
export interface Mark {
  atMs: number
  kind: 'incident' | 'deploy' | 'action' | 'start'
  label: string
}
