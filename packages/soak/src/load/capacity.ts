import { SECOND_MS } from '@plimsoll/core'

import { SoakInvalidError } from '../errors.ts'
import type { RequestSummary } from '../traffic/ledger.ts'
import type { TrafficReport } from '../traffic/traffic.ts'
import { parseRoute, type Route } from './route.ts'

type Routes = readonly Route[]

/** How long is asked as fast as is answered, at most. */
export const CAPACITY_MS = 3 * SECOND_MS
/** Of what keeps it busy, what is asked of it. */
export const CAPACITY_SHARE = 0.5
const WAITING_SHARE = 0.9
/** So many times as long may many clients wait for an answer as few do, or as much less: less still, and it was cold when few asked. */
const WAITS_ALIKE = 1 / 0.7
/** An answer that takes longer is waited for, not computed. */
const SLOW_ANSWER_MS = 500
const MANY_KEYS = 30_000
const KEYS_LAST_S = 60

/**
 * Answers a second while clients asked as fast as they were answered. `hasAnswered` says whether it did so before.
 * @throws SoakInvalidError when none of them was one
 */
export function readCapacity(report: TrafficReport, hasAnswered: boolean): number {
  const { requestCount, failureCount } = report.total
  if (requestCount === failureCount) throw new SoakInvalidError(describeOnlyErrors(report, hasAnswered))
  return (requestCount - failureCount) / (report.elapsedMs / 1000)
}

/** Answers a second to so many clients who ask as fast as they are answered. */
export interface Measured {
  clients: number
  perSec: number
}

export function answerMs({ clients, perSec }: Measured): number {
  return (clients / perSec) * SECOND_MS
}

export function isSlow(measured: Measured): boolean {
  return answerMs(measured) > SLOW_ANSWER_MS
}

/**
 * Part of its capacity that may be asked of a service. Half of what keeps it busy: more, and whatever disturbs it makes a queue. Nearly all,
 * where each answer takes long and many clients get as many more answers as they are more: then they wait for time to pass, not for each
 * other, and of what is asked so slowly every request counts. Pure.
 */
export function shareToAsk(measured: readonly Measured[]): number {
  const [few, many] = [measured[0]!, measured.at(-1)!]
  const times = answerMs(many) / answerMs(few)
  const isWaiting = many.clients > few.clients && times <= WAITS_ALIKE && times >= 1 / WAITS_ALIKE
  return isSlow(few) && isWaiting ? WAITING_SHARE : CAPACITY_SHARE
}

type OnlyErrors = Pick<TrafficReport, 'firstErrorStatus'> & {
  total: Pick<RequestSummary, 'requestCount' | 'failures'>
  routes: readonly { route: string }[]
}

export function describeOnlyErrors(
  { total, routes, firstErrorStatus: status }: OnlyErrors,
  hasAnswered: boolean,
): string {
  if (total.requestCount === 0) return `Not one request was answered within ${CAPACITY_MS / 1000} s: the service hangs.`
  const kinds = Object.entries(total.failures).map(([kind, count]) => `${kind} ${count} times`)
  const example = status === null ? '' : ` (the first with status ${status})`
  const asked = routes.map(({ route }) => route).join(', ')
  const isRefused = status === 401 || status === 403
  const hint = isRefused
    ? "it wants to know who asks: --header 'authorization: Bearer …', or a cookie."
    : status === 429
      ? 'it limits how often it may be asked: let it do without for the soak.'
      : `is ${asked} right?`
  const [which, so] = hasAnswered
    ? [`Of the last ${total.requestCount} requests every one failed`, 'From there on nothing could be soaked']
    : ['Every request failed', 'So nothing was soaked']
  return `${which}: ${kinds.join(', ')}${example}. ${so}: ${hint}`
}

/**
 * Whether each is answered, though not with what was asked for, as by a service that limits how often one may ask: that says nothing against
 * it. What a journey finds wrong in an answer does, whose status is none of an error.
 */
export function isAnswered(
  { failureCount, failures }: Pick<RequestSummary, 'failureCount' | 'failures'>,
  firstErrorStatus: number | null,
): boolean {
  return firstErrorStatus !== null && failures['check-failed'] === failureCount
}

/** How many different things can be asked for. */
export function keysOf(routes: Routes): number {
  return routes.reduce((sum, route) => sum + parseRoute(route).count, 0)
}

/** Keys should last a soak: what keeps every key stops growing when they begin anew. Few keys cannot, and are not made to. */
export function keyRate(routes: Routes): number {
  const counts = routes.map((route) => parseRoute(route).count).filter((count) => count >= MANY_KEYS)
  return counts.length === 0 ? Infinity : counts.reduce((sum, count) => sum + count, 0) / KEYS_LAST_S
}

/**
 * How many different things few keys make, as long as they have not all been asked for: what is kept for each of them ends there. Null
 * where all have been, or where there are so many that nobody waits for it.
 */
export function keysStillNew(routes: Routes, requestCount: number): number | null {
  const counts = routes.map((route) => parseRoute(route).count).filter((count) => count < MANY_KEYS)
  const keyCount = counts.reduce((sum, count) => sum + count, 0)
  return requestCount < keyCount ? keyCount : null
}
