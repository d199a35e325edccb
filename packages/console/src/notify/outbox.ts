import { messageOf, SECOND_MS, type Clock, type Random } from '@plimsoll/core'
import type { Sql } from '@plimsoll/postgres'
import type { IncidentEvent } from '../engine/step.ts'
import { claimDeliveries, isCallLost, readNextDue, settleDeliveries, type ClaimedDelivery } from '../storage/outbox.ts'
import { DeliveryError, type Channel } from './channel.ts'
import { gatherDigest } from './digest.ts'
import { callOf } from './pipeline.ts'

const LEASE_MS = 30 * SECOND_MS
/** Less than half of the lease, so that a slow peer is given up before somebody else may claim the message. */
const CALL_TIMEOUT_MS = 10 * SECOND_MS
const MAX_IN_FLIGHT = 128
/** So many incidents may wait to hear what became of their messages; then the next messages wait, too. */
const MAX_TELLING = 512
/** With waits of up to a minute: about ten minutes of trying. */
const MAX_ATTEMPTS = 14
const MAX_BACKOFF_MS = 60 * SECOND_MS
const MAX_ERROR_LENGTH = 250

export interface OutboxOptions {
  sql: Sql
  clock: Clock
  random: Random
  channels: Partial<Record<Channel['name'], Channel>>
  /** Where all incidents are shown. */
  incidentsUrl: () => string
  /** Tells the incident what became of a message. */
  report: (incidentId: number, event: IncidentEvent) => Promise<unknown>
  /** Takes secrets out of what a peer said, before anything is cut off it. */
  hide: (text: string) => string
  log: (line: string) => void
}

