import { createHash, randomBytes } from 'node:crypto'
import { delay, messageOf, MINUTE_MS, PlimsollError, Reader, type Clock } from '@plimsoll/core'
import type { Sql } from '@plimsoll/postgres'
import type { Log } from '../log.ts'
import type { Authorisation, AuthorisationRequest, PaymentProvider } from '../payment/provider.ts'
import { MAX_CART_LINES, MAX_LINE_QUANTITY, ownerOf, type Buyer } from '../store/carts.ts'
import { retryWhileAway } from '../store/retry-while-away.ts'
import type { Address } from '../store/orders.ts'
import { cancel, claim, confirm, findByKey, releaseClaim, reserve, type KnownOrder } from './statements.ts'

/** What the buyer sends. The lines are those the buyer saw and agreed to, with the prices shown. */
export interface CheckoutRequest {
  /** Chosen by the form, 16 to 64 characters of `[A-Za-z0-9_-]`: the same key buys once, however often it is sent. */
  idempotencyKey: string
  buyer: Buyer
  email: string
  address: Address
  lines: { listingId: number; quantity: number; priceCents: number }[]
  /** The payment provider's token for the means of payment; the test provider knows `card-ok` and `card-declined`. */
  paymentToken: string
}

export type CheckoutAnswer =
  | { outcome: 'paid'; orderId: number; totalCents: number }
  /** The provider said no: the order is cancelled and the stock is back. */
  | { outcome: 'declined'; orderId: number; reason: string }
  /** The 15 minutes passed before the payment was settled: nothing was charged. */
  | { outcome: 'expired'; orderId: number }
  /** The provider has not answered in time. Nothing is lost: ask again with the same key. HTTP 503 with Retry-After. */
  | { outcome: 'pending'; orderId: number }
  /** Nothing was ordered; these listings lack pieces, are off the shelf or changed their price. HTTP 409. */
  | { outcome: 'unavailable'; listingIds: number[] }
  /** The key was used for another request. HTTP 422. */
  | { outcome: 'key-reused' }

export interface Checkout {
  /**
   * Reserves, authorises, confirms. Safe to repeat with the same key, at the same time or later, on any worker.
   * @throws {@link InvalidOptionError} when the request is not one
   */
  place(request: CheckoutRequest): Promise<CheckoutAnswer>
}

export interface CheckoutOptions {
  sql: Sql
  payment: PaymentProvider
  clock: Clock
  log: Log
  /** Told which listings have another stock now. */
  onStockChange: (listingIds: number[]) => void
  /** How long stock is kept for an order that is not paid. Default 15 min. */
  holdMs?: number
}

/** The provider is asked so often before the buyer hears `pending`. */
const AUTHORISE_TRIES = 3
/** Longer than all tries together, so that two processes settle the same order only when the first of them is gone. */
const LEASE_MS = 20_000
/** How long a repeated request waits for the first one's answer. */
const FOLLOW_MS = 8_000
const FIRST_POLL_MS = 20
const MAX_POLL_MS = 250

