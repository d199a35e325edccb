import { formatBytes, formatDuration, SECOND_MS } from '@plimsoll/core'
import type { CacheReport, Verdict } from '@plimsoll/core/wire'
import { gravity } from '../../incident/grouping.ts'
import type { IncidentRecord } from '../../incident/incident.ts'
import { describeLeak, worstLeak } from '../../rule/builtin.ts'
import { isServing, type ProcessFacts, type ServiceFacts } from '../../rule/facts.ts'
import { judgeDatabase } from '../../runbook/database-facts.ts'
import { count } from '../../words.ts'
import type { CacheView, DatabaseView, Hull, Overview, ProcessView, ServiceView } from '../contract.ts'
import { toSummary } from './incident.ts'

const verdictOrder: readonly Verdict[] = ['afloat', 'recovered', 'growing', 'leaking', 'sinking']

export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  return verdictOrder[Math.max(0, ...verdicts.map((verdict) => verdictOrder.indexOf(verdict)))]!
}

export function toOverview(
  services: readonly ServiceFacts[],
  open: readonly IncidentRecord[],
  silenceCount: number,
  nowMs: number,
): Overview {
  const views = services.map((facts) => toServiceView(facts, open))
  const incidents = open
    .map(toSummary)
    .sort(
      (one, other) =>
        verdictOrder.indexOf(other.verdict) - verdictOrder.indexOf(one.verdict) ||
        gravity[other.severity] - gravity[one.severity] ||
        other.openedAtMs - one.openedAtMs,
    )
  const processCount = views.reduce(
    (sum, { processes }) => sum + processes.filter(({ presence }) => presence !== 'gone').length,
    0,
  )
  const calm =
    processCount === 0
      ? 'No process reports yet.'
      : `All is calm: ${count(processCount, 'process', 'processes')} of ${count(views.length, 'service')} afloat.`
  return {
    atMs: nowMs,
    verdict: worstVerdict([...views.map(({ verdict }) => verdict), ...incidents.map(({ verdict }) => verdict)]),
    sentence: incidents[0]?.sentence ?? calm,
    services: views,
    incidents,
    silenceCount,
  }
}

export function toServiceView(facts: ServiceFacts, open: readonly IncidentRecord[]): ServiceView {
  const incidents = open.filter(({ service }) => service === facts.service)
  const processes = facts.processes.map((process) => toProcessView(process, facts, incidents))
  const present = processes.filter(({ presence }) => presence !== 'gone')
  const worst = worstLeak(facts.processes.filter(({ presence }) => presence !== 'gone'))
  const { traffic } = facts
  return {
    name: facts.service,
    verdict: worstVerdict([
      ...present.map(({ verdict }) => verdict),
      ...incidents.map((incident) => toSummary(incident).verdict),
    ]),
    sentence: worst
      ? describeLeak(worst, worst.leak!)
      : (incidents[0]?.sentence ?? `${count(present.length, 'process', 'processes')} afloat.`),
    traffic: traffic && {
      requestsPerSec: traffic.requestsPerSec,
      errorsPerSec: traffic.errorsPerSec,
      errorRatio: traffic.errorsPerSec / traffic.requestsPerSec,
      latencyMsP50: traffic.latencyMsP50,
      latencyMsP99: traffic.latencyMsP99,
    },
    database: toDatabaseView(facts),
    processes,
    caches: addCaches(facts.processes.filter(({ presence }) => presence === 'alive').flatMap(({ caches }) => caches)),
    deploys: facts.deploys,
    incidentIds: incidents.map(({ id }) => id),
    act: facts.policy.act,
  }
}

