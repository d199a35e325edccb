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

/**
 * Claims one due message of each destination nobody is talking to: of incidents that call somebody before those that only tell,
 * of the most severe first, then the oldest; when more destinations wait than can be claimed, these in the same order. Of one
 * incident what is due goes in order: what waits for another try is overtaken, since whatever one message is refused for must not
 * hold back the next page. A lease that ran out means that the outcome is unknown: it is claimed again, for a page twice is better
 * than no page.
 */
export async function claimDeliveries(
  sql: AnySql,
  options: { nowMs: number; leaseMs: number; maxCount: number; busy: readonly string[] },
): Promise<ClaimedDelivery[]> {
  const { nowMs, leaseMs, maxCount, busy } = options
  return sql<ClaimedDelivery[]>`
    update outbox set status = 'sending', fence = fence + 1, attempt_count = attempt_count + 1,
      is_repeat = is_repeat or status = 'sending',
      lease_until_ms = ${nowMs + leaseMs}
    where id in (
      select outbox.id from outbox join (
        select distinct on (destination) id, calls, gravity from (
          select destination, min(id) as id, bool_or(reason in ('page', 'owner')) as calls,
            min(array_position(array['critical', 'warning'], message #>> '{incident,severity}')) as gravity
          from outbox
          where ((status = 'pending' and due_at_ms <= ${nowMs}) or (status = 'sending' and lease_until_ms <= ${nowMs}))
            and destination <> all(${sql.array(busy as string[], 25)})
          group by destination, incident_id
        ) oldest_of_incident
        order by destination, calls desc, gravity, id
      ) first_of_destination using (id)
      order by calls desc, gravity, outbox.id limit ${maxCount} for update of outbox skip locked
    )
    returning id, key, incident_id as "incidentId", team, channel, destination, reason, level, message,
      attempt_count as "attemptCount", fence, is_repeat as "isRepeat",
      (select first.receipt from outbox first where first.incident_id = outbox.incident_id and first.receipt is not null
        and first.destination = outbox.destination order by first.id limit 1) as thread`
}

/** When there is something to do next; null when everything is done. */
export async function readNextDue(sql: AnySql): Promise<number | null> {
  const [row] = await sql<{ dueAtMs: number | null }[]>`
    select min(case when status = 'pending' then due_at_ms else lease_until_ms end) as "dueAtMs" from outbox
    where status in ('pending', 'sending')`
  return row?.dueAtMs ?? null
}

/** What became of a claimed message; false when the claim was lost meanwhile. */
export async function settleDelivery(
  sql: AnySql,
  claim: ClaimedDelivery,
  outcome:
    | { status: 'sent'; atMs: number; receipt: string | null }
    | { status: 'pending'; dueAtMs: number; error: string }
    | { status: 'dead'; error: string },
): Promise<boolean> {
  const rows = await sql`
    update outbox set status = ${outcome.status}, lease_until_ms = null,
      receipt = ${outcome.status === 'sent' ? outcome.receipt : null},
      sent_at_ms = ${outcome.status === 'sent' ? outcome.atMs : null},
      due_at_ms = ${outcome.status === 'pending' ? outcome.dueAtMs : sql`due_at_ms`},
      last_error = ${outcome.status === 'sent' ? null : storable(outcome.error)}
    where id = ${claim.id} and fence = ${claim.fence} and status = 'sending' returning 1`
  return rows.length > 0
}

export async function readDeliveries(
  sql: AnySql,
  incidentId: number | null,
  maxCount = 500,
): Promise<NotificationView[]> {
  return sql<NotificationView[]>`
    select id, incident_id as "incidentId", channel, destination as "to", team, reason, level, subject, status,
      attempt_count as "attemptCount", created_at_ms as "createdAtMs", sent_at_ms as "sentAtMs",
      case when status = 'pending' then due_at_ms end as "nextAttemptAtMs", last_error as "lastError"
    from outbox
    where ${incidentId}::integer is null or incident_id = ${incidentId}
    order by id desc limit ${maxCount}`
}
