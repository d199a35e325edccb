import type { AnySql } from '@plimsoll/postgres'
import type { TimerChange, TimerKind } from '../incident/incident.ts'

export interface TimerRow {
  kind: TimerKind
  incidentId: number
  dueAtMs: number
  generation: number
}

export async function readTimers(sql: AnySql): Promise<TimerRow[]> {
  return sql<TimerRow[]>`
    select kind, incident_id as "incidentId", due_at_ms as "dueAtMs", generation from timers order by due_at_ms`
}

export async function changeTimer(
  sql: AnySql,
  incidentId: number,
  { kind, dueAtMs }: TimerChange,
): Promise<TimerRow | null> {
  if (dueAtMs === null) {
    await sql`delete from timers where kind = ${kind} and incident_id = ${incidentId}`
    return null
  }
  const [row] = await sql<{ generation: number }[]>`
    insert into timers (kind, incident_id, due_at_ms, generation) values (${kind}, ${incidentId}, ${dueAtMs}, 1)
    on conflict (kind, incident_id)
      do update set due_at_ms = excluded.due_at_ms, generation = timers.generation + 1
    returning generation`
  return { kind, incidentId, dueAtMs, generation: row!.generation }
}

/** Takes a timer that fires; false when somebody else has it, or it was changed meanwhile. */
export async function takeTimer(sql: AnySql, { kind, incidentId, generation }: TimerRow): Promise<boolean> {
  const rows = await sql`
    delete from timers where kind = ${kind} and incident_id = ${incidentId} and generation = ${generation} returning 1`
  return rows.length > 0
}
