import { messageOf, SECOND_MS, type Clock } from '@plimsoll/core'
import type { Sql } from '@plimsoll/postgres'
import { contactsOf, type ConsoleConfig } from '../config.ts'
import type { ClaimedDelivery } from '../storage/outbox.ts'
import type { Channel } from './channel.ts'
import { post } from './post.ts'

/** A store that does not answer for so long is told of, past the store. */
const PATIENCE_MS = 15 * SECOND_MS
const ASK_EVERY_MS = 5 * SECOND_MS
const TIMEOUT_MS = 10 * SECOND_MS

export interface LifelineOptions {
  sql: Sql
  clock: Clock
  config: ConsoleConfig
  channels: Partial<Record<Channel['name'], Channel>>
  publicUrl: () => string
  log: (line: string) => void
}

/**
 * The console's own life. It says that it lives to whoever watches it, as long as its store answers; and when the store is dead, it
 * calls the first level past the store, once for each time it dies: what nobody can record must still be heard.
 */
export class Lifeline {
  readonly #options: LifelineOptions
  #aliveAtMs: number
  #askedAtMs = -Infinity
  #toldAtMs = -Infinity
  #isAsking = false
  #hasCalled = false
  #isDeadmanFailing = false

  constructor(options: LifelineOptions) {
    this.#options = options
    this.#aliveAtMs = options.clock.nowMs()
  }

  get isStoreDead(): boolean {
    return this.#options.clock.nowMs() - this.#aliveAtMs > PATIENCE_MS
  }

  /** To be called every second. */
  async tick(): Promise<void> {
    const nowMs = this.#options.clock.nowMs()
    if (nowMs - this.#askedAtMs >= ASK_EVERY_MS && !this.#isAsking) {
      this.#askedAtMs = nowMs
      this.#isAsking = true
      await this.#ask().finally(() => (this.#isAsking = false))
    } else if (this.#isAsking && nowMs - this.#askedAtMs >= PATIENCE_MS) {
      // A server that is frozen, or a network that swallows, refuses nothing: nobody would ever be told.
      await this.#callPastTheStore(new Error(`no answer for ${PATIENCE_MS / SECOND_MS} s`))
    }
    await this.#tellThatWeLive()
  }

  async #ask(): Promise<void> {
    const { sql, clock, log } = this.#options
    try {
      await sql`select 1`
      if (this.#hasCalled) log('The store answers again.')
      this.#aliveAtMs = clock.nowMs()
      this.#hasCalled = false
    } catch (error) {
      await this.#callPastTheStore(error)
    }
  }

  async #callPastTheStore(error: unknown): Promise<void> {
    if (!this.isStoreDead || this.#hasCalled) return
    this.#hasCalled = true
    this.#options.log(`The store does not answer; the first level is called past it: ${messageOf(error)}`)
    await this.#call(messageOf(error))
  }

  async #call(why: string): Promise<void> {
    const { config, channels, log, clock } = this.#options
    const teams = config.escalation.levels[0]?.teams ?? []
    const contacts = teams.flatMap((team) => contactsOf(config, team).map((contact) => ({ ...contact, team })))
    const abortSignal = new AbortController()
    const timer = clock.after(TIMEOUT_MS, () => abortSignal.abort(new Error('no answer')))
    const sending = contacts.map(async ({ channel, to, team }, index) => {
      await channels[channel]?.deliver(this.#message(channel, to, team, why, index), abortSignal.signal)
    })
    const outcomes = await Promise.allSettled(sending)
    timer.cancel()
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') log(`A call past the store failed: ${messageOf(outcome.reason)}`)
  }

  #message(channel: Channel['name'], destination: string, team: string, why: string, index: number): ClaimedDelivery {
    const { clock, publicUrl } = this.#options
    const nowMs = clock.nowMs()
    const sentence = `The console's own store does not answer since ${Math.round((nowMs - this.#aliveAtMs) / SECOND_MS)} s: what happens now is not recorded, and nobody else will be called.`
    return {
      id: index,
      key: `console/store/${this.#aliveAtMs}/${channel}:${destination}`,
      incidentId: 0,
      team,
      channel,
      destination,
      reason: 'page',
      level: 1,
      attemptCount: 1,
      fence: 0,
      isRepeat: false,
      thread: null,
      message: {
        subject: '[CONSOLE] the store does not answer',
        text: `${sentence}\n\nIt says: ${why}\nLook at the database of the console, and at the services by hand until it is back.\n`,
        incidentUrl: `${publicUrl()}/`,
        acknowledgeUrl: null,
        incident: {
          id: 0,
          key: 'CONSOLE',
          service: 'plimsoll console',
          state: 'open',
          severity: 'critical',
          cause: 'other',
          sentence,
          openedAtMs: this.#aliveAtMs,
          mitigatedAtMs: null,
          resolvedAtMs: null,
          acknowledgedBy: null,
          culprit: null,
          felt: 'unknown.',
          alerts: [],
        },
      },
    }
  }

  /** Silence is the alarm: it falls when this process dies, and when its store does. */
  async #tellThatWeLive(): Promise<void> {
    const { config, clock, log } = this.#options
    const { deadman } = config
    const nowMs = clock.nowMs()
    if (!deadman || this.isStoreDead || nowMs - this.#toldAtMs < deadman.everyMs) return
    this.#toldAtMs = nowMs
    try {
      const { status } = await post(deadman.url, {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'plimsoll console', atMs: nowMs }),
        abortSignal: AbortSignal.timeout(TIMEOUT_MS),
      })
      if (status >= 300) throw new Error(`it answered ${status}`)
      this.#isDeadmanFailing = false
    } catch (error) {
      if (!this.#isDeadmanFailing) log(`Nobody heard that this console lives: ${messageOf(error)}`)
      this.#isDeadmanFailing = true
    }
  }
}
