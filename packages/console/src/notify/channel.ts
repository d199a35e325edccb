import { PlimsollError } from '@plimsoll/core'
import type { ChannelName } from '../escalation/contact.ts'
import type { ClaimedDelivery } from '../storage/outbox.ts'

/** What it takes to reach a destination: an address or a key that is a secret. Null when the configuration has it no longer. */
export type FindSecret = (channel: ChannelName, to: string) => string | null

/** One way to reach people. Delivering twice under the same `key` must look like once wherever the receiver can tell. */
export interface Channel {
  readonly name: ChannelName
  /**
   * Answers what the receiver calls the message, where later ones can refer to it.
   * @throws {@link DeliveryError}, or anything else, which is tried again
   */
  deliver(delivery: ClaimedDelivery, abortSignal: AbortSignal): Promise<string | null | undefined>
}

/** What the link of a message is called: a digest, which belongs to no incident, leads to all of them. */
export function linkWords(incidentId: number | null): string {
  return incidentId === null ? 'Open the list of incidents' : 'Open the incident'
}

/** The other side refused. */
export class DeliveryError extends PlimsollError {
  /** Trying again would not help. */
  readonly isFinal: boolean
  /** The other side asked for that much patience, or null. */
  readonly retryAfterMs: number | null

  constructor(message: string, options: { isFinal: boolean; retryAfterMs?: number | null; cause?: unknown }) {
    super('PLIMSOLL_CONSOLE_DELIVERY', message, { cause: options.cause })
    this.isFinal = options.isFinal
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}
