import { explanations } from './grouping.ts'
import type { IncidentRecord } from './incident.ts'
import { matchesAll, type Labels, type Matcher } from '../rule/matcher.ts'
import type { Alert } from '../rule/rule.ts'

/** While a source fires, targets with the same values of `equal` call nobody. */
export interface InhibitRule {
  source: Matcher[]
  target: Matcher[]
  equal: string[]
}

/**
 * The open incident that speaks for an alert, or null: one that a rule of the configuration names, or the critical one of a
 * service on which this one depends. What is judged are incidents, which are stored, and so a restart changes nothing.
 */
export function speakerFor(
  alert: Alert,
  open: readonly IncidentRecord[],
  rules: readonly InhibitRule[],
  upstream: ReadonlySet<string>,
): IncidentRecord | null {
  const others = open.filter(
    ({ state, alerts }) =>
      state !== 'resolved' &&
      alerts.some(({ clearedAtMs }) => clearedAtMs === null) &&
      !alerts.some(({ fingerprint }) => fingerprint === alert.fingerprint),
  )
  const byGraph = others.find(({ service, severity }) => severity === 'critical' && upstream.has(service))
  // What a service does to itself, no other service explains.
  if (byGraph && !explanations.includes(alert.cause)) return byGraph
  return others.find((incident) => rules.some((rule) => inhibits(rule, incident, alert.labels))) ?? null
}

function inhibits({ source, target, equal }: InhibitRule, incident: IncidentRecord, labels: Labels): boolean {
  // What matches both sides can't silence its own kind.
  if (!matchesAll(target, labels) || matchesAll(source, labels)) return false
  return incident.alerts.some(
    (alert) =>
      alert.clearedAtMs === null &&
      matchesAll(source, alert.labels) &&
      equal.every((name) => (alert.labels[name] ?? '') === (labels[name] ?? '')),
  )
}

/** Every service on which one depends, over all steps. */
export function upstreamOf(service: string, dependsOn: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>()
  const waiting = [...(dependsOn.get(service) ?? [])]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next) || next === service) continue
    found.add(next)
    waiting.push(...(dependsOn.get(next) ?? []))
  }
  return found
}
