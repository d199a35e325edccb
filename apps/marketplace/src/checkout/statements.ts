import type { Sql } from '@plimsoll/postgres'
import { orderLifecycle, statesThatAccept, type OrderEvent } from '../store/order-lifecycle.ts'
import type { CheckoutAnswer, CheckoutRequest } from './checkout.ts'

/** Share of a price that the shop keeps, in hundredths. */
export const COMMISSION_PERCENT = 10

export interface Reservation {
  /** Null when nothing was ordered: the key is taken, or something is unavailable. */
  orderId: number | null
  totalCents: number
  unavailableIds: number[]
}

export interface KnownOrder {
  id: number
  state: string
  totalCents: number
  requestHash: Buffer
  answer: CheckoutAnswer | null
}

export interface ReserveOptions {
  request: CheckoutRequest
  owner: Buffer
  requestHash: Buffer
  /** Who settles it; see {@link claim}. */
  claimedBy: string
  holdMs: number
  leaseMs: number
}

/**
 * All or nothing in one statement, so that no lock outlives a round trip: lock the listings in the order of their ids (two
 * checkouts with the same listings can then only queue, never deadlock), see whether all of them can be bought, take the
 * idempotency key, take the stock. A row that another checkout changed while we waited for its lock is seen as it is now.
 */
export async function reserve(sql: Sql, options: ReserveOptions): Promise<Reservation> {
  const { request, owner, requestHash, claimedBy, holdMs, leaseMs } = options
  const { lines, email, address } = request
  const [row] = await sql<Reservation[]>`
    with wanted as (
      select * from unnest(
        ${lines.map(({ listingId }) => listingId)}::int[],
        ${lines.map(({ quantity }) => quantity)}::int[],
        ${lines.map(({ priceCents }) => priceCents)}::int[]
      ) as wanted (listing_id, quantity, agreed_cents)
    ), locked as (
      select l.*, w.quantity, w.agreed_cents from listings l join wanted w on w.listing_id = l.id
      order by l.id for update of l
    ), buyable as (
      select * from locked where stock >= quantity and not is_hidden and price_cents = agreed_cents
    ), placed as (
      insert into orders (idempotency_key, request_hash, owner, state, email, address, total_cents,
        hold_ends_at, claimed_until, claimed_by)
      select ${request.idempotencyKey}, ${requestHash}, ${owner}, 'reserved', ${email}, ${sql.json({ ...address })},
        (select sum(price_cents::bigint * quantity) from buyable),
        now() + ${holdMs} * interval '1 ms', now() + ${leaseMs} * interval '1 ms', ${claimedBy}
      where (select count(*) from buyable) = (select count(*) from wanted)
      on conflict (idempotency_key) do nothing
      returning id, total_cents
    ), taken as (
      update listings l set stock = l.stock - b.quantity from buyable b where l.id = b.id and exists (select from placed)
    ), items as (
      insert into order_items (order_id, listing_id, shop_id, title, price_cents, quantity)
      select placed.id, b.id, b.shop_id, b.title, b.price_cents, b.quantity from placed, buyable b
    ), event as (
      insert into order_events (order_id, state, cause) select id, 'reserved', 'checkout' from placed
    )
    select (select id from placed) as "orderId", coalesce((select total_cents from placed), 0) as "totalCents",
      array(select listing_id from wanted except select id from buyable order by 1) as "unavailableIds"
  `
  return row!
}

export async function findByKey(sql: Sql, idempotencyKey: string): Promise<KnownOrder | null> {
  const [order] = await sql<KnownOrder[]>`
    select id, state, total_cents as "totalCents", request_hash as "requestHash", answer
    from orders where idempotency_key = ${idempotencyKey}
  `
  return order ?? null
}

/** Takes over the settling of an order that nobody settles, or that we settle already. */
export async function claim(sql: Sql, orderId: number, claimedBy: string, leaseMs: number): Promise<boolean> {
  const { count } = await sql`
    update orders set claimed_until = now() + ${leaseMs} * interval '1 ms', claimed_by = ${claimedBy}
    where id = ${orderId} and state = 'reserved' and (claimed_until <= now() or claimed_by = ${claimedBy})
  `
  return count > 0
}

