import { MINUTE_MS, SECOND_MS, type Clock } from '@plimsoll/core'
import type { Severity } from '@plimsoll/core/wire'
import type { Sql } from '@plimsoll/postgres'
import type { IncidentCause } from '../api/contract.ts'
import { gravity, incidentCauses } from '../incident/grouping.ts'
import type { AlertPolicy } from '../config.ts'
import { RefusedError } from '../errors.ts'
import type { Alert } from '../rule/rule.ts'
import type { Labels } from '../rule/matcher.ts'
import { forgetAlerts, readAlerts, saveAlerts } from '../storage/alerts.ts'
import { count } from '../words.ts'

/** An alert that somebody else decided: a Prometheus, an Alertmanager, a script. */
export interface ForeignAlert {
  fingerprint: string
  labels: Record<string, string>
  annotations: Record<string, string>
  startsAtMs: number
  /** Null: until somebody says that it is over. */
  endsAtMs: number | null
  updatedAtMs: number
  /** The end was not said but follows from nobody repeating it. */
  isTimeout: boolean
  generatorUrl: string
}

/** More alerts that are not over than this are refused: labels somebody invents must not fill the console. */
export const MAX_ALERTS = 50_000
/** One that is over is remembered for so long, for whoever asks. */
const REMEMBER_MS = 15 * MINUTE_MS
const MAX_INSTANCES = 50
/** A store that hangs refuses nothing: whoever sends is told before they give up by themselves, a Prometheus after 10 s. */
const PATIENCE_MS = 5 * SECOND_MS

/** Alerts of one service and name: one alert of ours, however many processes it has. */
export interface AlertGroup {
  service: string
  name: string
  alerts: ForeignAlert[]
}

/** Every alert of others, in memory and in the store. What was answered with 2xx is in the store. */
export class AlertBook {
  readonly #sql: Sql
  readonly #clock: Clock
  readonly #policy: AlertPolicy
  readonly #alerts = new Map<string, ForeignAlert>()
  #turn: Promise<unknown> = Promise.resolve()
  #revision = 0
  #grouped: { untilMs: number; revision: number; byService: Map<string, AlertGroup[]> } | null = null

  constructor(options: { sql: Sql; clock: Clock; policy: AlertPolicy }) {
    this.#sql = options.sql
    this.#clock = options.clock
    this.#policy = options.policy
  }

  async load(): Promise<void> {
    for (const alert of await readAlerts(this.#sql)) this.#alerts.set(alert.fingerprint, alert)
    this.#revision++
  }

  /**
   * Takes alerts in, one batch after another, so that an older state never overwrites a newer one.
   * @throws {@link RefusedError} when the book is full, or the store does not answer: what still waits for its turn then is forgotten,
   * and what the store was given may be kept, which is the same as if it comes again
   */
  post(alerts: readonly ForeignAlert[]): Promise<void> {
    let waiting: readonly ForeignAlert[] | null = alerts
    const turn = this.#turn.then(() => (waiting ? this.#post(waiting) : undefined))
    this.#turn = turn.catch(() => {})
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(PATIENCE_MS, () => {
        waiting = null
        const words = `The store did not take the alerts within ${PATIENCE_MS / SECOND_MS} s. Send them again.`
        reject(new RefusedError(503, 'STORE', words))
      })
      void turn.then(resolve, reject).finally(() => timer.cancel())
    })
  }

