import { isIP } from 'node:net'

import { PlimsollError } from '@plimsoll/core'

/** Where traffic goes to. `host` is an address, never a name: nothing is looked up. */
export interface Target {
  host: string
  port: number
  /** What the `Host` header says. */
  authority: string
  /** Over TLS. The certificate is not checked: on loopback nobody stands between, and test services sign their own. */
  isTls: boolean
}

/** Traffic was asked for against something that is not this machine's own loopback. */
export class NotLoopbackError extends PlimsollError {
  readonly origin: string

  constructor(origin: string) {
    super(
      'PLIMSOLL_TRAFFIC_NOT_LOOPBACK',
      `Traffic goes to this machine's loopback only, and "${origin.slice(0, 200)}" is something else. ` +
        'Start the service here and use http://127.0.0.1:PORT.',
    )
    this.origin = origin
  }
}

/**
 * Parses `http://127.0.0.1:3000` or `https://…`; a path is ignored.
 * @throws {@link NotLoopbackError} for every host but 127.0.0.0/8, ::1 and localhost (which is taken to be 127.0.0.1)
 */
export function parseTarget(origin: string): Target {
  const url = URL.canParse(origin) ? new URL(origin) : null
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '') throw new NotLoopbackError(origin)
  const name = url.hostname.replace(/^\[|\]$/g, '')
  const host = name === 'localhost' ? '127.0.0.1' : name
  const isLoopback = (isIP(host) === 4 && host.startsWith('127.')) || host === '::1'
  if (!isLoopback) throw new NotLoopbackError(origin)
  const isTls = url.protocol === 'https:'
  return { host, port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port), authority: url.host, isTls }
}
