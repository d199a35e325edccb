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
  cause: IncidentCause
  severity: Severity
  /** How long it must be seen before it fires. */
  forMs: number
  /** How long it must be gone before it clears. */
  keepMs: number
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
}