  async #post(alerts: readonly ForeignAlert[]): Promise<void> {
    const merged = new Map<string, ForeignAlert>()
    for (const alert of alerts) {
      const known = merged.get(alert.fingerprint) ?? this.#alerts.get(alert.fingerprint)
      merged.set(alert.fingerprint, known ? mergeAlerts(known, alert) : alert)
    }
    const freshCount = [...merged.keys()].filter((fingerprint) => !this.#alerts.has(fingerprint)).length
    if (this.#alerts.size + freshCount > MAX_ALERTS) await this.forgetOld()
    if (this.#alerts.size + freshCount > MAX_ALERTS) {
      throw new RefusedError(
        429,
        'TOO_MANY_ALERTS',
        `${this.#alerts.size} alerts are open, and the limit is ${MAX_ALERTS}. Group them before they are sent.`,
      )
    }
    await saveAlerts(this.#sql, [...merged.values()])
    for (const alert of merged.values()) this.#alerts.set(alert.fingerprint, alert)
    this.#revision++
  }

  /** Those that are not over. */
  active(): ForeignAlert[] {
    const nowMs = this.#clock.nowMs()
    return [...this.#alerts.values()].filter((alert) => isActive(alert, nowMs))
  }

  groupsOf(service: string): readonly AlertGroup[] {
    return this.#groups().get(service) ?? []
  }

  /** Of which something fires. */
  serviceNames(): Iterable<string> {
    return this.#groups().keys()
  }

  /** Grouped anew when an alert came, and when one is over. */
  #groups(): ReadonlyMap<string, readonly AlertGroup[]> {
    const nowMs = this.#clock.nowMs()
    if (!this.#grouped || this.#grouped.revision !== this.#revision || this.#grouped.untilMs <= nowMs) {
      const active = this.active()
      const untilMs = active.reduce((soonest, { endsAtMs }) => Math.min(soonest, endsAtMs ?? Infinity), Infinity)
      this.#grouped = { untilMs, revision: this.#revision, byService: this.#group(active) }
    }
    return this.#grouped.byService
  }

  #group(active: readonly ForeignAlert[]): Map<string, AlertGroup[]> {
    const groups = new Map<string, AlertGroup>()
    for (const alert of active) {
      if (this.isHeartbeat(alert)) continue
      const [service, name] = [serviceOf(alert.labels, this.#policy), nameOf(alert.labels)]
      const key = JSON.stringify([service, name])
      const group = groups.get(key)
      if (group) group.alerts.push(alert)
      else groups.set(key, { service, name, alerts: [alert] })
    }
    const byService = new Map<string, AlertGroup[]>()
    for (const group of groups.values()) {
      const others = byService.get(group.service)
      if (others) others.push(group)
      else byService.set(group.service, [group])
    }
    return byService
  }

  /** Fires always, so that its silence is what alarms. */
  isHeartbeat({ labels }: ForeignAlert): boolean {
    return this.#policy.heartbeatAlerts.includes(nameOf(labels))
  }

  heartbeats(): { name: string; lastAtMs: number }[] {
    return [...this.#alerts.values()]
      .filter((alert) => this.isHeartbeat(alert))
      .map(({ labels, updatedAtMs }) => ({ name: nameOf(labels), lastAtMs: updatedAtMs }))
  }

  toAlert(group: AlertGroup): Alert {
    return toAlert(group, this.#policy)
  }

  serviceOf(labels: Labels): string {
    return serviceOf(labels, this.#policy)
  }

  /** To be called now and then. */
  async forgetOld(): Promise<void> {
    const nowMs = this.#clock.nowMs()
    const old = [...this.#alerts.values()].filter((alert) => !isActive(alert, nowMs - REMEMBER_MS))
    if (old.length === 0) return
    await forgetAlerts(
      this.#sql,
      old.map(({ fingerprint }) => fingerprint),
    )
    for (const { fingerprint } of old) this.#alerts.delete(fingerprint)
    this.#revision++
  }
}

export function isActive({ endsAtMs }: ForeignAlert, nowMs: number): boolean {
  return endsAtMs === null || endsAtMs > nowMs
}

/** As Alertmanager merges: ranges that overlap are one, from the earliest start; the latest words win. */
export function mergeAlerts(known: ForeignAlert, fresh: ForeignAlert): ForeignAlert {
  const [knownEnd, freshEnd] = [known.endsAtMs ?? Infinity, fresh.endsAtMs ?? Infinity]
  const overlaps =
    (freshEnd > known.startsAtMs && freshEnd <= knownEnd) ||
    (fresh.startsAtMs >= known.startsAtMs && fresh.startsAtMs < knownEnd)
  if (!overlaps) return fresh
  const merged = { ...fresh, startsAtMs: Math.min(known.startsAtMs, fresh.startsAtMs) }
  const isFreshOver = freshEnd <= fresh.updatedAtMs
  if (isFreshOver) {
    const isKnownOver = knownEnd <= fresh.updatedAtMs
    if (isKnownOver && knownEnd > freshEnd) merged.endsAtMs = known.endsAtMs
  } else if (knownEnd > freshEnd && !known.isTimeout && fresh.isTimeout) {
    merged.endsAtMs = known.endsAtMs
    merged.isTimeout = false
  }
  return merged
}

export function nameOf(labels: Labels): string {
  return labels['alertname'] || 'alert'
}

function serviceOf(labels: Labels, { serviceLabels }: AlertPolicy): string {
  const name = serviceLabels.find((label) => labels[label])
  return (name === undefined ? 'alerts' : labels[name]!).slice(0, 200)
}

const severities: Record<string, Severity> = {
  critical: 'critical',
  page: 'critical',
  error: 'critical',
  emergency: 'critical',
  high: 'critical',
  warning: 'warning',
  warn: 'warning',
  medium: 'warning',
  low: 'warning',
  info: 'info',
  informational: 'info',
  debug: 'info',
  none: 'info',
}

function toAlert({ service, name, alerts }: AlertGroup, policy: AlertPolicy): Alert {
  const severity = alerts
    .map(({ labels }) => severities[labels['severity']?.toLowerCase() ?? ''] ?? policy.severity)
    .reduce((worst, one) => (gravity[one] > gravity[worst] ? one : worst))
  const first = alerts.reduce((earliest, alert) => (isBefore(alert, earliest) ? alert : earliest))
  const instances = alerts.map(({ labels }) => labels['instance'] ?? labels['pod'] ?? labels['host'] ?? '')
  return {
    fingerprint: `alert/${service}/${name}`,
    service,
    rule: name.slice(0, 200),
    cause: causeOf(first.labels),
    group: name.slice(0, 200),
    severity,
    instances: [...new Set(instances.filter((instance) => instance !== ''))].sort().slice(0, MAX_INSTANCES),
    sentence: describe(name, first, alerts.length),
    labels: commonOf(alerts.slice(0, 1000).map(({ labels }) => labels)),
    annotations: commonOf(alerts.slice(0, 1000).map(({ annotations }) => annotations)),
  }
}

function isBefore(one: ForeignAlert, other: ForeignAlert): boolean {
  return one.startsAtMs === other.startsAtMs ? one.fingerprint < other.fingerprint : one.startsAtMs < other.startsAtMs
}

/** Labels and annotations on which all agree. */
export function commonOf(sets: readonly Labels[]): Record<string, string> {
  const [first = {}, ...rest] = sets
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => rest.every((other) => other[name] === value)),
  )
}

/** What its sender says it is; else a problem of its own. */
function causeOf(labels: Labels): IncidentCause {
  const said = labels['cause']
  return incidentCauses.find((cause) => cause === said) ?? 'other'
}

function describe(name: string, { annotations }: ForeignAlert, alertCount: number): string {
  const words = [annotations['summary'], annotations['description'], annotations['message']].find(Boolean)
  const sentence = words === undefined ? `${name} fires` : `${name}: ${words.replaceAll(/\s+/g, ' ').trim()}`
  return `${sentence.slice(0, 1000)}${alertCount > 1 ? ` (${count(alertCount, 'alert')})` : ''}`
}
