import { SECOND_MS, type Clock } from '@plimsoll/core'
import type { Sql } from '@plimsoll/postgres'
import type { ActionStatus, IncidentCause } from '../api/contract.ts'
import { policyOf, type ConsoleConfig } from '../config.ts'
import type { Engine } from '../engine/engine.ts'
import { isDrill } from '../incident/drill.ts'
import { findHome } from '../incident/grouping.ts'
import { keyOf, type IncidentRecord } from '../incident/incident.ts'
import { speakerFor, upstreamOf } from '../incident/inhibition.ts'
import type { SilenceBook } from '../engine/silence-book.ts'
import { builtinRules } from '../rule/builtin.ts'
import { isForeign } from '../rule/fingerprint.ts'
import { evaluateRules, rememberFiring, type RuleMemory, type StoredRuleState } from '../rule/evaluate.ts'
import { type ServedCounts, type ServiceFacts, withUsualBefore } from '../rule/facts.ts'
import type { Labels } from '../rule/matcher.ts'
import { RULE_STATE_MAX_AGE_MS, toRule } from '../rule/rule-file.ts'
import type { Alert, Rule } from '../rule/rule.ts'
import { accusedSince } from '../runbook/database-facts.ts'
import { DatabaseProbe } from '../runbook/database-probe.ts'
import { readRecent } from '../storage/incidents.ts'
import { forgetRuleStates, readRuleStates, saveRuleStates } from '../storage/rule-states.ts'
import type { AlertBook } from './alert-book.ts'
import type { Fleet } from './fleet.ts'
import type { Heartbeats } from './heartbeats.ts'

/** How far the stored state of a rule that fires may lag behind. */
const KEEP_STATE_EVERY_MS = 10 * SECOND_MS
const MAX_SETTLED = 200

export interface LookoutOptions {
  sql: Sql
  alerts: AlertBook
  silences: SilenceBook
  heartbeats: Heartbeats
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
  readonly #looking = new Map<string, { running: Promise<void>; next: Promise<void> | null }>()
  #lookingAtAll: Promise<void> | null = null
  #isStanding = false
  readonly #rules: readonly Rule[]
  readonly #dependsOn: ReadonlyMap<string, readonly string[]>
  readonly #storedStates = new Map<string, StoredRuleState>()
  /** Alerts of others that a person said are over, until when they are not believed to fire. */
  readonly #settled = new Map<string, number>()

  constructor(options: LookoutOptions) {
    this.#options = options
    this.#rules = [...builtinRules, ...options.config.rules.map(toRule)]
    this.#dependsOn = new Map(options.config.services.map(({ name, dependsOn }) => [name, dependsOn]))
    for (const { name, databaseUrl } of options.config.services) {
      if (databaseUrl !== null) this.#probes.set(name, new DatabaseProbe(databaseUrl, options.clock))
    }
  }

  serviceNames(): string[] {
    const { fleet, config } = this.#options
    return [...new Set([...config.services.map(({ name }) => name), ...fleet.serviceNames()])].sort()
  }

  read(service: string): ServiceFacts {
    const { fleet, config, clock, engine } = this.#options
    const probed = this.#probes.get(service)?.facts ?? null
    const open = engine.openIncidentsOf(service)
    return withUsualBefore(fleet.read(policyOf(config, service), probed, clock.nowMs(), accusedSince(open)), open)
  }

  /** After a restart or an import: what rules were waiting for and what open incidents know goes on being known. */
  async restore(): Promise<void> {
    const { engine, fleet, clock, sql } = this.#options
    for (const record of (await readRecent(sql, MAX_SETTLED)).reverse()) this.noteResolved(record)
    for (const state of await readRuleStates(sql, clock.nowMs() - RULE_STATE_MAX_AGE_MS)) {
      const { fingerprint, service, ...remembered } = state
      this.#memoryOf(service).set(fingerprint, remembered)
      this.#storedStates.set(fingerprint, state)
    }
    for (const { service, alerts, claims, actions } of engine.openIncidents()) {
      const replaced = actions.filter(({ kind, status }) => kind === 'rotate' && wasDone.has(status))
      for (const { target } of replaced) fleet.retire(service, target, clock.nowMs())
      const firing = alerts.filter(({ clearedAtMs }) => clearedAtMs === null)
      for (const { fingerprint } of firing) {
        const memory = this.#memoryOf(service)
        if (!isForeign(fingerprint) && !isDrill(fingerprint) && !memory.get(fingerprint)?.isFiring)
          rememberFiring(memory, fingerprint, clock.nowMs())
      }
      const leaking = firing.find(({ cause }) => cause === 'leak')
      for (const { signal } of claims)
        if (leaking?.instances.includes(signal.instance) && !replaced.some(({ target }) => target === signal.instance))
          fleet.remember(signal, clock.nowMs())
    }
  }

