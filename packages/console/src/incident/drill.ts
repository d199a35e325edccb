import { labelsOf } from './incident.ts'
import type { Alert } from '../rule/rule.ts'

const PREFIX = 'drill/'

/** Whether an alert is a rehearsal: nothing fires, nobody but those who are called hears of it, and it ends when a person says so. */
export function isDrill(fingerprint: string): boolean {
  return fingerprint.startsWith(PREFIX)
}

export function isDrillOf(
  { service, alerts }: { service: string; alerts: readonly { fingerprint: string }[] },
  wanted: string,
): boolean {
  return service === wanted && alerts.some(({ fingerprint }) => isDrill(fingerprint))
}

/** What is raised for a rehearsal: as grave as the real thing, so that the same people are called in the same order. */
export function createDrill(service: string, by: string, nowMs: number): Alert {
  const sentence = `This is a drill of ${service}, begun by ${by}. Nothing is wrong. Acknowledge it as you would the real thing.`
  return {
    fingerprint: `${PREFIX}${service}/${nowMs}`,
    service,
    rule: 'drill',
    cause: 'other',
    severity: 'critical',
    instances: [],
    sentence,
    group: 'DRILL',
    labels: labelsOf(service, { rule: 'drill', severity: 'critical', cause: 'other' }),
    annotations: { summary: sentence },
  }
}
