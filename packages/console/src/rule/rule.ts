import type { Severity } from '@plimsoll/core/wire'
import type { IncidentCause } from '../api/contract.ts'
import type { ServiceFacts } from './facts.ts'

/** What a rule sees. `holding` is between the two lines of its hysteresis: it keeps an alert open and opens none. */
export interface Finding {
  level: 'firing' | 'holding'
  instances: string[]
  sentence: string
  /** Default: the rule's. */
  severity?: Severity
}

/** Which facts matter. One alert a service and cause, so that a hundred processes with one problem are one alert. */
export interface Rule {
  name: string
  /** When it fires, in words; of a rule in the configuration its own comparison says it. */
  what?: string
  cause: IncidentCause
  severity: Severity
  /** How long it must be seen before it fires. */
  forMs: number
  /** How long it must be gone before it clears. */
  keepMs: number
  /** What tells problems apart that no cause explains; empty for rules that name their cause. */
  group?: string
  judge(facts: ServiceFacts): Finding | null
}

/** A rule that fires. `fingerprint` makes two firings the same. */
export interface Alert {
  fingerprint: string
  service: string
  rule: string
  cause: IncidentCause
  severity: Severity
  instances: string[]
  sentence: string
  /** Empty, or what tells it from other alerts without a known cause. */
  group: string
  /** What silences, inhibition and other systems know it by. */
  labels: Record<string, string>
  annotations: Record<string, string>
}

/** `PlimsollLatencyBurn`: as other alerts are called. */
export function alertNameOf(rule: string): string {
  const words = rule.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  return `Plimsoll${words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')}`
}
