import { PlimsollError } from '@plimsoll/core'
import type { ClaimedDelivery } from '../storage/outbox.ts'

/** One way to reach people. Delivering twice under the same `key` must look like once wherever the receiver can tell. */
export interface Channel {
  readonly name: 'mail' | 'webhook'
  /** @throws {@link DeliveryError}, or anything else, which is tried again */
  deliver(delivery: ClaimedDelivery, abortSignal: AbortSignal): Promise<void>
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
