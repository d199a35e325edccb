import { HOT_MS, type SeriesRing } from '../../collect/series.ts'
import { keyOf, type IncidentRecord } from '../../incident/incident.ts'
import type { ProcessFacts, ServiceFacts } from '../../rule/facts.ts'
import type { DaySeries, Mark, ProcessDetail } from '../contract.ts'
import { toMark, wasAskedFor } from './incident.ts'
import { perSecond, toProcessView } from './service.ts'

export function toProcessDetail(
  process: ProcessFacts,
  series: SeriesRing,
  days: DaySeries,
  facts: ServiceFacts,
  open: readonly IncidentRecord[],
): ProcessDetail {
  const { latest, identity, recent } = process
  const sinceMs = facts.atMs - HOT_MS
  return {
    process: toProcessView(process, facts, open),
    series: series.points(sinceMs),
    days,
    marks: collectMarks(identity.instance, facts, open).filter(({ atMs }) => atMs > sinceMs),
    caches: [...process.caches],
    sites: latest?.sites ?? [],
    routes: (latest?.routes ?? []).map(({ route, requestCount, errorCount, latencyMsP99 }) => ({
      route,
      requestsPerSec: perSecond(requestCount, latest!.windowMs),
      errorCount,
      latencyMsP99,
    })),
    sql: recent?.sql
      ? {
          queriesPerSec: perSecond(latest?.sql?.queryCount ?? 0, latest?.windowMs ?? 1),
          errorCount: recent.sql.errorCount,
          waitMsP99: recent.sql.waitMsP99,
          runMsP50: recent.sql.runMsP50,
          runMsP99: recent.sql.runMsP99,
        }
      : null,
  }
}

function collectMarks(instance: string, facts: ServiceFacts, open: readonly IncidentRecord[]): Mark[] {
  const incidents = open.filter(({ service }) => service === facts.service)
  const own = facts.processes.find(({ identity }) => identity.instance === instance)
  return [
    ...(own ? [{ atMs: own.identity.startedAtMs, kind: 'start' as const, label: 'started' }] : []),
    ...facts.deploys.slice(1).map(({ atMs, version }) => ({ atMs, kind: 'deploy' as const, label: version })),
    ...incidents.map(({ openedAtMs, id }) => ({ atMs: openedAtMs, kind: 'incident' as const, label: keyOf(id) })),
    ...incidents.flatMap(({ actions }) =>
      actions.filter((action) => action.target === instance && wasAskedFor(action)).map(toMark),
    ),
  ]
}