export function createCheckout(options: CheckoutOptions): Checkout {
  const { sql, payment, clock, log, onStockChange, holdMs = 15 * MINUTE_MS } = options
  // The same request many times at once is one piece of work for this process; what differs shares nothing.
  const running = new Map<string, Promise<CheckoutAnswer>>()

  return {
    place(request) {
      const lines = checkRequest(request)
      const normalised = { ...request, lines }
      const requestHash = hashRequest(normalised)
      const id = `${request.idempotencyKey} ${requestHash.toString('base64')}`
      const known = running.get(id)
      if (known) return known
      const placed = place(normalised, requestHash).finally(() => running.delete(id))
      running.set(id, placed)
      return placed
    },
  }

  async function place(request: CheckoutRequest, requestHash: Buffer): Promise<CheckoutAnswer> {
    const claimedBy = randomBytes(12).toString('base64url')
    const owner = ownerOf(request.buyer)
    // A key whose holder rolls back is free again after we looked: that is rare, and rarer twice.
    for (let attempt = 0; attempt < 3; attempt++) {
      const reservation = await persist(() =>
        reserve(sql, { request, owner, requestHash, claimedBy, holdMs, leaseMs: LEASE_MS }),
      )
      if (reservation.orderId !== null) {
        onStockChange(request.lines.map(({ listingId }) => listingId))
        return settle(reservation.orderId, reservation.totalCents, request, claimedBy)
      }
      // Also when something is unavailable: perhaps this very key bought the last piece before.
      const known = await persist(() => findByKey(sql, request.idempotencyKey))
      if (known)
        return known.requestHash.equals(requestHash) ? follow(known, request, claimedBy) : { outcome: 'key-reused' }
      if (reservation.unavailableIds.length > 0) {
        return { outcome: 'unavailable', listingIds: reservation.unavailableIds }
      }
    }
    throw new CheckoutBusyError()
  }

  /** Waits for whoever settles the order, or takes over when nobody does. */
  async function follow(order: KnownOrder, request: CheckoutRequest, claimedBy: string): Promise<CheckoutAnswer> {
    const untilMs = clock.monotonicMs() + FOLLOW_MS
    let latest: KnownOrder | null = order
    for (let pollMs = FIRST_POLL_MS; latest; pollMs = Math.min(2 * pollMs, MAX_POLL_MS)) {
      if (latest.answer) return latest.answer
      if (latest.state !== 'reserved') return { outcome: 'expired', orderId: latest.id }
      const { id, totalCents } = latest
      if (await persist(() => claim(sql, id, claimedBy, LEASE_MS))) return settle(id, totalCents, request, claimedBy)
      if (clock.monotonicMs() >= untilMs) break
      await delay(clock, pollMs)
      latest = await persist(() => findByKey(sql, request.idempotencyKey))
    }
    return { outcome: 'pending', orderId: order.id }
  }

  async function settle(
    orderId: number,
    totalCents: number,
    request: CheckoutRequest,
    claimedBy: string,
  ): Promise<CheckoutAnswer> {
    const key = paymentKey(request.idempotencyKey, orderId)
    const authorisation = await authorise({ key, amountCents: totalCents, token: request.paymentToken })
    if (!authorisation) {
      await persist(() => releaseClaim(sql, orderId, claimedBy))
      return { outcome: 'pending', orderId }
    }
    if (authorisation.status === 'declined') {
      const answer = { outcome: 'declined', orderId, reason: authorisation.reason } as const
      const isCancelled = await persist(() => cancel(sql, orderId, 'decline', answer))
      if (isCancelled) onStockChange(request.lines.map(({ listingId }) => listingId))
      return isCancelled ? answer : settledBefore(request, orderId)
    }
    const answer = { outcome: 'paid', orderId, totalCents } as const
    if (await persist(() => confirm(sql, orderId, authorisation.reference, answer))) return answer
    const before = await settledBefore(request, orderId)
    // The hold ended while the provider was at it: the charge must not stand. The sweeper voids it as well; twice is once.
    if (before.outcome !== 'paid')
      await payment.void(key).catch((error) => log.warn('void failed', { orderId, why: messageOf(error) }))
    return before
  }

  async function settledBefore(request: CheckoutRequest, orderId: number): Promise<CheckoutAnswer> {
    const known = await persist(() => findByKey(sql, request.idempotencyKey))
    return known?.answer ?? { outcome: 'expired', orderId }
  }

  async function authorise(asked: AuthorisationRequest): Promise<Authorisation | null> {
    for (let attempt = 1; attempt <= AUTHORISE_TRIES; attempt++) {
      try {
        return await payment.authorise(asked)
      } catch (error) {
        log.warn('payment unsettled', { attempt, why: messageOf(error) })
        if (attempt < AUTHORISE_TRIES) await delay(clock, 100 * attempt)
      }
    }
    return null
  }

  function persist<T>(act: () => Promise<T>): Promise<T> {
    return retryWhileAway(act, { clock, maxMs: 5_000 })
  }
}

/** The key under which the provider is asked: the same for every try of one order, never that of another. */
export function paymentKey(idempotencyKey: string, orderId: number): string {
  return createHash('sha256').update(`${orderId} ${idempotencyKey}`).digest('base64url')
}

/** Three times in a row the idempotency key was taken and free again. */
export class CheckoutBusyError extends PlimsollError {
  constructor() {
    super(
      'MARKETPLACE_CHECKOUT_BUSY',
      'The order could not be placed just now. Nothing was charged: ask again with the same key.',
    )
  }
}

/**
 * Answers the lines in the order of their listings, each listing once.
 * @throws {@link InvalidOptionError} for what no form of ours sends
 */
export function checkRequest(request: CheckoutRequest): CheckoutRequest['lines'] {
  const reader = new Reader(request)
  if (!/^[A-Za-z0-9_-]{16,64}$/.test(reader.at('idempotencyKey').string())) {
    reader.at('idempotencyKey').fault('must be 16 to 64 characters of A-Z, a-z, 0-9, _ and -')
  }
  const lines = new Map<number, CheckoutRequest['lines'][number]>()
  for (const line of request.lines) {
    const known = lines.get(line.listingId)
    lines.set(line.listingId, { ...line, quantity: line.quantity + (known?.quantity ?? 0) })
  }
  const sorted = [...lines.values()].sort((one, other) => one.listingId - other.listingId)
  if (sorted.length < 1 || sorted.length > MAX_CART_LINES) reader.at('lines').fault(`must be 1 to ${MAX_CART_LINES}`)
  new Reader(sorted, 'lines', reader.faults).list((line) => {
    line.at('listingId').integer({ min: 1, max: 2 ** 31 - 1 })
    line.at('quantity').integer({ min: 1, max: MAX_LINE_QUANTITY })
    line.at('priceCents').integer({ min: 1, max: 2 ** 31 - 1 })
  })
  reader.at('email').string({ maxLength: 200 })
  reader.at('paymentToken').string({ maxLength: 100 })
  for (const field of ['name', 'street', 'postalCode', 'city', 'country']) {
    reader.at('address').at(field).string({ maxLength: 200 })
  }
  reader.finish('Checkout')
  return sorted
}

function hashRequest({ buyer, email, address, lines, paymentToken }: CheckoutRequest): Buffer {
  const { name, street, postalCode, city, country } = address
  const parts = [ownerOf(buyer).toString('hex'), email, name, street, postalCode, city, country, paymentToken]
  const items = lines.map(({ listingId, quantity, priceCents }) => [listingId, quantity, priceCents])
  return createHash('sha256')
    .update(JSON.stringify([parts, items]))
    .digest()
}
