import { contactsOf, type ConsoleConfig } from '../config.ts'
import type { ChannelName } from '../escalation/contact.ts'
import type { IncidentRecord } from '../incident/incident.ts'
import type { OutboxEntry } from '../storage/outbox.ts'
import { showTeam } from '../words.ts'
import { renderMessage, type MessageLinks, type Notify } from './message.ts'

/** Where a system on the other side keeps a state of its own, which an acknowledgement changes. */
const stateful: ReadonlySet<ChannelName> = new Set(['pagerduty', 'slack-bot'])
/** Where a message is an alarm, whatever it says. */
const alarming: ReadonlySet<ChannelName> = new Set(['pagerduty', 'alertmanager'])

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
  return contactsOf(config, notify.team)
    .filter(({ channel }) => isMeantFor(channel, notify))
    .map(({ channel, to, person }) => ({
      key: `inc:${record.id}/${notify.key}/${channel}:${to}`,
      incidentId: record.id,
      team: notify.team,
      channel,
      destination: to,
      reason: notify.reason,
      level: notify.level,
      message: renderMessage(record, notify, links, nowMs, person ?? showTeam(notify.team)),
    }))
}

/** Of the key of a page: what it has in common with the pages to everybody else of the same call. */
export function callOf(key: string): string {
  return key.split('/team:')[0]!
}

function isMeantFor(channel: ChannelName, { reason }: Notify): boolean {
  if (reason === 'acknowledged') return stateful.has(channel)
  return reason !== 'stakeholder' || !alarming.has(channel)
}
