import type { ConsoleConfig } from '../config.ts'
import type { IncidentRecord } from '../incident/incident.ts'
import type { OutboxEntry } from '../storage/outbox.ts'
import { renderMessage, type MessageLinks, type Notify } from './message.ts'

/**
 * From "tell this team" to one message for each of its addresses. The keys follow from what is told alone, so a step that is
 * replayed after a crash writes nothing twice.
 */
export function expandNotification(
  record: IncidentRecord,
  notify: Notify,
  config: ConsoleConfig,
  links: MessageLinks,
  nowMs: number,
): OutboxEntry[] {
  const team = config.teams.find(({ name }) => name === notify.team)
  const message = renderMessage(record, notify, links, nowMs)
  return (team?.contacts ?? []).map(({ channel, to }) => ({
    key: `inc:${record.id}/${notify.key}/${channel}:${to}`,
    incidentId: record.id,
    team: notify.team,
    channel,
    destination: to,
    reason: notify.reason,
    level: notify.level,
    message,
  }))
}