/**
 * Delivers what the outbox holds, each destination by itself, so that one that hangs delays no other. A message is claimed
 * under a lease before the call: a crash in between leaves an expired lease, and the message is sent again.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #busy = new Map<string, Promise<void>>()
  /** Messages whose outcome is stored, and whose incidents are being told of it. */
  readonly #telling = new Set<Promise<void>>()
  #pass: Promise<void> | null = null
  #isAskedAgain = false
  #isStopped = false
  #nextDueAtMs = -Infinity

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Looks when something may be due: cheap to ask every second. */
  async deliverWhenDue(): Promise<void> {
    if (this.#options.clock.nowMs() >= this.#nextDueAtMs) await this.deliverDue()
  }

  /** Looks for what is due, now. Calls during a look are one more look after it. */
  async deliverDue(): Promise<void> {
    if (this.#isStopped) return
    if (this.#pass) {
      this.#isAskedAgain = true
      return this.#pass
    }
    this.#pass = this.#claimAndSend().finally(() => {
      this.#pass = null
      if (!this.#isAskedAgain) return
      this.#isAskedAgain = false
      void this.deliverDue()
    })
    return this.#pass
  }

  /** Resolves when nothing is on its way any more. */
  async settled(): Promise<void> {
    while (this.#pass !== null || this.#busy.size > 0 || this.#telling.size > 0)
      await Promise.all([this.#pass, ...this.#busy.values(), ...this.#telling])
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.settled()
  }

  async #claimAndSend(): Promise<void> {
    const { sql, clock, log } = this.#options
    try {
      const claims = await claimDeliveries(sql, {
        nowMs: clock.nowMs(),
        leaseMs: LEASE_MS,
        maxCount: this.#telling.size < MAX_TELLING ? MAX_IN_FLIGHT - this.#busy.size : 0,
        busy: [...this.#busy.keys()],
      })
      for (const destination of new Set(claims.map((claim) => claim.destination))) {
        const sending = this.#send(claims.filter((claim) => claim.destination === destination))
          .catch((error: unknown) => log(`A delivery could not be recorded and will be repeated: ${messageOf(error)}`))
          .finally(() => {
            this.#busy.delete(destination)
            void this.deliverDue()
          })
        this.#busy.set(destination, sending)
      }
      this.#nextDueAtMs = (await readNextDue(sql)) ?? Infinity
    } catch (error) {
      log(`The outbox can't be read, and will be tried again: ${messageOf(error)}`)
    }
  }

  /** Of one destination: a message by itself, or what is gathered in a digest and settled by its one answer. */
  async #send(claims: ClaimedDelivery[]): Promise<void> {
    const { sql, clock, channels, incidentsUrl } = this.#options
    const isDigest = claims.length > 1
    const message = isDigest ? gatherDigest(claims, incidentsUrl()) : claims[0]!
    let receipt: string | null
    try {
      const channel = channels[message.channel]
      if (!channel) throw new DeliveryError(`No ${message.channel} is configured.`, { isFinal: true })
      receipt = await this.#call(channel, message)
    } catch (error) {
      return this.#postpone(claims, error)
    }
    // What an incident says later must not be written over what a digest says of others.
    const outcome = { status: 'sent', atMs: clock.nowMs(), receipt: isDigest ? null : receipt } as const
    const gatheredCount = claims.length - 1
    for (const claim of await settleDeliveries(sql, claims, outcome)) {
      const { destination: to, channel, reason } = claim
      this.#tell(claim, () => Promise.resolve({ type: 'delivered', to, channel, reason, gatheredCount }))
    }
  }

  /** Beside the next message to the same destination: an incident waits for its turn among all others, a page must not. */
  #tell({ incidentId, destination }: ClaimedDelivery, readEvent: () => Promise<IncidentEvent>): void {
    if (incidentId === null) return
    const { report, log } = this.#options
    const telling = readEvent()
      .then((event) => report(incidentId, event))
      .catch((error: unknown) => log(`What became of a message to ${destination} is not told: ${messageOf(error)}`))
      .then(() => void this.#telling.delete(telling))
    this.#telling.add(telling)
  }

  async #call(channel: Channel, claim: ClaimedDelivery): Promise<string | null> {
    const abort = new AbortController()
    const timer = this.#options.clock.after(CALL_TIMEOUT_MS, () =>
      abort.abort(new DeliveryError(`No answer within ${CALL_TIMEOUT_MS / SECOND_MS} s.`, { isFinal: false })),
    )
    try {
      return (await channel.deliver(claim, abort.signal)) ?? null
    } finally {
      timer.cancel()
    }
  }

  async #postpone(claims: ClaimedDelivery[], thrown: unknown): Promise<void> {
    const { sql, clock, random, hide } = this.#options
    const error = hide(messageOf(thrown)).replaceAll(/\s+/g, ' ').slice(0, MAX_ERROR_LENGTH)
    const refusal = thrown instanceof DeliveryError ? thrown : null
    const isGivenUp = ({ attemptCount }: ClaimedDelivery) => refusal?.isFinal || attemptCount >= MAX_ATTEMPTS
    for (const claim of await settleDeliveries(sql, claims.filter(isGivenUp), { status: 'dead', error })) {
      const { destination: to, channel, reason, key } = claim
      this.#tell(claim, async () => {
        const call = callOf(key)
        const isLost = reason === 'page' && (await isCallLost(sql, claim.incidentId, call))
        return { type: 'undeliverable', to, channel, reason, error, lostCall: isLost ? call : null }
      })
    }
    const waiting = claims.filter((claim) => !isGivenUp(claim))
    if (waiting.length === 0) return
    // Full jitter: many messages that failed together don't come back together.
    const attemptCount = Math.max(...waiting.map((claim) => claim.attemptCount))
    const backoffMs = random.next() * Math.min(MAX_BACKOFF_MS, SECOND_MS * 2 ** attemptCount)
    const dueAtMs = clock.nowMs() + Math.ceil(Math.max(backoffMs, refusal?.retryAfterMs ?? 0))
    await settleDeliveries(sql, waiting, { status: 'pending', dueAtMs, error })
  }
}
