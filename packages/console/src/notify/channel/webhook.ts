import { SECOND_MS } from '@plimsoll/core'
import { createHmac } from 'node:crypto'
import type { ClaimedDelivery } from '../../storage/outbox.ts'
import { DeliveryError, type Channel, type FindSecret } from '../channel.ts'
import { checkAnswer, post } from '../post.ts'

/** Header whose value is `t=<epoch seconds>,v1=<hex>`: HMAC-SHA256 of `<t>.<body>` under the webhook secret. */
export const signatureHeader = 'x-plimsoll-signature'

export function signBody(secret: string, body: string, atSeconds: number): string {
  return `t=${atSeconds},v1=${createHmac('sha256', secret).update(`${atSeconds}.${body}`).digest('hex')}`
}

export interface SignedPostOptions {
  secret: string
  nowMs: () => number
  findSecret: FindSecret
}

/**
 * Posts JSON to a URL, signed. The receiver tells repeats by `Idempotency-Key`. 2xx is accepted; 408, 429 and 5xx are tried
 * again, after `Retry-After` when it is given; everything else is final.
 */
export function createWebhookChannel(options: SignedPostOptions): Channel {
  return {
    name: 'webhook',
    deliver: (delivery, abortSignal) => postSigned(delivery, JSON.stringify(bodyOf(delivery)), options, abortSignal),
  }
}

export async function postSigned(
  { channel, destination, key }: ClaimedDelivery,
  body: string,
  { secret, nowMs, findSecret }: SignedPostOptions,
  abortSignal: AbortSignal,
): Promise<null> {
  const headers = {
    'content-type': 'application/json',
    'idempotency-key': key,
    [signatureHeader]: signBody(secret, body, Math.floor(nowMs() / SECOND_MS)),
  }
  const url = urlOf(findSecret, channel, destination)
  checkAnswer(await post(url, { headers, body, abortSignal }))
  return null
}

/** @throws {@link DeliveryError} when the configuration no longer knows the destination */
export function urlOf(findSecret: FindSecret, channel: ClaimedDelivery['channel'], destination: string): string {
  const url = findSecret(channel, destination)
  if (url !== null) return url
  throw new DeliveryError(`The configuration has no ${channel} called ${destination} any more.`, { isFinal: true })
}

function bodyOf({ key, reason, level, team, message, isRepeat }: ClaimedDelivery): object {
  const { subject, text, incident, incidentUrl, acknowledgeUrl } = message
  return { version: 1, key, reason, level, team, isRepeat, subject, text, incident, incidentUrl, acknowledgeUrl }
}
