import type { ClaimedDelivery } from '../../storage/outbox.ts'
import type { Channel, FindSecret } from '../channel.ts'
import { checkAnswer, post } from '../post.ts'
import { urlOf } from './webhook.ts'

const MAX_SUMMARY = 1024

/** PagerDuty's Events API v2. Its key is the incident's, so whatever is sent twice is one alert there. */
export function createPagerdutyChannel(options: {
  url: string
  /** Tells this console from others that report to the same service. */
  installation: string
  findSecret: FindSecret
}): Channel {
  return {
    name: 'pagerduty',
    async deliver(delivery, abortSignal) {
      const routingKey = urlOf(options.findSecret, delivery.channel, delivery.destination)
      const body = JSON.stringify(toEvent(delivery, routingKey, options.installation))
      checkAnswer(await post(options.url, { headers: { 'content-type': 'application/json' }, body, abortSignal }))
      return null
    },
  }
}

const actions: Partial<Record<ClaimedDelivery['reason'], string>> = { acknowledged: 'acknowledge', resolved: 'resolve' }

export function toEvent({ reason, message, level }: ClaimedDelivery, routingKey: string, installation: string): object {
  const { incident, incidentUrl, text } = message
  const event = {
    routing_key: routingKey,
    event_action: actions[reason] ?? 'trigger',
    dedup_key: `plimsoll/${installation}/${incident.key}`,
  }
  if (event.event_action !== 'trigger') return event
  const severity = incident.severity === 'critical' ? 'critical' : incident.severity === 'warning' ? 'warning' : 'info'
  return {
    ...event,
    payload: {
      summary: `${incident.key} ${incident.service}: ${incident.sentence}`.slice(0, MAX_SUMMARY),
      source: incident.service,
      severity,
      timestamp: new Date(incident.openedAtMs).toISOString(),
      component: incident.culprit ?? incident.service,
      group: incident.service,
      class: incident.cause,
      custom_details: { level, who_feels_it: incident.felt, details: text.slice(0, 20_000) },
    },
    links: [{ href: incidentUrl, text: 'Open the incident' }],
    client: 'Plimsoll',
    client_url: incidentUrl,
  }
}
