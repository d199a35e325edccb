import type { AnySql } from '@plimsoll/postgres'
import type { Silence } from '../incident/silence.ts'
import { storable, toJson } from './incidents.ts'

export async function saveSilence(sql: AnySql, silence: Silence): Promise<void> {
  const { id, matchers, startsAtMs, endsAtMs, createdBy, comment, updatedAtMs } = silence
  await sql`
    insert into silences (id, matchers, starts_at_ms, ends_at_ms, created_by, comment, updated_at_ms)
    values (${id}, ${toJson(matchers)}::text::jsonb, ${startsAtMs}, ${endsAtMs}, ${storable(createdBy)}, ${storable(comment)},
      ${updatedAtMs})
    on conflict (id) do update set matchers = excluded.matchers, starts_at_ms = excluded.starts_at_ms,
      ends_at_ms = excluded.ends_at_ms, created_by = excluded.created_by, comment = excluded.comment,
      updated_at_ms = excluded.updated_at_ms`
}

export async function readSilences(sql: AnySql): Promise<Silence[]> {
  return sql<Silence[]>`
    select id, matchers, starts_at_ms as "startsAtMs", ends_at_ms as "endsAtMs", created_by as "createdBy", comment,
      updated_at_ms as "updatedAtMs" from silences order by id`
}

export async function forgetSilences(sql: AnySql, endedBeforeMs: number): Promise<void> {
  await sql`delete from silences where ends_at_ms < ${endedBeforeMs}`
}
