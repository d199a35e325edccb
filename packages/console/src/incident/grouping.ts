import type { Severity } from '@plimsoll/core/wire'
import type { IncidentCause } from '../api/contract.ts'

interface OpenIncident {
  id: number
  service: string
  cause: IncidentCause
  groupKey: string
  openedAtMs: number
  alerts: readonly { fingerprint: string }[]
}

/** What explains others, the gravest first. Everything else is a symptom. */
export const explanations: readonly IncidentCause[] = ['leak', 'database', 'crash-loop']

/** How well a cause explains what else fires: a higher one takes the incident over. */
const ranks: Record<IncidentCause, number> = {
  leak: 10,
  database: 9,
  'crash-loop': 8,
  errors: 6,
  latency: 6,
  crash: 5,
  headroom: 5,
  gc: 4,
  'event-loop': 4,
  silence: 3,
  load: 2,
  other: 1,
}

export const gravity: Record<Severity, number> = { info: 0, warning: 1, critical: 2 }

export const incidentCauses = Object.keys(ranks) as IncidentCause[]

export function isGraver(cause: IncidentCause, than: IncidentCause): boolean {
  return ranks[cause] > ranks[than]
}

/**
 * The open incident an alert belongs to, or null when it is a problem of its own. Within one service a symptom joins whatever
 * is open, and an explanation takes over an incident that had only symptoms so far. Two explanations are two problems, and so are
 * two alerts of which nobody knows the cause: they are told apart by their names.
 */
export function findHome<T extends OpenIncident>(
  alert: { fingerprint: string; service: string; cause: IncidentCause; group: string },
  open: readonly T[],
): T | null {
  const near = open
    .filter(({ service }) => service === alert.service)
    .sort((one, other) => ranks[other.cause] - ranks[one.cause] || one.openedAtMs - other.openedAtMs)
  const known = near.find(({ alerts }) => alerts.some(({ fingerprint }) => fingerprint === alert.fingerprint))
  if (known) return known
  if (alert.cause === 'other')
    return near.find(({ cause, groupKey }) => cause === 'other' && groupKey === alert.group) ?? null
  near.splice(0, near.length, ...near.filter(({ cause }) => cause !== 'other'))
  const same = near.find(({ cause }) => cause === alert.cause)
  if (same) return same
  if (!explanations.includes(alert.cause)) return near[0] ?? null
  return near.find(({ cause }) => !explanations.includes(cause)) ?? null
}
