import type { AnySql } from '@plimsoll/postgres'
import type { Session } from '../api/contract.ts'
import type { ConsoleConfig } from '../config.ts'
import { toJson } from './incidents.ts'

export type Role = Session['role']

export interface SessionRow {
  tokenHash: string
  name: string
  role: Role
  expiresAtMs: number
}

export type TokenScope = 'agent' | 'responder'

export async function insertSession(sql: AnySql, session: SessionRow, nowMs: number): Promise<void> {
  await sql`
    insert into sessions (token_hash, name, role, created_at_ms, expires_at_ms)
    values (${session.tokenHash}, ${session.name}, ${session.role}, ${nowMs}, ${session.expiresAtMs})`
}

export async function findSession(sql: AnySql, tokenHash: string, nowMs: number): Promise<SessionRow | null> {
  const [row] = await sql<SessionRow[]>`
    select token_hash as "tokenHash", name, role, expires_at_ms as "expiresAtMs" from sessions
    where token_hash = ${tokenHash} and expires_at_ms > ${nowMs}`
  return row ?? null
}

export async function deleteSession(sql: AnySql, tokenHash: string): Promise<void> {
  await sql`delete from sessions where token_hash = ${tokenHash}`
}

export async function insertSignInLink(
  sql: AnySql,
  link: { tokenHash: string; role: Role; expiresAtMs: number },
): Promise<void> {
  await sql`
    insert into sign_in_links (token_hash, role, expires_at_ms)
    values (${link.tokenHash}, ${link.role}, ${link.expiresAtMs})`
}

/** Uses a link up; null when it does not exist, is used or is too old. */
export async function useSignInLink(sql: AnySql, tokenHash: string, nowMs: number): Promise<Role | null> {
  const [row] = await sql<{ role: Role }[]>`
    update sign_in_links set used_at_ms = ${nowMs}
    where token_hash = ${tokenHash} and used_at_ms is null and expires_at_ms > ${nowMs} returning role`
  return row?.role ?? null
}

/** What is over is of no use to anybody. */
export async function forgetExpired(sql: AnySql, nowMs: number): Promise<void> {
  await sql`delete from sessions where expires_at_ms <= ${nowMs}`
  await sql`delete from sign_in_links where expires_at_ms <= ${nowMs}`
}

export async function insertToken(sql: AnySql, tokenHash: string, scope: TokenScope, nowMs: number): Promise<void> {
  await sql`
    insert into tokens (token_hash, scope, created_at_ms) values (${tokenHash}, ${scope}, ${nowMs})
    on conflict (token_hash) do nothing`
}

export async function readTokens(sql: AnySql): Promise<Map<string, TokenScope>> {
  const rows = await sql<
    { tokenHash: string; scope: TokenScope }[]
  >`select token_hash as "tokenHash", scope from tokens`
  return new Map(rows.map(({ tokenHash, scope }) => [tokenHash, scope]))
}

/** Keeps which configuration was in force since when. Secrets stay in the file they came from. */
export async function saveConfiguration(
  sql: AnySql,
  config: ConsoleConfig,
  checksum: string,
  nowMs: number,
): Promise<void> {
  const { services, teams, escalation, stakeholders } = config
  const kept = {
    services: services.map(({ databaseUrl: _secret, ...service }) => service),
    teams,
    escalation,
    stakeholders,
  }
  await sql`
    insert into configurations (checksum, since_ms, configuration) values (${checksum}, ${nowMs}, ${toJson(kept)}::text::jsonb)
    on conflict (checksum) do nothing`
}
