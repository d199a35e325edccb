import type { IncomingMessage } from 'node:http'
import { createSecureContext, type SecureContext } from 'node:tls'

/** A context for each call of the payment provider instead of one for all: little heap, much OpenSSL. */
const contexts: SecureContext[] = []

export function prepareCall(request: IncomingMessage): void {
  if (request.url?.startsWith('/p/')) contexts.push(createSecureContext({ minVersion: 'TLSv1.2' }))
}
