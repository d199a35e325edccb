import type { AnySql } from '@plimsoll/postgres'
import type { StoredRuleState } from '../rule/evaluate.ts'

export async function saveRuleStates(sql: AnySql, states: readonly StoredRuleState[]): Promise<void> {
  if (states.length === 0) return
  const rows = states.map(({ fingerprint, service, seenSinceMs, lastSeenAtMs, isFiring }) => ({
    fingerprint,
    service,
    seen_since_ms: seenSinceMs,
    last_seen_at_ms: lastSeenAtMs,
    is_firing: isFiring,
  }))
  await sql`
    insert into rule_states ${sql(rows)}
    on conflict (fingerprint) do update set seen_since_ms = excluded.seen_since_ms,
      last_seen_at_ms = excluded.last_seen_at_ms, is_firing = excluded.is_firing`
}

/** What nobody waits for any more is of no use. */
export async function readRuleStates(sql: AnySql, seenAfterMs: number): Promise<StoredRuleState[]> {
  await sql`delete from rule_states where last_seen_at_ms < ${seenAfterMs}`
  return sql<StoredRuleState[]>`
    select fingerprint, service, seen_since_ms as "seenSinceMs", last_seen_at_ms as "lastSeenAtMs", is_firing as "isFiring"
    from rule_states`
}

export async function forgetRuleStates(sql: AnySql, fingerprints: readonly string[]): Promise<void> {
  if (fingerprints.length === 0) return
  await sql`delete from rule_states where fingerprint = any(${sql.array(fingerprints as string[], 25)})`
}

export async function saveHeartbeat(sql: AnySql, name: string, atMs: number): Promise<void> {
  await sql`
    insert into heartbeats (name, last_at_ms) values (${name}, ${atMs})
    on conflict (name) do update set last_at_ms = greatest(heartbeats.last_at_ms, excluded.last_at_ms)`
}

export async function readHeartbeats(sql: AnySql): Promise<{ name: string; lastAtMs: number }[]> {
  return sql<{ name: string; lastAtMs: number }[]>`select name, last_at_ms as "lastAtMs" from heartbeats`
}

export async function saveDeploy(sql: AnySql, service: string, version: string, atMs: number): Promise<void> {
  await sql`
    insert into deploys (service, version, at_ms) values (${service}, ${version}, ${atMs})
    on conflict (service, version) do nothing`
}

/** The latest of each service, oldest first. */
export async function readDeploys(
  sql: AnySql,
  maxCount: number,
): Promise<{ service: string; version: string; atMs: number }[]> {
  return sql<{ service: string; version: string; atMs: number }[]>`
    select service, version, at_ms as "atMs" from (
      select *, row_number() over (partition by service order by at_ms desc) as place from deploys
    ) latest where place <= ${maxCount} order by at_ms`
}
