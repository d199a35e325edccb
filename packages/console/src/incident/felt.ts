import type { IncidentRecord } from './incident.ts'
import { count, percent, thousands } from '../words.ts'

/** Who feels it, in one sentence with numbers. */
export function describeFelt({ served, alerts, processCount }: IncidentRecord): string {
  const { requestCount, errorCount, slowCount } = served
  const affected = new Set(alerts.flatMap(({ instanceNames }) => instanceNames)).size
  const where =
    affected === 0 || processCount === 0
      ? ''
      : ` ${Math.min(affected, processCount)} of ${count(processCount, 'process', 'processes')} affected.`
  if (requestCount === 0) return `no request was seen since it opened.${where}`
  const requests = count(requestCount, 'request')
  if (errorCount === 0 && slowCount === 0) return `nobody so far: none of ${requests} failed and none was slow.${where}`
  const failed =
    errorCount === 0
      ? `none of ${requests} failed`
      : `${thousands(errorCount)} of ${requests} failed (${percent(errorCount / requestCount)})`
  const slow = slowCount === 0 ? 'none was slow' : `about ${thousands(slowCount)} were slow`
  return `${failed}, ${slow}.${where}`
}
