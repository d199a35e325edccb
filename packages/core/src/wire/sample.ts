import type { Reader } from '../reader.ts'
import { amount, instant, signedAmount } from './bounds.ts'
import { readCacheReport, type CacheReport } from './cache-report.ts'

/** One reading of one process. Counts and shares are over the window that ends at `atMs`. */
export interface Sample {
  atMs: number
  windowMs: number
  memory: {
    rssBytes: number
    heapUsedBytes: number
    heapTotalBytes: number
    heapLimitBytes: number
    externalBytes: number
    arrayBuffersBytes: number
    /** heapUsed + external right after the latest full GC, the only honest line; null until there was one. */
    floorBytes: number | null
    floorAtMs: number | null
  }
  gc: { majorCount: number; minorCount: number; pauseMs: number; pauseMsMax: number; cpuShare: number }
  eventLoop: { utilization: number; delayMsP50: number; delayMsP99: number; delayMsMax: number }
  /** Share of one core, user and system; above 1 with worker threads. */
  cpuShare: number
  /** Of the time in which the main thread wanted a processor, the share in which it waited for one; null where the kernel does not tell. */
  cpuWaitShare: number | null
  cgroup: { currentBytes: number; limitBytes: number | null; pressureAvg10: number | null } | null
  /**
   * Served requests; null until the first one. `errorCount` counts answers of 500 and above and aborted ones; `arrivedCount` those that
   * came in, answered or not, and is null where the agent does not tell.
   */
  http: {
    requestCount: number
    arrivedCount: number | null
    errorCount: number
    latencyMsP50: number
    latencyMsP99: number
    latencyMsMax: number
  } | null
  routes: { route: string; requestCount: number; errorCount: number; latencyMsP99: number }[]
  /** Queries told on `sqlQueryChannel`; null when nobody tells. */
  sql: { queryCount: number; errorCount: number; waitMsP99: number; runMsP50: number; runMsP99: number } | null
  caches: CacheReport[]
  /** Largest growing holders, when the census ran. */
  sites: { file: string; line: number; variable: string; entryCount: number; growthPerMin: number }[]
  handleCount: number
  threadCount: number | null
}

export function readSample(reader: Reader): Sample {
  reader.object()
  const counted = { ...amount, fallback: 0 }
  const memory = reader.at('memory').object()
  const gc = reader.at('gc')
  const loop = reader.at('eventLoop')
  return {
    atMs: reader.at('atMs').number(instant),
    windowMs: reader.at('windowMs').number(amount),
    memory: {
      rssBytes: memory.at('rssBytes').number(amount),
      heapUsedBytes: memory.at('heapUsedBytes').number(amount),
      heapTotalBytes: memory.at('heapTotalBytes').number(amount),
      heapLimitBytes: memory.at('heapLimitBytes').number({ ...amount, min: 1 }),
      externalBytes: memory.at('externalBytes').number(amount),
      arrayBuffersBytes: memory.at('arrayBuffersBytes').number(counted),
      floorBytes: memory.at('floorBytes').numberOrNull(amount),
      floorAtMs: memory.at('floorAtMs').numberOrNull(instant),
    },
    gc: {
      majorCount: gc.at('majorCount').number(counted),
      minorCount: gc.at('minorCount').number(counted),
      pauseMs: gc.at('pauseMs').number(counted),
      pauseMsMax: gc.at('pauseMsMax').number(counted),
      cpuShare: gc.at('cpuShare').number(counted),
    },
    eventLoop: {
      utilization: loop.at('utilization').number(counted),
      delayMsP50: loop.at('delayMsP50').number(counted),
      delayMsP99: loop.at('delayMsP99').number(counted),
      delayMsMax: loop.at('delayMsMax').number(counted),
    },
    cpuShare: reader.at('cpuShare').number(counted),
    cpuWaitShare: reader.at('cpuWaitShare').numberOrNull(amount),
    cgroup: reader.at('cgroup').orNull((cgroup) => ({
      currentBytes: cgroup.at('currentBytes').number(amount),
      limitBytes: cgroup.at('limitBytes').numberOrNull(amount),
      pressureAvg10: cgroup.at('pressureAvg10').numberOrNull(amount),
    })),
    http: reader.at('http').orNull((http) => ({
      requestCount: http.at('requestCount').number(amount),
      arrivedCount: http.at('arrivedCount').numberOrNull(amount),
      errorCount: http.at('errorCount').number(counted),
      latencyMsP50: http.at('latencyMsP50').number(counted),
      latencyMsP99: http.at('latencyMsP99').number(counted),
      latencyMsMax: http.at('latencyMsMax').number(counted),
    })),
    routes: reader.at('routes').list(
      (route) => ({
        route: route.at('route').string({ maxLength: 300 }),
        requestCount: route.at('requestCount').number(amount),
        errorCount: route.at('errorCount').number(counted),
        latencyMsP99: route.at('latencyMsP99').number(counted),
      }),
      { maxLength: 50, isOptional: true },
    ),
    sql: reader.at('sql').orNull((sql) => ({
      queryCount: sql.at('queryCount').number(amount),
      errorCount: sql.at('errorCount').number(counted),
      waitMsP99: sql.at('waitMsP99').number(counted),
      runMsP50: sql.at('runMsP50').number(counted),
      runMsP99: sql.at('runMsP99').number(counted),
    })),
    caches: reader.at('caches').list(readCacheReport, { maxLength: 200, isOptional: true }),
    sites: reader.at('sites').list(
      (site) => ({
        file: site.at('file').string({ maxLength: 500 }),
        line: site.at('line').integer(amount),
        variable: site.at('variable').string({ maxLength: 200 }),
        entryCount: site.at('entryCount').number(amount),
        growthPerMin: site.at('growthPerMin').number(signedAmount),
      }),
      { maxLength: 50, isOptional: true },
    ),
    handleCount: reader.at('handleCount').number(counted),
    threadCount: reader.at('threadCount').numberOrNull(amount),
  }
}
