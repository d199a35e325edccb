import { SECOND_MS } from '@plimsoll/core'
import type { Command } from '@plimsoll/core/wire'
import type { TimelineEntry } from '../api/contract.ts'
import { Fleet } from '../collect/fleet.ts'
import { policyOf, type ConsoleConfig, type ServicePolicy } from '../config.ts'
import type { Step } from '../engine/draft.ts'
import { isNews, open, step, type IncidentEvent } from '../engine/step.ts'
import { findHome } from '../incident/grouping.ts'
import type { IncidentRecord, TimerKind } from '../incident/incident.ts'
import { builtinRules } from '../rule/builtin.ts'
import { evaluateRules } from '../rule/evaluate.ts'
import { type DatabaseFacts, type ServedCounts, withUsualBefore } from '../rule/facts.ts'
import { accusedSince } from '../runbook/database-facts.ts'
import { FakeService } from './fake-service.ts'

const LOOK_MS = 10 * SECOND_MS

/**
 * All of a console that decides, without a store and without a network, over a fleet that exists only in what it posts: thirteen
 * hours of it are a few seconds. Its time moves when `until` says so, one look of ten seconds after the other.
 */
export class VirtualConsole {
  readonly config: ConsoleConfig
  readonly fleet = new Fleet()
  readonly service: FakeService
  readonly incidents: IncidentRecord[] = []
  readonly calls: { atMs: number; team: string; reason: string }[] = []
  readonly timeline: TimelineEntry[] = []
  /** What a probe of the service's database would find, or null where there is none. */
  database: DatabaseFacts | null = null
  readonly #timers = new Map<string, { id: number; kind: TimerKind; dueAtMs: number }>()
  readonly #commands = new Map<string, Command & { deliverTo: string }>()
  readonly #memory = new Map()
  #served: ServedCounts = { requestCount: 0, errorCount: 0, slowCount: 0 }
  nowMs: number

  constructor(config: ConsoleConfig, service: string, startMs: number) {
    this.config = config
    this.nowMs = startMs
    this.service = new FakeService(service, { nowMs: startMs })
  }

  until(untilMs: number): void {
    while (this.nowMs < untilMs) {
      this.nowMs += LOOK_MS
      this.#fireDue()
      for (const process of this.service.processes) {
        const batch = process.batch(this.nowMs)
        this.fleet.accept(batch, this.#policy(), this.nowMs)
        for (const result of batch.results) this.#toAll({ type: 'result', result })
      }
      this.#look()
      for (const process of this.service.processes) {
        const due = [...this.#commands.values()].filter(({ deliverTo }) => deliverTo === process.identity.instance)
        this.service.obey(process, due, this.nowMs)
      }
      this.fleet.tick(this.nowMs)
    }
  }

  act(event: IncidentEvent): void {
    this.#toAll(event)
  }

  #policy(): ServicePolicy {
    return policyOf(this.config, this.service.name)
  }

  #look(): void {
    const probed = this.database && { ...this.database, atMs: this.nowMs }
    const unresolved = this.#unresolved()
    const facts = withUsualBefore(
      this.fleet.read(this.#policy(), probed, this.nowMs, accusedSince(unresolved)),
      unresolved,
    )
    const { firing, cleared } = evaluateRules(builtinRules, facts, this.#memory)
    for (const alert of firing) {
      const home = findHome(alert, this.#unresolved())
      if (!home) this.#take(open(alert, facts, this.config, this.nowMs))
      else if (isNews(home, alert)) this.#take(step(home, { type: 'alert', alert, facts }, this.nowMs))
    }
    for (const fingerprint of cleared) this.#toAll({ type: 'clear', fingerprint })
    const { requestCount, errorCount, slowCount } = facts.served
    const served = {
      requestCount: requestCount - this.#served.requestCount,
      errorCount: errorCount - this.#served.errorCount,
      slowCount: slowCount - this.#served.slowCount,
    }
    this.#served = facts.served
    this.#toAll({ type: 'review', facts, served })
  }

  #fireDue(): void {
    for (const [key, { id, kind, dueAtMs }] of this.#timers) {
      if (dueAtMs > this.nowMs) continue
      this.#timers.delete(key)
      const record = this.incidents.find((incident) => incident.id === id)!
      this.#take(step(record, { type: 'timer', kind }, dueAtMs))
    }
  }

  #unresolved(): IncidentRecord[] {
    return this.incidents.filter(({ state }) => state !== 'resolved')
  }

  #toAll(event: IncidentEvent): void {
    for (const record of this.#unresolved()) this.#take(step(record, event, this.nowMs))
  }

  #take({ record, entries, effects, timers }: Step): void {
    if (record.id === 0) record.id = this.incidents.length + 1
    this.incidents[record.id - 1] = record
    for (const entry of entries) this.timeline.push({ sequence: this.timeline.length + 1, ...entry })
    for (const { kind, dueAtMs } of timers) {
      if (dueAtMs === null) this.#timers.delete(`${record.id}/${kind}`)
      else this.#timers.set(`${record.id}/${kind}`, { id: record.id, kind, dueAtMs })
    }
    const atMs = entries.at(-1)?.atMs ?? this.nowMs
    for (const effect of effects) {
      if (effect.type === 'notify') this.calls.push({ atMs, team: effect.team, reason: effect.reason })
      if (effect.type === 'command')
        this.#commands.set(effect.command.id, { ...effect.command, deliverTo: effect.deliverTo })
      if (effect.type === 'withdraw-command') this.#commands.delete(effect.id)
      if (effect.type === 'retire') this.fleet.retire(this.service.name, effect.instance, this.nowMs)
    }
  }
}