  /** Looks at nothing meanwhile: with half of what is stored it would open what is known already, or clear what still fires. */
  async standStill(act: () => Promise<void>): Promise<void> {
    this.#isStanding = true
    try {
      await Promise.allSettled([...this.#looking.values()].map(({ running }) => running))
      await act()
    } finally {
      this.#isStanding = false
    }
  }

  /**
   * Whoever resolves an incident whose alert is still said to fire means it: it opens a new one only when its sender goes on
   * repeating it.
   */
  noteResolved({ resolvedBy, resolvedAtMs, alerts }: IncidentRecord): void {
    if (resolvedBy === undefined || resolvedAtMs === null) return
    const untilMs = resolvedAtMs + this.#options.config.alerts.resolveTimeoutMs
    for (const { fingerprint } of alerts) if (isForeign(fingerprint)) this.#settled.set(fingerprint, untilMs)
    if (this.#settled.size > MAX_SETTLED) this.#settled.delete(this.#settled.keys().next().value!)
  }

  /** Asked for again before it has been everywhere, it is the same look: a console that is slow falls behind and no further. */
  lookAll(): Promise<void> {
    this.#lookingAtAll ??= this.#lookEverywhere().finally(() => (this.#lookingAtAll = null))
    return this.#lookingAtAll
  }

  async #lookEverywhere(): Promise<void> {
    const { alerts, heartbeats, engine } = this.#options
    const names = new Set([
      ...this.serviceNames(),
      ...alerts.serviceNames(),
      ...heartbeats.names(),
      ...engine.openIncidents().map(({ service }) => service),
    ])
    for (const id of this.#served.keys()) if (!engine.openIncident(id)) this.#served.delete(id)
    for (const [service, memory] of this.#memories)
      if (!names.has(service) && [...memory.values()].every(isIdle)) this.#memories.delete(service)
    await Promise.all([...names].map((service) => this.look(service)))
  }

  /** One look at a service. Asked for again during a look, it looks once more afterwards, however often it was asked. */
  look(service: string): Promise<void> {
    const looking = this.#looking.get(service)
    if (!looking) return this.#begin(service)
    return (looking.next ??= looking.running.catch(() => {}).then(() => this.#begin(service)))
  }

  #begin(service: string): Promise<void> {
    const running = this.#lookOnce(service).finally(() => {
      if (this.#looking.get(service)?.next === null) this.#looking.delete(service)
    })
    // Whoever waits for the look hears of its failure; the next look does not.
    running.catch(() => {})
    this.#looking.set(service, { running, next: null })
    return running
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#probes.values()].map((probe) => probe.stop()))
  }

  async #lookOnce(service: string): Promise<void> {
    if (this.#isStanding) return
    const { engine } = this.#options
    const isHurried = engine.openIncidentsOf(service).length > 0
    const probe = this.#probes.get(service)
    // Its answer is for the next look: a database that hangs must not delay this one.
    if (probe) this.#options.track(probe.ask(isHurried))
    const facts = this.read(service)
    const { firing, cleared } = evaluateRules(this.#rules, facts, this.#memoryOf(service))
    await this.#keepRuleStates(service)
    const said = this.#saidBySomebody(service)
    /** Why nobody is called for an alert that fires, or null. */
    const quiet = new Map<string, string | null>()
    for (const { alert, members } of [
      ...firing.map((alert) => ({ alert, members: variantsOf(alert, facts) })),
      ...said,
    ]) {
      quiet.set(alert.fingerprint, await this.#hear(alert, members, facts))
    }
    const saidNow = new Set(said.map(({ alert }) => alert.fingerprint))
    for (const { id, alerts } of engine.openIncidentsOf(service)) {
      for (const { fingerprint, clearedAtMs } of alerts) {
        const isOver = isForeign(fingerprint) ? !saidNow.has(fingerprint) : cleared.includes(fingerprint)
        if (isOver && clearedAtMs === null) await engine.apply(id, { type: 'clear', fingerprint })
      }
    }
    for (const { id, cause } of engine.openIncidentsOf(service)) {
      await this.#hushOrWake(id, quiet)
      await engine.apply(id, {
        type: 'review',
        facts: this.#factsFor(cause, facts),
        served: this.#servedSince(id, facts.served),
      })
    }
  }

  /** Takes an alert that fires to its incident, unless it is hidden. Answers why nobody shall be called for it, or null. */
  async #hear(alert: Alert, members: readonly Labels[], facts: ServiceFacts): Promise<string | null> {
    const { engine, silences, config } = this.#options
    const home = findHome(alert, engine.openIncidentsOf(alert.service))
    const isSettled = () => (this.#settled.get(alert.fingerprint) ?? -Infinity) > this.#options.clock.nowMs()
    if (!home && isSettled()) return null
    const isKnown = home?.alerts.some(({ fingerprint }) => fingerprint === alert.fingerprint) ?? false
    const [silence] =
      members.length > 0 && members.every((labels) => silences.hiding(labels).length > 0)
        ? silences.hiding(members[0]!)
        : []
    const upstream = upstreamOf(alert.service, this.#dependsOn)
    const mayBeSpokenFor = config.inhibit.length > 0 || upstream.size > 0
    const others = mayBeSpokenFor ? engine.openIncidents() : []
    const speaker = speakerFor(
      alert,
      others.filter(({ id, mute }) => id !== home?.id && mute === null),
      config.inhibit,
      upstream,
    )
    const because = silence
      ? `silenced by ${silence.createdBy}: ${silence.comment || silence.id}`
      : speaker
        ? `${keyOf(speaker.id)} speaks for it`
        : null
    if (because === null || isKnown) await engine.raise(alert, this.#factsFor(alert.cause, facts), () => !isSettled())
    else if (!silence && speaker) {
      const { fingerprint, service, sentence } = alert
      await engine.apply(speaker.id, { type: 'speaks-for', fingerprint, sentence: `${service}: ${sentence}` })
    }
    return because
  }

  /** An incident all of whose alerts are hidden calls nobody meanwhile. */
  async #hushOrWake(id: number, quiet: ReadonlyMap<string, string | null>): Promise<void> {
    const { engine, silences } = this.#options
    const record = engine.openIncident(id)
    if (!record) return
    const firing = record.alerts.filter(({ clearedAtMs }) => clearedAtMs === null)
    if (firing.length === 0) return
    const reasons = firing.map(({ fingerprint, labels }) => {
      const known = quiet.get(fingerprint)
      if (known !== undefined) return known
      const [silence] = silences.hiding(labels)
      return silence ? `silenced by ${silence.createdBy}: ${silence.comment || silence.id}` : null
    })
    const [because] = reasons
    const isQuiet = reasons.every((reason) => reason !== null)
    if (isQuiet && record.mute?.because !== because) await engine.apply(id, { type: 'mute', because: because! })
    if (!isQuiet && record.mute) await engine.apply(id, { type: 'unmute' })
  }

  /** Alerts of others about a service, and heartbeats that are missing. */
  #saidBySomebody(service: string): { alert: Alert; members: readonly Labels[] }[] {
    const { alerts, heartbeats } = this.#options
    return [
      ...alerts
        .groupsOf(service)
        .map((group) => ({ alert: alerts.toAlert(group), members: group.alerts.map(({ labels }) => labels) })),
      ...heartbeats.missing(service).map((alert) => ({ alert, members: [alert.labels] })),
    ]
  }

  /** `for` and `keep_firing_for` go on over a restart: what changed is stored before anybody acts on it. */
  async #keepRuleStates(service: string): Promise<void> {
    const { sql } = this.#options
    const changed: StoredRuleState[] = []
    const gone: string[] = []
    for (const [fingerprint, state] of this.#memoryOf(service)) {
      const stored = this.#storedStates.get(fingerprint)
      if (isIdle(state)) {
        if (stored) gone.push(fingerprint)
      } else if (
        stored?.seenSinceMs !== state.seenSinceMs ||
        stored.isFiring !== state.isFiring ||
        state.lastSeenAtMs - stored.lastSeenAtMs >= KEEP_STATE_EVERY_MS
      ) {
        changed.push({ fingerprint, service, ...state })
      }
    }
    await saveRuleStates(sql, changed)
    await forgetRuleStates(sql, gone)
    for (const state of changed) this.#storedStates.set(state.fingerprint, state)
    for (const fingerprint of gone) this.#storedStates.delete(fingerprint)
  }

  /** A leak that has an incident of its own says nothing about another problem of the same service. */
  #factsFor(cause: IncidentCause, facts: ServiceFacts): ServiceFacts {
    const open = this.#options.engine.openIncidentsOf(facts.service)
    const hasLeakIncident = open.some((incident) => incident.cause === 'leak')
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

function isIdle({ seenSinceMs, isFiring }: Pick<StoredRuleState, 'seenSinceMs' | 'isFiring'>): boolean {
  return seenSinceMs === null && !isFiring
}

/** What an agent has answered that it did, whatever came of it. */
const wasDone: ReadonlySet<ActionStatus> = new Set(['verifying', 'done', 'ineffective'])

/** What a silence must hide for an alert to be hidden: it on each of its processes. */
function variantsOf({ labels, instances }: Alert, { processes }: ServiceFacts): Labels[] {
  const names = new Map(processes.map(({ identity }) => [identity.instance, identity.name]))
  if (instances.length === 0) return [labels]
  return instances.map((instance) => ({ ...labels, process: names.get(instance) ?? instance, instance }))
}
