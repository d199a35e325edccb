import { HOUR_MS, messageOf, SECOND_MS } from '@plimsoll/core'
import { createHmac } from 'node:crypto'
import type { ClaimedDelivery } from '../../storage/outbox.ts'
import { DeliveryError, type Channel } from '../channel.ts'

/** Header whose value is `t=<epoch seconds>,v1=<hex>`: HMAC-SHA256 of `<t>.<body>` under the webhook secret. */
export const signatureHeader = 'x-plimsoll-signature'

export function signBody(secret: string, body: string, atSeconds: number): string {
  return `t=${atSeconds},v1=${createHmac('sha256', secret).update(`${atSeconds}.${body}`).digest('hex')}`
}

/**
 * Posts JSON to a URL, signed. The receiver tells repeats by `Idempotency-Key`. 2xx is accepted; 429 and 5xx are tried again,
 * after `Retry-After` when it is given; everything else is final. Redirects are not followed: they would leave with the signature.
 */
export function createWebhookChannel(options: { secret: string; nowMs: () => number }): Channel {
  return {
    name: 'webhook',
    async deliver(delivery, abortSignal) {
      const body = JSON.stringify(bodyOf(delivery))
      const response = await fetch(delivery.destination, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Plimsoll',
          'idempotency-key': delivery.key,
          [signatureHeader]: signBody(options.secret, body, Math.floor(options.nowMs() / SECOND_MS)),
        },
        body,
        redirect: 'manual',
        signal: abortSignal,
      }).catch((error: unknown) => {
        if (error instanceof DeliveryError) throw error
        const { cause } = error as { cause?: unknown }
        throw new DeliveryError(messageOf(cause ?? error), { isFinal: false, cause: error })
      })
      // What it says beyond its status is not read: it could be endless.
      await response.body?.cancel()
      if (response.ok) return
      const isBusy = response.status === 429 || response.status === 408 || response.status >= 500
      throw new DeliveryError(`It answered ${response.status}.`, {
        isFinal: !isBusy,
        retryAfterMs: readRetryAfter(response.headers.get('retry-after')),
      })
    },
  }
}

function bodyOf({ key, reason, level, team, message }: ClaimedDelivery): object {
  const { subject, text, incident, incidentUrl, acknowledgeUrl } = message
  return { version: 1, key, reason, level, team, subject, text, incident, incidentUrl, acknowledgeUrl }
}

function readRetryAfter(value: string | null): number | null {
  const seconds = value === null ? NaN : Number(value)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * SECOND_MS, HOUR_MS) : null
}
