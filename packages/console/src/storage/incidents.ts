import type { AnySql } from '@plimsoll/postgres'
import type { Edits } from '../postmortem/render.ts'
import type { TimelineEntry } from '../api/contract.ts'
import { upgradeRecord, type IncidentRecord, type TimelineRecord } from '../incident/incident.ts'

interface IncidentRow {
  id: number
  record: IncidentRecord
  postmortem: string | null
  edits: Edits
}

/** A stored incident and its draft of a postmortem, when it is resolved. */
export interface StoredIncident {
  record: IncidentRecord
  postmortem: string | null
  edits: Edits
}

export async function insertIncident(sql: AnySql, record: IncidentRecord): Promise<IncidentRecord> {
  const [row] = await sql<{ id: number }[]>`
    insert into incidents (service, cause, group_key, state, opened_at_ms, resolved_at_ms, revision, record)
    values (${record.service}, ${record.cause}, ${record.groupKey}, ${record.state}, ${record.openedAtMs}, ${record.resolvedAtMs},
      ${record.revision}, ${toJson(record)}::text::jsonb)
    returning id`
  return { ...record, id: row!.id }
}

export async function updateIncident(sql: AnySql, record: IncidentRecord): Promise<void> {
  await sql`
    update incidents set cause = ${record.cause}, group_key = ${record.groupKey}, state = ${record.state}, resolved_at_ms = ${record.resolvedAtMs},
      revision = ${record.revision}, record = ${toJson(record)}::text::jsonb
    where id = ${record.id}`
}

export async function savePostmortem(sql: AnySql, id: number, markdown: string): Promise<void> {
  await sql`update incidents set postmortem = ${markdown} where id = ${id}`
}

/** What a person wrote replaces a section; null takes it back. */
export async function saveEdit(sql: AnySql, id: number, section: keyof Edits, text: string | null): Promise<void> {
  if (text === null) await sql`update incidents set edits = edits - ${section}::text where id = ${id}`
  else {
    await sql`
      update incidents set edits = edits || ${toJson({ [section]: text })}::text::jsonb where id = ${id}`
  }
}

/** Locks the incident for the rest of the transaction; null when there is none. */
export async function lockIncident(sql: AnySql, id: number): Promise<IncidentRecord | null> {
  const [row] = await sql<IncidentRow[]>`select id, record, postmortem from incidents where id = ${id} for update`
  return row ? toRecord(row) : null
}

export async function readIncident(sql: AnySql, id: number): Promise<StoredIncident | null> {
  const [row] = await sql<IncidentRow[]>`select id, record, postmortem, edits from incidents where id = ${id}`
  return row ? { record: toRecord(row), postmortem: row.postmortem, edits: row.edits } : null
}

export async function readUnresolved(sql: AnySql): Promise<IncidentRecord[]> {
  const rows = await sql<IncidentRow[]>`select id, record from incidents where state <> 'resolved' order by id`
  return rows.map(toRecord)
}

export async function readRecent(sql: AnySql, maxCount: number): Promise<IncidentRecord[]> {
  const rows = await sql<IncidentRow[]>`select id, record from incidents order by id desc limit ${maxCount}`
  return rows.map(toRecord)
}

function toRecord({ id, record }: Pick<IncidentRow, 'id' | 'record'>): IncidentRecord {
  return upgradeRecord({ ...record, id })
}

/** Appends to the timeline; `lastSequence` is the number of the last of them. */
export async function appendEvents(
  sql: AnySql,
  incidentId: number,
  lastSequence: number,
  entries: readonly TimelineRecord[],
): Promise<void> {
  if (entries.length === 0) return
  const firstSequence = lastSequence - entries.length + 1
  const rows = entries.map(({ atMs, by, kind, sentence }, index) => ({
    incident_id: incidentId,
    sequence: firstSequence + index,
    at_ms: atMs,
    by,
    kind,
    sentence: storable(sentence),
  }))
  await sql`insert into events ${sql(rows)}`
}

/** The latest entries of a timeline, in order. */
export async function readTimeline(sql: AnySql, incidentId: number, maxCount = 1000): Promise<TimelineEntry[]> {
  const rows = await sql<TimelineEntry[]>`
    select sequence, at_ms as "atMs", by, kind, sentence from events
    where incident_id = ${incidentId} order by sequence desc limit ${maxCount}`
  return [...rows].reverse()
}

/** For a `::text::jsonb` parameter: PostgreSQL parses the text itself, so it is exactly this. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? storable(part) : part))
}

/** What an agent sends may hold NUL and halves of characters, which PostgreSQL refuses, whole transaction and all. */
export function storable(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\ufffd').replaceAll('\0', '')
}