export function toProcessView(
  process: ProcessFacts,
  facts: ServiceFacts,
  open: readonly IncidentRecord[],
): ProcessView {
  const { identity, latest, recent, presence, leak } = process
  const incident = open.find(
    (record) =>
      record.service === facts.service && record.alerts.some(({ instances }) => instances.includes(identity.instance)),
  )
  return {
    instance: identity.instance,
    name: identity.name,
    service: identity.service,
    host: identity.host,
    pid: identity.pid,
    role: identity.role,
    startedAtMs: identity.startedAtMs,
    nodeVersion: identity.nodeVersion,
    serviceVersion: identity.serviceVersion,
    lastSeenAtMs: process.lastSeenAtMs,
    presence,
    verdict: leak?.verdict ?? 'afloat',
    sentence: describeProcess(process, facts.atMs),
    hull: toHull(process, facts),
    rssBytes: latest?.memory.rssBytes ?? null,
    gcCpuShare: recent?.gcCpuShare ?? null,
    eventLoopUtilization: recent?.eventLoopUtilization ?? null,
    cpuShare: recent?.cpuShare ?? null,
    requestsPerSec: isServing(process) ? (recent?.requestsPerSec ?? null) : null,
    errorsPerSec: isServing(process) ? (recent?.errorsPerSec ?? null) : null,
    latencyMsP99: isServing(process) ? (recent?.latencyMsP99 ?? null) : null,
    incidentId: presence === 'gone' ? null : (incident?.id ?? null),
  }
}

function describeProcess(process: ProcessFacts, nowMs: number): string {
  const { presence, identity, leak, depthBytes, limitBytes, lastSeenAtMs } = process
  if (presence === 'gone') return `${identity.name} ended.`
  if (presence === 'draining') return `${identity.name} finishes what it has begun and takes no more.`
  if (presence === 'silent') return `${identity.name} fell silent ${formatDuration(nowMs - lastSeenAtMs)} ago.`
  if (leak) return describeLeak(process, leak)
  if (depthBytes === null || limitBytes === null) return `${identity.name} reports; no sample yet.`
  return `${identity.name} is afloat: ${formatBytes(depthBytes)} of ${formatBytes(limitBytes)}.`
}

function toHull(process: ProcessFacts, { policy }: ServiceFacts): Hull | null {
  const { latest, depthBytes, limitBytes, isFloor, growthBytesPerMin, leak } = process
  if (!latest || depthBytes === null || limitBytes === null) return null
  return {
    depthBytes,
    isFloor,
    heapUsedBytes: latest.memory.heapUsedBytes,
    limitBytes,
    loadLineBytes: Math.round(limitBytes * policy.loadLineRatio),
    growthBytesPerMin,
    timeToLimitMs: leak?.timeToLimitMs ?? null,
  }
}

function toDatabaseView(facts: ServiceFacts): DatabaseView | null {
  const { database } = facts
  if (!database) return null
  const { verdict, sentence } = judgeDatabase(facts)
  return {
    verdict,
    sentence,
    atMs: database.atMs,
    roundTripMs: database.roundTripMs,
    baselineMs: database.baselineMs,
    longestStatementMs: database.roundTripMs === null ? null : database.longestStatementMs,
    waitingLockCount: database.roundTripMs === null ? null : database.waitingLockCount,
  }
}

function addCaches(reports: readonly CacheReport[]): CacheView[] {
  const names = [...new Set(reports.map(({ name }) => name))]
  return names.map((name) => {
    const all = reports.filter((report) => report.name === name)
    const lookupCount = total(all, ({ hitCount, missCount }) => hitCount + missCount)!
    return {
      name,
      createdAt: all[0]!.createdAt,
      bytes: total(all, ({ bytes }) => bytes),
      budgetBytes: total(all, ({ budgetBytes }) => budgetBytes),
      entryCount: total(all, ({ entryCount }) => entryCount),
      hitRatio: lookupCount === 0 ? null : total(all, ({ hitCount }) => hitCount)! / lookupCount,
      processCount: all.length,
      curve: all[0]!.curve,
    }
  })
}

/** Null as soon as one of them can't say. */
function total(reports: readonly CacheReport[], of: (report: CacheReport) => number | null): number | null {
  const values = reports.map(of)
  return values.includes(null) ? null : values.reduce<number>((sum, value) => sum + value!, 0)
}

export function perSecond(amount: number, windowMs: number): number {
  return amount / (Math.max(windowMs, 1) / SECOND_MS)
}
