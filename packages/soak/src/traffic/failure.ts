import { PlimsollError } from '@plimsoll/core'

/**
 * Why a request failed, as its user felt it.
 * - `refused`: no connection could be made
 * - `dropped`: the connection ended before a byte of the answer came, on a fresh or on a kept one
 * - `cut-off`: it ended in the middle of the answer
 * - `timed-out`: no whole answer within the time-out
 * - `malformed`: what came is no HTTP/1.1 answer, or larger than the cap
 * - `server-error`: status 500 and above
 * - `check-failed`: a whole answer, but not the one that was asked for
 */
export type FailureKind = (typeof failureKinds)[number]

export const failureKinds = [
  'refused',
  'dropped',
  'cut-off',
  'timed-out',
  'malformed',
  'server-error',
  'check-failed',
] as const

/** A request that failed; already counted. A journey may catch it and go on, or let it end the session. */
export class RequestFailedError extends PlimsollError {
  readonly kind: FailureKind
  readonly request: string

  constructor(kind: FailureKind, request: string, why: string, options?: { cause?: unknown }) {
    super('PLIMSOLL_TRAFFIC_REQUEST_FAILED', `${request} ${kind}: ${why}`, options)
    this.kind = kind
    this.request = request
  }
}

/** The traffic is over; thrown from what a journey awaits, to end the session. Let it pass. */
export class TrafficEndedError extends PlimsollError {
  constructor() {
    super('PLIMSOLL_TRAFFIC_ENDED', 'The traffic is over and this session ends with it.')
  }
}