export async function releaseClaim(sql: Sql, orderId: number, claimedBy: string): Promise<void> {
  await sql`update orders set claimed_until = now() where id = ${orderId} and claimed_by = ${claimedBy}`
}

/**
 * Marks the order paid, and with it: the answer, the ledger, a shipment for each shop, the buyer's cart without what was
 * bought. False when the order no longer waits for its payment.
 */
export async function confirm(sql: Sql, orderId: number, reference: string, answer: CheckoutAnswer): Promise<boolean> {
  const [row] = await sql<{ isDone: boolean }[]>`
    with paid as (
      update orders set state = ${orderLifecycle.reserved.pay}, authorisation = ${reference}, answer = ${JSON.stringify(answer)}::text::json
      where id = ${orderId} and state = any(${statesThatAccept('pay')}::text[])
      returning id, owner, total_cents
    ), due as (
      select i.order_id, i.shop_id, sum(i.price_cents::bigint * i.quantity)::bigint as cents
      from order_items i join paid on paid.id = i.order_id group by i.order_id, i.shop_id
    ), shares as (
      select *, cents * ${COMMISSION_PERCENT} / 100 as commission_cents from due
    ), entries as (
      insert into ledger_entries (order_id, account, shop_id, amount_cents)
      select id, 'provider', 0, total_cents from paid
      union all select order_id, 'shop', shop_id, commission_cents - cents from shares
      union all select order_id, 'commission', shop_id, -commission_cents from shares
    ), packing as (
      insert into shipments (order_id, shop_id) select order_id, shop_id from due
    ), bought as (
      delete from cart_lines c using paid, order_items i
      where i.order_id = paid.id and c.owner = paid.owner and c.listing_id = i.listing_id
    ), event as (
      insert into order_events (order_id, state, cause) select id, 'paid', 'payment authorised' from paid
    )
    select exists (select from paid) as "isDone"
  `
  return row!.isDone
}

/** Ends an order that was not paid and puts its stock back. False when its state does not allow the event. */
export async function cancel(
  sql: Sql,
  orderId: number,
  event: OrderEvent & ('decline' | 'undo'),
  answer: CheckoutAnswer,
): Promise<boolean> {
  const cause = { decline: 'payment declined', undo: 'payment not settled in time' }[event]
  const [row] = await sql<{ isDone: boolean }[]>`
    with cancelled as (
      update orders set state = 'cancelled', answer = ${JSON.stringify(answer)}::text::json
      where id = ${orderId} and state = any(${statesThatAccept(event)}::text[]) returning id
    ), returned as (
      select l.id, i.quantity from cancelled
        join order_items i on i.order_id = cancelled.id join listings l on l.id = i.listing_id
      order by l.id for update of l
    ), restocked as (
      update listings l set stock = l.stock + returned.quantity from returned where l.id = returned.id
    ), event as (
      insert into order_events (order_id, state, cause) select id, 'cancelled', ${cause} from cancelled
    )
    select exists (select from cancelled) as "isDone"
  `
  return row!.isDone
}

/** Closes orders whose hold has ended to any payment, and answers all that wait to be undone, at most `limit`. */
export async function expire(sql: Sql, limit: number): Promise<{ id: number; idempotencyKey: string }[]> {
  await sql`
    with due as (
      select id from orders where state = 'reserved' and hold_ends_at <= now()
      order by hold_ends_at limit ${limit} for update skip locked
    ), expired as (
      update orders set state = ${orderLifecycle.reserved.expire} from due where orders.id = due.id returning orders.id
    )
    insert into order_events (order_id, state, cause) select id, 'expiring', 'hold ended' from expired
  `
  return sql`
    select id, idempotency_key as "idempotencyKey" from orders where state = 'expiring' order by hold_ends_at limit ${limit}
  `
}

/** Forgets ended sessions and guests' carts of more than 30 days, at most a thousand of each at a time. */
export async function forgetOld(sql: Sql): Promise<void> {
  await sql`
    delete from sessions where token_hash in (select token_hash from sessions where expires_at < now() limit 1000)
  `
  await sql`
    delete from cart_lines where (owner, listing_id) in (
      select owner, listing_id from cart_lines
      where touched_at < now() - interval '30 days' and length(owner) = 32 limit 1000
    )
  `
}
