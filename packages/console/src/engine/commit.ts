import type { AnySql, Sql } from '@plimsoll/postgres'
import type { ConsoleConfig } from '../config.ts'
import type { Effect, IncidentRecord } from '../incident/incident.ts'
import type { MessageLinks } from '../notify/message.ts'
import { expandNotification } from '../notify/pipeline.ts'
import { draftPostmortem } from '../postmortem/draft.ts'
import { renderPostmortem } from '../postmortem/render.ts'
import { closeCommand, insertCommand } from '../storage/commands.ts'
import {
  appendEvents,
  insertIncident,
  lockIncident,
  readTimeline,
  savePostmortem,
  updateIncident,
} from '../storage/incidents.ts'
import { cancelPages, insertDelivery, readDeliveries } from '../storage/outbox.ts'
import { changeTimer, takeTimer, type TimerRow } from '../storage/timers.ts'
import type { Step } from './draft.ts'

export interface Committed {
  record: IncidentRecord
  effects: Effect[]
  timersSet: TimerRow[]
  timersGone: TimerRow['kind'][]
}

export interface CommitContext {
  sql: Sql
  config: ConsoleConfig
  links: MessageLinks
  nowMs: number
}

/**
 * Stores one step in one transaction: the incident's row is locked, the step decided on what is stored (not on what is
 * remembered), and its timeline, timers, messages and commands are written under keys that a replay would hit again.
 * Null when there was nothing to decide.
 */
export async function commitStep(
  context: CommitContext,
  id: number,
  decide: (record: IncidentRecord) => Step,
  options: { remembered: IncidentRecord | null; timer?: TimerRow },
): Promise<Committed | null> {
  return context.sql.begin(async (sql) => {
    const stored = await lockIncident(sql, id)
    if (!stored) return null
    if (options.timer && !(await takeTimer(sql, options.timer))) return null
    // Counters live in memory between two steps; they count as long as nobody else changed the incident meanwhile.
    const { remembered } = options
    const step = decide(remembered?.revision === stored.revision ? remembered : stored)
    await updateIncident(sql, step.record)
    return write(sql, context, step)
  })
}

/** Stores the first step of an incident, which gives it its number. */
export async function commitOpening(context: CommitContext, step: Step): Promise<Committed> {
  return context.sql.begin(async (sql) => {
    const record = await insertIncident(sql, step.record)
    return write(sql, context, { ...step, record })
  })
}

async function write(sql: AnySql, { config, links, nowMs }: CommitContext, step: Step): Promise<Committed> {
  const { record, effects } = step
  const committed: Committed = { record, effects, timersSet: [], timersGone: [] }
  await appendEvents(sql, record.id, record.sequence, step.entries)
  for (const change of step.timers) {
    const row = await changeTimer(sql, record.id, change)
    if (row) committed.timersSet.push(row)
    else committed.timersGone.push(change.kind)
  }
  for (const effect of effects) {
    if (effect.type === 'notify') {
      for (const entry of expandNotification(record, effect, config, links, nowMs))
        await insertDelivery(sql, entry, nowMs)
    } else if (effect.type === 'command') {
      await insertCommand(sql, { command: effect.command, incidentId: record.id, deliverTo: effect.deliverTo }, nowMs)
    } else if (effect.type === 'withdraw-command') {
      await closeCommand(sql, effect.id)
    } else if (effect.type === 'cancel-pages') {
      await cancelPages(sql, record.id)
    }
  }
  if (record.state === 'resolved' && record.resolvedAtMs === nowMs) {
    const [timeline, deliveries] = [await readTimeline(sql, record.id), await readDeliveries(sql, record.id)]
    await savePostmortem(sql, record.id, renderPostmortem(draftPostmortem(record, timeline, deliveries)))
  }
  return committed
}
