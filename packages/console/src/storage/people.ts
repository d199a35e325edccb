import type { AnySql } from '@plimsoll/postgres'
import type { Session } from '../api/contract.ts'
import type { ConsoleConfig } from '../config.ts'
import { storable, toJson } from './incidents.ts'

export type Role = Session['role']

export interface SessionRow {
  tokenHash: string
  name: string
  role: Role
  expiresAtMs: number
}

export type TokenScope = 'agent' | 'alerts' | Role

/** What a token is good for. */
export interface TokenRow {
  /** First characters of its hash: enough to name it, and of no use to anybody. */
  id: string
  tokenHash: string
  scope: TokenScope
  name: string
  /** The one service an agent's token may speak for; null: any. */
  service: string | null
  createdBy: string
  createdAtMs: number
}

/** Somebody who may sign in with a password. */
export interface PersonRow {
  name: string
  role: Role
  passwordHash: string | null
  createdAtMs: number
}

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
  link: { tokenHash: string; role: Role; expiresAtMs: number; name: string | null },
): Promise<void> {
  await sql`
    insert into sign_in_links (token_hash, role, expires_at_ms, name)
    values (${link.tokenHash}, ${link.role}, ${link.expiresAtMs}, ${link.name})`
}

/** Uses a link up; null when it does not exist, is used or is too old. */
export async function useSignInLink(
  sql: AnySql,
  tokenHash: string,
  nowMs: number,
): Promise<{ role: Role; name: string | null } | null> {
  const [row] = await sql<{ role: Role; name: string | null }[]>`
    update sign_in_links set used_at_ms = ${nowMs}
    where token_hash = ${tokenHash} and used_at_ms is null and expires_at_ms > ${nowMs} returning role, name`
  return row ?? null
}

/** What is over is of no use to anybody. */
export async function forgetExpired(sql: AnySql, nowMs: number): Promise<void> {
  await sql`delete from sessions where expires_at_ms <= ${nowMs}`
  await sql`delete from sign_in_links where expires_at_ms <= ${nowMs}`
}

export async function insertToken(
  sql: AnySql,
  token: { tokenHash: string; scope: TokenScope; name: string; service?: string | null; createdBy?: string },
  nowMs: number,
): Promise<void> {
  const { tokenHash, scope, name, service = null, createdBy = 'this installation' } = token
  await sql`
    insert into tokens (token_hash, scope, name, service, created_by, created_at_ms)
    values (${tokenHash}, ${scope}, ${storable(name)}, ${service}, ${storable(createdBy)}, ${nowMs})
    on conflict (token_hash) do update set name = excluded.name, scope = excluded.scope`
}

export async function readTokens(sql: AnySql): Promise<TokenRow[]> {
  return sql<TokenRow[]>`
    select left(token_hash, 12) as id, token_hash as "tokenHash", scope, name, service, created_by as "createdBy",
      created_at_ms as "createdAtMs" from tokens order by created_at_ms, token_hash`
}

export async function deleteToken(sql: AnySql, id: string): Promise<boolean> {
  return (await sql`delete from tokens where left(token_hash, 12) = ${id} returning 1`).length > 0
}

export async function readPeople(sql: AnySql): Promise<PersonRow[]> {
  return sql<PersonRow[]>`
    select name, role, password_hash as "passwordHash", created_at_ms as "createdAtMs" from people order by name`
}

/** Makes a person, or changes the role of one; the password stays. */
export async function savePerson(
  sql: AnySql,
  { name, role }: Pick<PersonRow, 'name' | 'role'>,
  nowMs: number,
): Promise<void> {
  await sql`
    insert into people (name, role, created_at_ms) values (${storable(name)}, ${role}, ${nowMs})
    on conflict (name) do update set role = excluded.role`
  await sql`update sessions set role = ${role} where name = ${storable(name)}`
}

export async function savePassword(sql: AnySql, name: string, passwordHash: string): Promise<boolean> {
  return (await sql`update people set password_hash = ${passwordHash} where name = ${name} returning 1`).length > 0
}

/** Who is no longer somebody is signed out everywhere. */
export async function deletePerson(sql: AnySql, name: string): Promise<boolean> {
  await sql`delete from sessions where name = ${name}`
  await sql`delete from sign_in_links where name = ${name}`
  return (await sql`delete from people where name = ${name} returning 1`).length > 0
}

/** Some 20 MB; who must keep more exports it. */
const MAX_MADE = 100_000
const MAX_REFUSED = 10_000
/** How many more than that there may be for a while. */
const FORGET_EVERY = 500

export interface AuditRow {
  id: number
  atMs: number
  who: string
  role: string
  what: string
  status: number
}

export async function insertAudit(sql: AnySql, row: Omit<AuditRow, 'id'>): Promise<void> {
  const [entry] = await sql<{ id: number }[]>`
    insert into audit (at_ms, who, role, what, status)
    values (${row.atMs}, ${storable(row.who)}, ${row.role}, ${storable(row.what)}, ${row.status}) returning id`
  if (entry!.id % FORGET_EVERY === 0) await forgetAudit(sql)
}

/** The newest stay. What was refused has fewer places of its own, so that whoever keeps knocking drives out no change that was made. */
export async function forgetAudit(sql: AnySql, { made = MAX_MADE, refused = MAX_REFUSED } = {}): Promise<void> {
  await sql`
    delete from audit where status < 400
      and id <= (select id from audit where status < 400 order by id desc offset ${made} limit 1)`
  await sql`
    delete from audit where status >= 400
      and id <= (select id from audit where status >= 400 order by id desc offset ${refused} limit 1)`
}

export async function readAudit(sql: AnySql, maxCount: number): Promise<AuditRow[]> {
  return sql<AuditRow[]>`
    select id, at_ms as "atMs", who, role, what, status from audit order by id desc limit ${maxCount}`
}

/** Keeps which configuration was in force since when. Secrets stay in the file they came from. */
export async function saveConfiguration(
  sql: AnySql,
  config: ConsoleConfig,
  checksum: string,
  nowMs: number,
): Promise<void> {
  const kept = withoutSecrets(config)
  await sql`
    insert into configurations (checksum, since_ms, configuration) values (${checksum}, ${nowMs}, ${toJson(kept)}::text::jsonb)
    on conflict (checksum) do nothing`
}

/** A configuration as it may be kept, exported and shown: no addresses that are secrets, no passwords, no keys. */
export function withoutSecrets(config: ConsoleConfig): unknown {
  const bare = <T extends { contacts: readonly { channel: string; to: string }[] }>(holder: T) => ({
    ...holder,
    contacts: holder.contacts.map(({ channel, to }) => ({ channel, to })),
  })
  const { smtp, slack, deadman } = config
  return {
    ...config,
    webhookSecret: config.webhookSecret === null ? null : 'set',
    defaults: { ...config.defaults, databaseUrl: config.defaults.databaseUrl === null ? null : 'set' },
    services: config.services.map((service) => ({
      ...service,
      databaseUrl: service.databaseUrl === null ? null : 'set',
    })),
    teams: config.teams.map(bare),
    people: config.people.map(bare),
    smtp: smtp && { url: new URL(smtp.url).host, from: smtp.from },
    slack: slack && { url: slack.url },
    deadman: deadman && { url: new URL(deadman.url).origin, everyMs: deadman.everyMs },
  }
}
