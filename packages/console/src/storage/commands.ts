import type { Command } from '@plimsoll/core/wire'
import type { AnySql } from '@plimsoll/postgres'
import { toJson } from './incidents.ts'

/** A command that still waits for its last result. */
export interface OpenCommand {
  command: Command
  incidentId: number
  /** Of the incident: agents of other services neither hear it nor answer it. */
  service: string
  deliverTo: string
}

export async function insertCommand(
  sql: AnySql,
  { command, incidentId, deliverTo }: Omit<OpenCommand, 'service'>,
  nowMs: number,
): Promise<void> {
  await sql`
    insert into commands (id, incident_id, deliver_to, command, is_open, created_at_ms)
    values (${command.id}, ${incidentId}, ${deliverTo}, ${toJson(command)}::text::jsonb, true, ${nowMs})
    on conflict (id) do nothing`
}

export async function closeCommand(sql: AnySql, id: string): Promise<void> {
  await sql`update commands set is_open = false where id = ${id}`
}

export async function readOpenCommands(sql: AnySql): Promise<OpenCommand[]> {
  return sql<OpenCommand[]>`
    select command, incident_id as "incidentId", service, deliver_to as "deliverTo"
    from commands join incidents on incidents.id = incident_id where is_open order by created_at_ms`
}
