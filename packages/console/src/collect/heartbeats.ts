import { formatDuration, type Clock } from '@plimsoll/core'
import type { Sql } from '@plimsoll/postgres'
import type { ConsoleConfig, HeartbeatPolicy } from '../config.ts'
import { RefusedError } from '../errors.ts'
import { labelsOf } from '../incident/incident.ts'
import type { Alert } from '../rule/rule.ts'
import { readHeartbeats, saveHeartbeat } from '../storage/rule-states.ts'
import type { AlertBook } from './alert-book.ts'

/** Who must be heard of now and then: a backup that ran, a Prometheus whose Watchdog alert never ends. */
export class Heartbeats {
  readonly #sql: Sql
  readonly #clock: Clock
  readonly #alerts: AlertBook
  readonly #policies: readonly HeartbeatPolicy[]
  readonly #lastAtMs = new Map<string, number>()
  /** Nobody is late before this console itself has listened for as long as is allowed. */
  #listeningSinceMs = 0

  constructor(options: { sql: Sql; clock: Clock; config: ConsoleConfig; alerts: AlertBook }) {
    this.#sql = options.sql
    this.#clock = options.clock
    this.#alerts = options.alerts
    const { heartbeats, alerts } = options.config
    const named = alerts.heartbeatAlerts.filter((name) => !heartbeats.some((heartbeat) => heartbeat.name === name))
    this.#policies = [
      ...heartbeats,
      ...named.map((name) => ({ name, everyMs: alerts.resolveTimeoutMs, severity: 'critical' as const })),
    ]
  }

  async load(): Promise<void> {
    for (const { name, lastAtMs } of await readHeartbeats(this.#sql)) this.#lastAtMs.set(name, lastAtMs)
    this.#listeningSinceMs = this.#clock.nowMs()
  }

  names(): string[] {
    return this.#policies.map(({ name }) => name)
  }

  /** @throws {@link RefusedError} when nobody expects a heartbeat of this name */
  async beat(name: string): Promise<void> {
    if (!this.#policies.some((policy) => policy.name === name)) {
      throw new RefusedError(
        404,
        'NOT_FOUND',
        `No heartbeat is called "${name.slice(0, 100)}". List it under heartbeats in the configuration.`,
      )
    }
    const nowMs = this.#clock.nowMs()
    await saveHeartbeat(this.#sql, name, nowMs)
    this.#lastAtMs.set(name, nowMs)
  }

  /** Those that are late, as alerts of a service of their name. */
  missing(service: string): Alert[] {
    const nowMs = this.#clock.nowMs()
    return this.#policies.flatMap(({ name, everyMs, severity }) => {
      if (name !== service) return []
      const told = this.#alerts.heartbeats().find((heartbeat) => heartbeat.name === name)?.lastAtMs ?? -Infinity
      const lastAtMs = Math.max(this.#lastAtMs.get(name) ?? -Infinity, told)
      if (nowMs - Math.max(lastAtMs, this.#listeningSinceMs) <= everyMs) return []
      // Without the span since then, which would be news with every look.
      const sentence = `${name} is silent: it is expected every ${formatDuration(everyMs)}, and nothing came.`
      const rule = 'heartbeat'
      return [
        {
          fingerprint: `heartbeat/${name}`,
          service: name,
          rule,
          cause: 'silence' as const,
          severity,
          instances: [],
          sentence,
          group: '',
          labels: { ...labelsOf(name, { rule, severity, cause: 'silence' }), heartbeat: name },
          annotations: { summary: sentence },
        },
      ]
    })
  }
}
