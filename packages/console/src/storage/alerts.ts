import type { AnySql } from '@plimsoll/postgres'
import type { ForeignAlert } from '../collect/alert-book.ts'
import { storable, toJson } from './incidents.ts'

/** Stores alerts as they are now, all or none. */
export async function saveAlerts(sql: AnySql, alerts: readonly ForeignAlert[]): Promise<void> {
  if (alerts.length === 0) return
  const rows = alerts.map(({ labels, annotations, generatorUrl, ...alert }) => ({
    ...alert,
    labels: JSON.parse(toJson(labels)) as unknown,
    annotations: JSON.parse(toJson(annotations)) as unknown,
    generatorUrl: storable(generatorUrl),
  }))
  await sql`
    insert into alerts (fingerprint, labels, annotations, starts_at_ms, ends_at_ms, updated_at_ms, is_timeout, generator_url)
    select fingerprint, labels, annotations, "startsAtMs", "endsAtMs", "updatedAtMs", "isTimeout", "generatorUrl"
    from jsonb_to_recordset(${toJson(rows)}::text::jsonb) as row (fingerprint text, labels jsonb, annotations jsonb,
      "startsAtMs" bigint, "endsAtMs" bigint, "updatedAtMs" bigint, "isTimeout" boolean, "generatorUrl" text)
    order by fingerprint
    on conflict (fingerprint) do update set annotations = excluded.annotations, starts_at_ms = excluded.starts_at_ms,
      ends_at_ms = excluded.ends_at_ms, updated_at_ms = excluded.updated_at_ms, is_timeout = excluded.is_timeout,
      generator_url = excluded.generator_url`
}

export async function readAlerts(sql: AnySql): Promise<ForeignAlert[]> {
  return sql<ForeignAlert[]>`
    select fingerprint, labels, annotations, starts_at_ms as "startsAtMs", ends_at_ms as "endsAtMs",
      updated_at_ms as "updatedAtMs", is_timeout as "isTimeout", generator_url as "generatorUrl"
    from alerts order by fingerprint`
}

export async function forgetAlerts(sql: AnySql, fingerprints: readonly string[]): Promise<void> {
  await sql`delete from alerts where fingerprint = any(${sql.array(fingerprints as string[], 25)})`
}
