import { DAY_MS } from '@plimsoll/core'
import { commonOf } from '../../collect/alert-book.ts'
import { fingerprintOf } from '../../rule/fingerprint.ts'
import type { ClaimedDelivery } from '../../storage/outbox.ts'
import type { Channel } from '../channel.ts'
import { checkAnswer, post } from '../post.ts'
import { postSigned, urlOf, type SignedPostOptions } from './webhook.ts'

/** `0001-01-01T00:00:00Z`: Go's zero time, which says that there is no end yet. */
const NO_END = '0001-01-01T00:00:00Z'
/** An alert that we say fires goes on until we say otherwise, not until nobody has repeated it for five minutes. */
const FIRES_FOR_MS = 7 * DAY_MS

/** For receivers of Alertmanager: its webhook, version 4. */
export function createAlertmanagerWebhookChannel(options: SignedPostOptions): Channel {
  return {
    name: 'alertmanager-webhook',
    deliver: (delivery, abortSignal) => postSigned(delivery, JSON.stringify(toWebhook(delivery)), options, abortSignal),
  }
}

export function toWebhook({ message, team }: ClaimedDelivery): object {
  const { incident, incidentUrl } = message
  const alerts = alertsOf(message).map(({ labels, annotations, startsAtMs, endsAtMs }) => ({
    status: endsAtMs === null ? 'firing' : 'resolved',
    labels,
    annotations,
    startsAt: new Date(startsAtMs).toISOString(),
    endsAt: endsAtMs === null ? NO_END : new Date(endsAtMs).toISOString(),
    generatorURL: incidentUrl,
    fingerprint: fingerprintOf(labels),
  }))
  const groupLabels = { service: incident.service, incident: incident.key }
  return {
    version: '4',
    groupKey: `{}:{incident="${incident.key}", service=${JSON.stringify(incident.service)}}`,
    truncatedAlerts: 0,
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    receiver: team ?? 'plimsoll',
    groupLabels,
    commonLabels: commonOf(alerts.map(({ labels }) => labels)),
    commonAnnotations: commonOf(alerts.map(({ annotations }) => annotations)),
    externalURL: new URL(incidentUrl).origin,
    alerts,
  }
}

/** To an Alertmanager itself: what fires is posted to its API as a Prometheus would. */
export function createAlertmanagerChannel({ findSecret, nowMs }: SignedPostOptions): Channel {
  return {
    name: 'alertmanager',
    async deliver({ channel, destination, message }, abortSignal) {
      const alerts = alertsOf(message).map(({ labels, annotations, startsAtMs, endsAtMs }) => ({
        labels,
        annotations,
        startsAt: new Date(startsAtMs).toISOString(),
        endsAt: new Date(endsAtMs ?? nowMs() + FIRES_FOR_MS).toISOString(),
        generatorURL: message.incidentUrl,
      }))
      const base = new URL(urlOf(findSecret, channel, destination))
      const headers: Record<string, string> = { 'content-type': 'application/json' }
      if (base.password !== '') {
        const credentials = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`
        headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`
      }
      base.username = base.password = ''
      const url = `${base.href.replace(/\/+$/, '')}/api/v2/alerts`
      checkAnswer(await post(url, { headers, body: JSON.stringify(alerts), abortSignal }))
      return null
    },
  }
}

/** An incident that is over has no alert that fires, and one that is open has at least one. */
function alertsOf({ incident }: ClaimedDelivery['message']): ClaimedDelivery['message']['incident']['alerts'] {
  const { alerts, resolvedAtMs, openedAtMs, service, severity, cause, key, sentence } = incident
  if (alerts.length > 0) {
    return alerts.map((alert) => ({
      ...alert,
      endsAtMs: resolvedAtMs === null ? alert.endsAtMs : (alert.endsAtMs ?? resolvedAtMs),
    }))
  }
  const labels = { alertname: 'PlimsollIncident', service, severity, cause, incident: key }
  return [{ labels, annotations: { summary: sentence }, startsAtMs: openedAtMs, endsAtMs: resolvedAtMs }]
}
