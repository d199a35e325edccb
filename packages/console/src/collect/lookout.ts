import type { Clock } from '@plimsoll/core'
import type { IncidentCause } from '../api/contract.ts'
import { policyOf, type ConsoleConfig } from '../config.ts'
import type { Engine } from '../engine/engine.ts'
import { builtinRules } from '../rule/builtin.ts'
import { evaluateRules, rememberFiring, type RuleMemory } from '../rule/evaluate.ts'
import type { ServedCounts, ServiceFacts } from '../rule/facts.ts'
import { DatabaseProbe } from '../runbook/database-probe.ts'
import type { Fleet } from './fleet.ts'

export interface LookoutOptions {
  fleet: Fleet
  engine: Engine
  config: ConsoleConfig
  clock: Clock
  /** Follows what goes on beside a look. */
  track: (work: Promise<unknown>) => void
}

/** Looks at every service once a second, and at once when something came in: rules, then the incidents that are open. */
export class Lookout {
  readonly #options: LookoutOptions
  readonly #memories = new Map<string, RuleMemory>()
  readonly #probes = new Map<string, DatabaseProbe>()
  readonly #served = new Map<number, ServedCounts>()
  readonly #looking = new Map<string, Promise<void>>()

  constructor(options: LookoutOptions) {
    this.#options = options
    for (const { name, databaseUrl } of options.config.services) {
      if (databaseUrl !== null) this.#probes.set(name, new DatabaseProbe(databaseUrl, options.clock))
    }
  }

  serviceNames(): string[] {
    const { fleet, config } = this.#options
    return [...new Set([...config.services.map(({ name }) => name), ...fleet.serviceNames()])].sort()
  }

  read(service: string): ServiceFacts {
    const { fleet, config, clock } = this.#options
    return fleet.read(policyOf(config, service), this.#probes.get(service)?.facts ?? null, clock.nowMs())
  }

  /** After a restart: what open incidents know goes on being known. */
  restore(): void {
    const { engine, fleet, clock } = this.#options
    for (const { service, alerts, claims } of engine.openIncidents()) {
      const firing = alerts.filter(({ clearedAtMs }) => clearedAtMs === null)
      for (const { fingerprint } of firing) rememberFiring(this.#memoryOf(service), fingerprint, clock.nowMs())
      const leaking = firing.find(({ cause }) => cause === 'leak')
      for (const { signal } of claims)
        if (leaking?.instances.includes(signal.instance)) fleet.remember(signal, clock.nowMs())
    }
  }

  async lookAll(): Promise<void> {
    await Promise.all(this.serviceNames().map((service) => this.look(service)))
  }

  /** One look at a service. Asked for again during a look, it looks once more afterwards. */
  look(service: string): Promise<void> {
    const running = this.#looking.get(service)
    const look = (running ?? Promise.resolve()).catch(() => {}).then(() => this.#lookOnce(service))
    const tracked = look.finally(() => {
      if (this.#looking.get(service) === tracked) this.#looking.delete(service)
    })
    // Whoever waits for the look hears of its failure; the next look does not.
    tracked.catch(() => {})
    this.#looking.set(service, tracked)
    return tracked
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#probes.values()].map((probe) => probe.stop()))
  }

  async #lookOnce(service: string): Promise<void> {
    const { engine } = this.#options
    const isHurried = engine.openIncidents().some((incident) => incident.service === service)
    const probe = this.#probes.get(service)
    // Its answer is for the next look: a database that hangs must not delay this one.
    if (probe) this.#options.track(probe.ask(isHurried))
    const facts = this.read(service)
    const { firing, cleared } = evaluateRules(builtinRules, facts, this.#memoryOf(service))
    for (const alert of firing) await engine.raise(alert, this.#factsFor(alert.cause, facts))
    const incidents = engine.openIncidents().filter((incident) => incident.service === service)
    for (const fingerprint of cleared) {
      const incident = incidents.find(({ alerts }) => alerts.some((alert) => alert.fingerprint === fingerprint))
      if (incident) await engine.apply(incident.id, { type: 'clear', fingerprint })
    }
    for (const { id, cause } of incidents) {
      await engine.apply(id, {
        type: 'review',
        facts: this.#factsFor(cause, facts),
        served: this.#servedSince(id, facts.served),
      })
    }
    for (const id of this.#served.keys()) {
      if (!engine.openIncidents().some((incident) => incident.id === id)) this.#served.delete(id)
    }
  }

  /** A leak that has an incident of its own says nothing about another problem of the same service. */
  #factsFor(cause: IncidentCause, facts: ServiceFacts): ServiceFacts {
    const hasLeakIncident = this.#options.engine
      .openIncidents()
      .some((open) => open.service === facts.service && open.cause === 'leak')
    if (cause === 'leak' || !hasLeakIncident) return facts
    return { ...facts, processes: facts.processes.map((process) => ({ ...process, leak: null })) }
  }

  #servedSince(id: number, now: ServedCounts): ServedCounts {
    const before = this.#served.get(id) ?? now
    this.#served.set(id, now)
    return {
      requestCount: now.requestCount - before.requestCount,
      errorCount: now.errorCount - before.errorCount,
      slowCount: now.slowCount - before.slowCount,
    }
  }

  #memoryOf(service: string): RuleMemory {
    let memory = this.#memories.get(service)
    if (!memory) this.#memories.set(service, (memory = new Map()))
    return memory
  }
}
