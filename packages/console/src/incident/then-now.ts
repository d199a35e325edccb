import { formatBytes, formatDuration } from '@plimsoll/core'
import type { ThenNow } from '../api/contract.ts'
import { depthRatio, isServing, type ServiceFacts } from '../rule/facts.ts'
import { count, percent } from '../words.ts'

/** What a service was like at one instant, as far as people compare it. Null is what nobody knew. */
export interface Measured {
  atMs: number
  deepest: { name: string; depthBytes: number; limitBytes: number } | null
  requestsPerSec: number | null
  errorsPerSec: number | null
  /** Of the slowest process. */
  latencyMsP99: number | null
  /** Of the process that collects most. */
  gcCpuShare: { name: string; share: number } | null
  servingCount: number
}

/** What is compared: as it is usual, as it was when the incident opened, and as it is now or was at the end. */
export interface Compared {
  usual: { requestsPerSec: number | null; latencyMsP99: number | null }
  then: Measured
  now: Measured
}

export function compareFromNow(facts: ServiceFacts): Compared {
  const then = measure(facts)
  return {
    usual: { requestsPerSec: facts.usualRequestsPerSec, latencyMsP99: facts.usualLatencyMsP99 },
    then,
    now: then,
  }
}

export function measure({ atMs, processes, traffic }: ServiceFacts): Measured {
  const serving = processes.filter((process) => isServing(process) && process.presence === 'alive')
  let deepest: Measured['deepest'] = null
  let deepestRatio = -1
  let gcCpuShare: Measured['gcCpuShare'] = null
  for (const process of serving) {
    const { depthBytes, limitBytes, recent, identity } = process
    const ratio = depthRatio(process)
    if (ratio !== null && ratio > deepestRatio) {
      deepestRatio = ratio
      deepest = { name: identity.name, depthBytes: depthBytes!, limitBytes: limitBytes! }
    }
    if (recent && recent.gcCpuShare > (gcCpuShare?.share ?? -1))
      gcCpuShare = { name: identity.name, share: recent.gcCpuShare }
  }
  return {
    atMs,
    deepest,
    requestsPerSec: traffic?.requestsPerSec ?? null,
    errorsPerSec: traffic?.errorsPerSec ?? null,
    latencyMsP99: traffic?.latencyMsP99 ?? null,
    gcCpuShare,
    servingCount: serving.length,
  }
}

/** The comparison in words. Null where there is nothing to compare: nobody of the service ever reported. */
export function tellThenNow(compared: Compared | null): ThenNow | null {
  if (!compared) return null
  const { usual, then, now } = compared
  if (then.servingCount === 0 && now.servingCount === 0) return null
  const row = (what: string, tell: (measured: Measured) => string, isUsually: string | null = null) => ({
    what,
    usual: isUsually,
    then: tell(then),
    now: tell(now),
  })
  const rows = [
    row('Deepest process', ({ deepest }) =>
      deepest ? `${deepest.name}: ${formatBytes(deepest.depthBytes)} of ${formatBytes(deepest.limitBytes)}` : UNKNOWN,
    ),
    row('Requests', ({ requestsPerSec }) => perSec(requestsPerSec), perSec(usual.requestsPerSec)),
    row('Failed', ({ errorsPerSec }) => perSec(errorsPerSec)),
    row('Slowest p99', ({ latencyMsP99 }) => ms(latencyMsP99), ms(usual.latencyMsP99)),
    row('Garbage collection', ({ gcCpuShare }) =>
      gcCpuShare ? `${gcCpuShare.name}: ${percent(gcCpuShare.share)}` : UNKNOWN,
    ),
    row('Serving', ({ servingCount }) => count(servingCount, 'process', 'processes')),
  ]
  return {
    thenAtMs: then.atMs,
    nowAtMs: now.atMs,
    rows: rows.filter((one) => one.then !== UNKNOWN || one.now !== UNKNOWN),
  }
}

const UNKNOWN = '–'

function perSec(rate: number | null): string {
  return rate === null ? UNKNOWN : `${rate < 10 ? Number(rate.toFixed(1)) : Math.round(rate)}/s`
}

function ms(latencyMs: number | null): string {
  return latencyMs === null ? UNKNOWN : formatDuration(Math.round(latencyMs))
}
