import { messageOf, SECOND_MS, type Clock } from '@plimsoll/core'
import type { Command, Identity } from '@plimsoll/core/wire'
import type { Sql } from '@plimsoll/postgres'
import type { ConsoleConfig } from '../config.ts'
import { findHome } from '../incident/grouping.ts'
import type { IncidentRecord } from '../incident/incident.ts'
import type { MessageLinks } from '../notify/message.ts'
import type { ServiceFacts } from '../rule/facts.ts'
import type { Alert } from '../rule/rule.ts'
import { readOpenCommands, type OpenCommand } from '../storage/commands.ts'
import { readUnresolved } from '../storage/incidents.ts'
import { readTimers, type TimerRow } from '../storage/timers.ts'
import { commitOpening, commitStep, type Committed } from './commit.ts'
import { OpenIncidents } from './open-incidents.ts'
import { isNews, open, step, type IncidentEvent } from './step.ts'
import { TimerHints } from './timers.ts'

export interface EngineOptions {
  sql: Sql
  clock: Clock
  config: ConsoleConfig
  links: MessageLinks
  log: (line: string) => void
  /** An incident changed and the change is stored. */
  onCommit: (committed: Committed) => void
  /** Follows work that was begun by a timer. */
  track: (work: Promise<unknown>) => void
}

const UNIQUE_VIOLATION = '23505'

/**
 * Feeds events to the pure steps and stores what they decide, one at a time. What it remembers of open incidents is a hint: the
 * table is asked again in each transaction, and after a restart.
 */
export class Engine {
  readonly #options: EngineOptions
  readonly #open = new OpenIncidents()
  readonly #commands = new Map<string, OpenCommand>()
  readonly #timers: TimerHints
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: EngineOptions) {
    this.#options = options
    this.#timers = new TimerHints(options.clock, (timer) => options.track(this.#fire(timer)))
  }

  /** Reads what was under way when the console ended. What became due meanwhile waits for {@link fireDueTimers}. */
  load(): Promise<void> {
    // In its turn: what a person does meanwhile would be overwritten by how things stood before.
    return this.#inTurn(async () => {
      const { sql } = this.#options
      for (const record of await readUnresolved(sql)) this.#open.set(record)
      for (const command of await readOpenCommands(sql)) this.#commands.set(command.command.id, command)
      for (const timer of await readTimers(sql)) this.#timers.remember(timer)
    })
  }

  /** Incidents that are not resolved. */
  openIncidents(): IncidentRecord[] {
    return this.#open.all()
  }

  openIncidentsOf(service: string): IncidentRecord[] {
    return this.#open.of(service)
  }

  openIncident(id: number): IncidentRecord | null {
    return this.#open.get(id)
  }

  /** What an agent is asked to do, oldest first, until its last answer has come. */
  commandsFor({ service, instance }: Pick<Identity, 'service' | 'instance'>): Command[] {
    return [...this.#commands.values()]
      .filter((open) => open.deliverTo === instance && open.service === service)
      .map(({ command }) => command)
  }

  /** Null, too, when it is none of that service. */
  incidentOfCommand(id: string, service: string): number | null {
    const open = this.#commands.get(id)
    return open?.service === service ? open.incidentId : null
  }

  /**
   * An alert fires, or still does: it joins the incident it belongs to, or opens one.
   * @param mayOpen asked when it is its turn: a person may have resolved its incident since it was looked at
   */
  raise(alert: Alert, facts: ServiceFacts, mayOpen = () => true): Promise<void> {
    return this.#inTurn(async () => {
      const home = findHome(alert, this.openIncidentsOf(alert.service))
      if (home && isNews(home, alert)) await this.#step(home.id, { type: 'alert', alert, facts })
      else if (!home && mayOpen()) await this.#openIncident(alert, facts)
    })
  }

  /** Something happens to an incident. Null when there is no such incident. */
  apply(id: number, event: IncidentEvent): Promise<IncidentRecord | null> {
    return this.#inTurn(() => this.#step(id, event))
  }

  /** Makes two incidents one: `into` goes on with what the other knew. Null when either is over or never was. */
  merge(id: number, into: number, by: string): Promise<IncidentRecord | null> {
    return this.#inTurn(async () => {
      const from = this.#open.get(id)
      if (!from || id === into || !this.#open.get(into)) return null
      // First the one that goes on: a crash in between leaves two incidents and loses none.
      const kept = await this.#step(into, { type: 'take-over', by, from })
      await this.#step(id, { type: 'merge', by, into })
      return kept
    })
  }

  fireDueTimers(): void {
    this.#timers.fireDue()
  }

  async stop(): Promise<void> {
    this.#timers.stop()
    await this.#turn.catch(() => {})
  }

  async #step(id: number, event: IncidentEvent, timer?: TimerRow): Promise<IncidentRecord | null> {
    const remembered = this.#open.get(id)
    const nowMs = this.#options.clock.nowMs()
    if (remembered && !timer) {
      const { record, isDurable } = step(remembered, event, nowMs)
      if (!isDurable) {
        this.#open.set(record)
        return record
      }
    }
    const decide = (record: IncidentRecord) => step(record, event, nowMs)
    const committed = await commitStep({ ...this.#options, nowMs }, id, decide, { remembered, timer })
    if (committed) this.#takeOver(committed)
    return committed?.record ?? null
  }

  async #openIncident(alert: Alert, facts: ServiceFacts): Promise<void> {
    const nowMs = this.#options.clock.nowMs()
    const first = open(alert, facts, this.#options.config, nowMs)
    try {
      this.#takeOver(await commitOpening({ ...this.#options, nowMs }, first))
    } catch (error) {
      if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error
      // Another console on the same database opened it in the same instant: it is this one's, too.
      for (const record of await readUnresolved(this.#options.sql)) this.#open.set(record)
    }
  }

  #takeOver(committed: Committed): void {
    const { record } = committed
    if (record.state === 'resolved') this.#open.delete(record)
    else this.#open.set(record)
    for (const timer of committed.timersSet) this.#timers.set(timer)
    for (const kind of committed.timersGone) this.#timers.delete(kind, record.id)
    for (const effect of committed.effects) {
      if (effect.type === 'command') {
        const { command, deliverTo } = effect
        this.#commands.set(command.id, { command, deliverTo, incidentId: record.id, service: record.service })
      } else if (effect.type === 'withdraw-command') {
        this.#commands.delete(effect.id)
      }
    }
    this.#options.onCommit(committed)
  }

  async #fire(timer: TimerRow): Promise<void> {
    try {
      await this.#inTurn(() => this.#step(timer.incidentId, { type: 'timer', kind: timer.kind }, timer))
    } catch (error) {
      const { log, clock } = this.#options
      log(
        `A timer (${timer.kind} of incident ${timer.incidentId}) could not be carried out and will be tried again: ${messageOf(error)}`,
      )
      this.#timers.set({ ...timer, dueAtMs: clock.nowMs() + SECOND_MS })
    }
  }

  /** One step after another: two that overlap would decide on the same past. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(act, act)
    this.#turn = turn.catch(() => {})
    return turn
  }
}
