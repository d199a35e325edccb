import type { Clock } from '@plimsoll/core'
import { DAY_MS, messageOf } from '@plimsoll/core'
import type { Sql } from '@plimsoll/postgres'
import { randomUUID } from 'node:crypto'
import type { MaintenanceWindow } from '../config.ts'
import { RefusedError } from '../errors.ts'
import { forgetSilences, readSilences, saveSilence } from '../storage/silences.ts'
import { checkMatcher, type Labels } from '../rule/matcher.ts'
import { judgeSilence, mayUpdate, silencesOf, stateOf, type Silence } from '../incident/silence.ts'

const MAX_SILENCES = 5000
/** One that is over is shown for so long. */
const REMEMBER_MS = 5 * DAY_MS

/** Silences, in memory and in the store; maintenance windows of the configuration stand among them. */
export class SilenceBook {
  readonly #sql: Sql
  readonly #clock: Clock
  readonly #log: (line: string) => void
  readonly #windows: Silence[]
  readonly #silences = new Map<string, Silence>()
  #turn: Promise<unknown> = Promise.resolve()
  #revision = 0
  #inForce: InForce | null = null

  constructor(options: {
    sql: Sql
    clock: Clock
    maintenance: readonly MaintenanceWindow[]
    log: (line: string) => void
  }) {
    this.#sql = options.sql
    this.#clock = options.clock
    this.#log = options.log
    this.#windows = options.maintenance.map(({ matchers, fromMs, untilMs, comment }, index) => ({
      id: `maintenance-${index + 1}`,
      matchers,
      startsAtMs: fromMs,
      endsAtMs: untilMs,
      createdBy: 'configuration',
      comment,
      updatedAtMs: fromMs,
      isConfigured: true,
    }))
  }

  /** One in the store that could not be made today, such as with an expression that takes forever, is ended. */
  async load(): Promise<void> {
    const nowMs = this.#clock.nowMs()
    await forgetSilences(this.#sql, nowMs - REMEMBER_MS)
    for (const silence of await readSilences(this.#sql)) {
      this.#silences.set(silence.id, silence)
      this.#revision++
      if (stateOf(silence, nowMs) === 'expired') continue
      try {
        silence.matchers.forEach(checkMatcher)
      } catch (error) {
        await this.#end(silence, nowMs)
        this.#log(`Silence ${silence.id} was ended, make another: ${messageOf(error)}`)
      }
    }
  }

  /** Changes whenever a silence does. */
  get revision(): number {
    return this.#revision
  }

  all(): Silence[] {
    return [...this.#silences.values(), ...this.#windows]
  }

  find(id: string): Silence | null {
    return this.all().find((silence) => silence.id === id) ?? null
  }

  /** Silences in force that hide these labels. */
  hiding(labels: Labels): readonly Silence[] {
    const { silences, judged } = this.#force()
    let hiding = judged.get(labels)
    if (!hiding) judged.set(labels, (hiding = silencesOf(labels, silences, this.#clock.nowMs())))
    return hiding
  }

  /**
   * What is in force until one begins or ends, with what was judged meanwhile: fifty thousand alerts against five thousand
   * silences are asked for each second, and by each page.
   */
  #force(): InForce {
    const nowMs = this.#clock.nowMs()
    if (this.#inForce?.revision === this.#revision && nowMs < this.#inForce.untilMs && nowMs >= this.#inForce.sinceMs)
      return this.#inForce
    const all = this.all()
    const turns = all.flatMap(({ startsAtMs, endsAtMs }) => [startsAtMs, endsAtMs]).filter((atMs) => atMs > nowMs)
    this.#inForce = {
      revision: this.#revision,
      sinceMs: nowMs,
      untilMs: turns.reduce((soonest, atMs) => Math.min(soonest, atMs), Infinity),
      silences: all.filter((silence) => stateOf(silence, nowMs) === 'active'),
      judged: new WeakMap(),
    }
    return this.#inForce
  }

  /**
   * Makes a silence, or changes the one with this id: one whose matchers or start change ends, and a new one begins.
   * Answers the id. @throws {@link RefusedError} with what is wrong
   */
  save(id: string | null, wanted: Omit<Silence, 'id' | 'updatedAtMs'>): Promise<string> {
    return this.#inTurn(async () => {
      const nowMs = this.#clock.nowMs()
      const wrong = judgeSilence(wanted, nowMs)
      if (wrong !== null) throw new RefusedError(400, 'SILENCE', `invalid silence: ${wrong}`)
      const known = id === null ? null : (this.#silences.get(id) ?? null)
      if (id !== null && !known) throw unknownSilence(id)
      if (this.#silences.size >= MAX_SILENCES) await this.#forgetOld()
      if (this.#silences.size >= MAX_SILENCES)
        throw new RefusedError(
          429,
          'TOO_MANY_SILENCES',
          `There are ${MAX_SILENCES} silences, the limit. End some of them.`,
        )
      if (known && mayUpdate(known, wanted, nowMs)) {
        await this.#keep({ ...wanted, id: known.id, updatedAtMs: nowMs })
        return known.id
      }
      if (known && stateOf(known, nowMs) !== 'expired') await this.#end(known, nowMs)
      const fresh = { ...wanted, startsAtMs: Math.max(wanted.startsAtMs, nowMs), id: randomUUID(), updatedAtMs: nowMs }
      await this.#keep(fresh)
      return fresh.id
    })
  }

  /** @throws {@link RefusedError} when there is none with this id */
  expire(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const known = this.#silences.get(id)
      if (this.#windows.some((window) => window.id === id))
        throw new RefusedError(409, 'MAINTENANCE', `${id} is a maintenance window. Take it out of the configuration.`)
      if (!known) throw unknownSilence(id)
      const nowMs = this.#clock.nowMs()
      if (stateOf(known, nowMs) !== 'expired') await this.#end(known, nowMs)
    })
  }

  async #end(known: Silence, nowMs: number): Promise<void> {
    await this.#keep({ ...known, startsAtMs: Math.min(known.startsAtMs, nowMs), endsAtMs: nowMs, updatedAtMs: nowMs })
  }

  async #keep(silence: Silence): Promise<void> {
    await saveSilence(this.#sql, silence)
    this.#silences.set(silence.id, silence)
    this.#revision++
  }

  async #forgetOld(): Promise<void> {
    const nowMs = this.#clock.nowMs()
    await forgetSilences(this.#sql, nowMs)
    for (const silence of this.#silences.values())
      if (stateOf(silence, nowMs) === 'expired') this.#silences.delete(silence.id)
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(act)
    this.#turn = turn.catch(() => {})
    return turn
  }
}

interface InForce {
  revision: number
  /** The clock may be set back. */
  sinceMs: number
  untilMs: number
  silences: Silence[]
  /** By the object itself: labels are not changed. */
  judged: WeakMap<Labels, Silence[]>
}

function unknownSilence(id: string): RefusedError {
  return new RefusedError(404, 'NOT_FOUND', `silence ${id.slice(0, 100)} not found`)
}
