import { MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import type { AnySql } from '@plimsoll/postgres'
import type { NotificationReason, NotificationView } from '../api/contract.ts'
import type { ChannelName } from '../escalation/contact.ts'
import type { RenderedMessage } from '../notify/message.ts'
import { storable, toJson } from './incidents.ts'

/** One message to one address, before it is stored. `key` is the same however often the step that wrote it is replayed. */
export interface OutboxEntry {
  key: string
  /** Null: of the console itself. */
  incidentId: number | null
  team: string | null
  channel: ChannelName
  destination: string
  reason: NotificationReason
  level: number | null
  message: RenderedMessage
}

export interface ClaimedDelivery extends OutboxEntry {
  id: number
  attemptCount: number
  fence: number
  /** It may have been delivered before: its sender died before he could note it. */
  isRepeat: boolean
  /** What the receiver calls the first message of this incident to this destination; null while there is none. */
  thread: string | null
}

export async function insertDelivery(sql: AnySql, entry: OutboxEntry, nowMs: number): Promise<void> {
  await sql`
    insert into outbox (key, incident_id, team, channel, destination, reason, level, subject, message, status,
      created_at_ms, due_at_ms)
    values (${entry.key}, ${entry.incidentId}, ${entry.team}, ${entry.channel}, ${entry.destination}, ${entry.reason},
      ${entry.level}, ${storable(entry.message.subject)}, ${toJson(entry.message)}::text::jsonb, 'pending', ${nowMs}, ${nowMs})
    on conflict (key) do nothing`
}

/** Pages that nobody needs any more. One that is on its way can't be called back. */
export async function cancelPages(sql: AnySql, incidentId: number): Promise<void> {
  await sql`
    update outbox set status = 'cancelled'
    where incident_id = ${incidentId} and status = 'pending' and reason = 'page'`
}

/** An address of people, which can be written to too often. Machines group and deduplicate by themselves. */
const readByPeople = ['mail', 'slack', 'slack-bot']
/** The one of them that answers a receipt, to which later messages of an incident are added. */
const threading = 'slack-bot'
/**
 * So many messages call one address within {@link WINDOW_MS}, and one digest. What comes then waits and is gathered. The same goes
 * for those that tell of an end, counted by themselves: they must not hold back a call.
 */
const MAX_SINGLE = 3
const WINDOW_MS = MINUTE_MS
/** A storm opens its incidents over seconds: so long a digest waits for more. Whoever reads it had three messages just now. */
const GATHER_MS = 10 * SECOND_MS
/** A few hundred bytes of memory each, until their outcome is stored. */
const MAX_IN_DIGEST = 1000

/**
 * Claims one due message of each destination nobody is talking to: of incidents that call somebody before those that only tell,
 * of the most severe first, then the oldest; when more destinations wait than can be claimed, these in the same order. Of one
 * incident what is due goes in order: what waits for another try is overtaken, since whatever one message is refused for must not
 * hold back the next page. A lease that ran out means that the outcome is unknown: it is claimed again, for a page twice is better
 * than no page.
 *
 * People who were called {@link MAX_SINGLE} times within a minute get what calls them further as one, and likewise what ends: all
 * that is due is claimed together, the gravest first. A digest that was refused, or whose sender died, is gathered again. An end goes
 * by itself where its incident has a thread, which says how it stands, or a call that goes first.
 *
 * A storm comes when the planner's statistics still say that next to nothing waits: each part is materialized, and none is joined
 * with itself, so that no plan goes through all of them once for each of them; and what was chosen is found by its id, since
 * `coalesce` hides from the planner that the index of what waits would do.
 */
export async function claimDeliveries(
  sql: AnySql,
  options: { nowMs: number; leaseMs: number; maxCount: number; busy: readonly string[] },
): Promise<ClaimedDelivery[]> {
  const { nowMs, leaseMs, maxCount, busy } = options
  const isDue = sql`(
    (outbox.status = 'pending' and outbox.due_at_ms <= ${nowMs})
    or (outbox.status = 'sending' and outbox.lease_until_ms <= ${nowMs}))`
  return sql<ClaimedDelivery[]>`
    with told as materialized (
      select id, destination, incident_id, digest_id, created_at_ms, channel, ${kindOf(sql)} as kind,
        array_position(array['critical', 'warning'], message #>> '{incident,severity}') as gravity
      from outbox where ${isDue} and destination <> all(${sql.array(busy as string[], 25)})
    ), due as materialized (
      select *, kind <> 'news' and channel = any(${sql.array(readByPeople, 25)}) and (kind = 'call' or not (
          calls or channel = ${threading} and exists (select 1 from outbox first where first.incident_id = of_incident.incident_id
            and first.destination = of_incident.destination and first.receipt is not null)
        )) as is_counted
      from (
        select *, bool_or(kind = 'call') over incident as calls, min(gravity) over incident as gravest,
          id = min(id) over incident as is_oldest
        from told window incident as (partition by destination, incident_id)
      ) of_incident
    ), lately as materialized (
      select destination, ${kindOf(sql)} as kind, count(distinct coalesce(digest_id, id)) as message_count from outbox
      where status = 'sent' and reason in ('page', 'owner', 'resolved') and sent_at_ms > ${nowMs - WINDOW_MS}
      group by destination, kind
    ), address as materialized (
      select destination, kind, coalesce(message_count, 0) >= ${MAX_SINGLE} or was_digest as is_gathered,
        coalesce(message_count, 0) > ${MAX_SINGLE} or (
          coalesce(message_count, 0) = ${MAX_SINGLE} and since_ms > ${nowMs - GATHER_MS}
        ) as is_waiting
      from (
        select destination, kind, bool_or(digest_id is not null) as was_digest, min(created_at_ms) as since_ms
        from due where is_counted group by destination, kind
      ) counted left join lately using (destination, kind)
    ), first_of_destination as (
      select distinct on (destination) id, destination, kind, calls, gravest, is_counted and is_gathered as is_digest
      from due left join address using (destination, kind)
      where is_oldest and not (is_counted and is_waiting)
      order by destination, calls desc, gravest, id
    ), chosen as materialized (
      select * from first_of_destination order by calls desc, gravest, id limit ${maxCount}
    ), gathered as (
      select due.id, case when is_digest then chosen.id end as digest_id,
        row_number() over (partition by chosen.id order by due.id <> chosen.id, due.gravity, due.id) as place
      from chosen join due on due.destination = chosen.destination
        and (due.id = chosen.id or (is_digest and due.is_counted and due.kind = chosen.kind))
    ), claimed as (
      update outbox set status = 'sending', fence = fence + 1, attempt_count = attempt_count + 1,
        is_repeat = is_repeat or status = 'sending',
        lease_until_ms = ${nowMs + leaseMs}, digest_id = locked.digest_id
      from (
        select outbox.id, gathered.digest_id, place from gathered join outbox on outbox.id = gathered.id
        where coalesce(${isDue}, false) and place <= ${MAX_IN_DIGEST}
        for update of outbox skip locked
      ) locked
      where outbox.id = locked.id
      returning outbox.*, place
    )
    select id, key, incident_id as "incidentId", team, channel, destination, reason, level, message,
      attempt_count as "attemptCount", fence, is_repeat as "isRepeat",
      (select first.receipt from outbox first where first.incident_id = claimed.incident_id and first.receipt is not null
        and first.destination = claimed.destination order by first.id limit 1) as thread
    from claimed order by place`
}

/** Of what is gathered in digests: what calls somebody, and what tells of an end; other news is not. */
function kindOf(sql: AnySql) {
  return sql`case when reason in ('page', 'owner') then 'call' when reason = 'resolved' then 'end' else 'news' end`
}

/** When there is something to do next; null when everything is done. */
export async function readNextDue(sql: AnySql): Promise<number | null> {
  const [row] = await sql<{ dueAtMs: number | null }[]>`
    select min(case when status = 'pending' then due_at_ms else lease_until_ms end) as "dueAtMs" from outbox
    where status in ('pending', 'sending')`
  return row?.dueAtMs ?? null
}

/** What became of messages that one answer settled. Answers those whose claim was not lost meanwhile. */
export async function settleDeliveries(
  sql: AnySql,
  claims: readonly ClaimedDelivery[],
  outcome:
    | { status: 'sent'; atMs: number; receipt: string | null }
    | { status: 'pending'; dueAtMs: number; error: string }
    | { status: 'dead'; error: string },
): Promise<ClaimedDelivery[]> {
  if (claims.length === 0) return []
  const ids = claims.map(({ id }) => id)
  const fences = claims.map(({ fence }) => fence)
  // Somebody acknowledged or resolved it while its page was on its way: it is not tried again. One whose sender died is, since
  // nobody knows what of it was seen.
  const isNeedless = sql`(reason = 'page' and not is_repeat and exists (
    select 1 from incidents where incidents.id = outbox.incident_id
      and (state = 'resolved' or (record ->> 'acknowledgedAtMs')::bigint > outbox.created_at_ms)))`
  const status =
    outcome.status === 'pending' ? sql`case when ${isNeedless} then 'cancelled' else 'pending' end` : outcome.status
  const settled = await sql<{ id: number }[]>`
    update outbox set status = ${status}, lease_until_ms = null,
      receipt = ${outcome.status === 'sent' ? outcome.receipt : null},
      sent_at_ms = ${outcome.status === 'sent' ? outcome.atMs : null},
      due_at_ms = ${outcome.status === 'pending' ? outcome.dueAtMs : sql`due_at_ms`},
      last_error = ${outcome.status === 'sent' ? null : storable(outcome.error)}
    where (id, fence) in (select * from unnest(${sql.array(ids, 23)}::integer[], ${sql.array(fences, 23)}::integer[]))
      and status = 'sending' returning id`
  const isSettled = new Set(settled.map(({ id }) => id))
  return claims.filter(({ id }) => isSettled.has(id))
}

/** Whether a call reached nobody and will not: each of its messages is dead. */
export async function isCallLost(sql: AnySql, incidentId: number | null, call: string): Promise<boolean> {
  const rows = await sql`
    select 1 from outbox
    where incident_id = ${incidentId} and starts_with(key, ${`${call}/`}) and status <> 'dead' limit 1`
  return rows.length === 0
}

export async function readDeliveries(
  sql: AnySql,
  incidentId: number | null,
  maxCount = 500,
): Promise<NotificationView[]> {
  return sql<NotificationView[]>`
    select id, incident_id as "incidentId", channel, destination as "to", team, reason, level, subject, status,
      attempt_count as "attemptCount", created_at_ms as "createdAtMs", sent_at_ms as "sentAtMs",
      case when status = 'pending' then due_at_ms end as "nextAttemptAtMs", last_error as "lastError",
      case when digest_id is null then 0 else (
        select count(*)::integer - 1 from outbox other
        where other.digest_id = outbox.digest_id and other.status = outbox.status
      ) end as "gatheredCount"
    from outbox
    where ${incidentId}::integer is null or incident_id = ${incidentId}
    order by id desc limit ${maxCount}`
}
