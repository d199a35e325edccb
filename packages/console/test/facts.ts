import { MiB } from '@plimsoll/core'
import type { CacheReport, Culprit } from '@plimsoll/core/wire'
import { parseConfig } from '../src/config-file.ts'
import { policyOf } from '../src/config.ts'
import { hadTime, type DatabaseFacts, type ProcessFacts, type ServiceFacts, type Window } from '../src/rule/facts.ts'

/** A healthy process, but for what is said otherwise. */
export function createProcess(change: Partial<ProcessFacts> & { name?: string } = {}): ProcessFacts {
  const { name = 'web-1', ...rest } = change
  return {
    identity: {
      service: 'web',
      instance: `${name}#1`,
      name,
      host: 'host-1',
      pid: 1,
      role: 'worker',
      controller: 'primary#1',
      startedAtMs: 0,
      nodeVersion: '20.19.0',
      serviceVersion: '1.0.0',
    },
    presence: 'alive',
    lastSeenAtMs: 0,
    latest: null,
    recent: createWindow(),
    depthBytes: 60 * MiB,
    isFloor: true,
    limitBytes: 256 * MiB,
    floors: [],
    growthBytesPerMin: 0,
    longGrowth: null,
    netGrowthBytesPerMin: 0,
    leak: null,
    signals: [],
    caches: [],
    ...rest,
  }
}

export function createWindow(change: Partial<Window> = {}): Window {
  const window = {
    requestsPerSec: 40,
    arrivalsPerSec: change.requestsPerSec ?? 40,
    newestArrivalsPerSec: 40,
    errorsPerSec: 0,
    requestCount: 1200,
    slowCount: 0,
    latencyMsP50: 6,
    latencyMsP99: 38,
    gcCpuShare: 0.02,
    eventLoopUtilization: 0.1,
    eventLoopDelayMsP99: 12,
    cpuShare: 0.1,
    cpuWaitShare: 0.1,
    sql: { queryCount: 2400, errorCount: 0, waitMsP99: 2, runMsP50: 1.1, runMsP99: 6 },
    usualSqlRunMsP50: 1,
    believedSql: { queryCount: 0, runMsP50: 0, spanMs: 0, arrivalsPerSec: 0, onset: null },
    ...change,
  }
  if (window.sql && hadTime(window) && !change.believedSql) {
    const { arrivalsPerSec, sql } = window
    window.believedSql = { ...sql, spanMs: 30_000, arrivalsPerSec, onset: null }
  }
  return window
}

export function createFacts(processes: ProcessFacts[], change: Partial<ServiceFacts> = {}): ServiceFacts {
  return {
    service: 'web',
    atMs: 0,
    policy: policyOf(parseConfig({}), 'web'),
    processes,
    traffic: null,
    usualRequestsPerSec: null,
    usualLatencyMsP99: null,
    served: { requestCount: 0, errorCount: 0, slowCount: 0 },
    database: null,
    deploys: [],
    crashes: [],
    ...change,
  }
}

export function createDatabase(change: Partial<DatabaseFacts> = {}): DatabaseFacts {
  return {
    atMs: 0,
    roundTripMs: 1.2,
    error: null,
    failureCount: 0,
    slowCount: 0,
    isStarved: false,
    baselineMs: 1.1,
    restartedAtMs: null,
    longestStatementMs: 3,
    longStatementCount: 0,
    activeCount: 1,
    waitingLockCount: 0,
    ...change,
  }
}

export function createCache(change: Partial<CacheReport> = {}): CacheReport {
  return {
    name: 'pages',
    createdAt: null,
    bytes: null,
    budgetBytes: null,
    entryCount: null,
    hitCount: 0,
    missCount: 0,
    loadCount: 0,
    removals: {},
    curve: [],
    ...change,
  }
}

export function createCulprit(change: Partial<Culprit> = {}): Culprit {
  return {
    file: 'src/catalog/pages.ts',
    line: 41,
    column: null,
    variable: 'pageCache',
    package: null,
    version: null,
    confidence: 0.9,
    knownLeak: null,
    fixedIn: null,
    share: null,
    entryCount: null,
    code: null,
    ...change,
  }
}
