import { messageOf } from '@plimsoll/core'
import { nameOf } from '../../collect/alert-book.ts'
import { RefusedError } from '../../errors.ts'
import { fingerprintOf } from '../../rule/fingerprint.ts'
import { checkMatcher, type Labels, type Matcher, matchesAll, parseMatchers } from '../../rule/matcher.ts'
import type { AlertReceiver, GettableAlert } from '../contract.ts'
import type { Rooms } from '../rooms.ts'
import { toTime } from './times.ts'

export type Query = Record<string, string | string[] | undefined>

/** Alerts of others and our own that fire. */
export function listAlerts(rooms: Rooms, query: Query): GettableAlert[] {
  const filter = readFilter(query)
  const receiver = oneOf(query['receiver'])
  const names = receiversOf(rooms).map(({ name }) => name)
  if (receiver !== undefined && !names.some((name) => matchesAll([regexOf(receiver)], { receiver: name }))) return []
  const wants = (name: string) => oneOf(query[name]) !== 'false'
  return [...foreignAlerts(rooms), ...ownAlerts(rooms)]
    .filter(({ labels }) => matchesAll(filter, labels))
    .filter(({ status }) => {
      if (status.silencedBy.length > 0) return wants('silenced')
      if (status.inhibitedBy.length > 0) return wants('inhibited')
      return status.state === 'unprocessed' ? wants('unprocessed') : wants('active')
    })
    .sort((one, other) => (one.fingerprint < other.fingerprint ? -1 : 1))
}

function foreignAlerts(rooms: Rooms): GettableAlert[] {
  const { alerts, clock, engine } = rooms
  const open = engine.openIncidents()
  const nowMs = clock.nowMs()
  return alerts.active().map(({ labels, annotations, fingerprint, ...alert }) => {
    // One that goes on until it is said to be over has no end to tell; it is told as one that is repeated.
    const endsAtMs = alert.endsAtMs ?? nowMs + rooms.config.alerts.resolveTimeoutMs
    const key = `alert/${alerts.serviceOf(labels)}/${nameOf(labels)}`
    const isProcessed = open.some((incident) => incident.alerts.some((known) => known.fingerprint === key))
    const speakers = open
      .filter(({ spokenFor }) => !isProcessed && spokenFor?.includes(key))
      .map(({ id }) => `INC-${id}`)
    return {
      annotations,
      endsAt: toTime(endsAtMs),
      fingerprint,
      receivers: [receiverOf(rooms)],
      startsAt: toTime(alert.startsAtMs),
      status: statusOf(rooms, labels, speakers, isProcessed),
      updatedAt: toTime(alert.updatedAtMs),
      generatorURL: alert.generatorUrl,
      labels,
    }
  })
}

function ownAlerts(rooms: Rooms): GettableAlert[] {
  const { clock, engine, publicUrl } = rooms
  const nowMs = clock.nowMs()
  return engine.openIncidents().flatMap(({ id, alerts }) =>
    alerts
      .filter(({ clearedAtMs, fingerprint }) => clearedAtMs === null && !fingerprint.startsWith('alert/'))
      .map(({ labels, annotations, firstAtMs, lastAtMs }) => ({
        annotations,
        endsAt: toTime(nowMs + rooms.config.alerts.resolveTimeoutMs),
        fingerprint: fingerprintOf(labels),
        receivers: [receiverOf(rooms)],
        startsAt: toTime(firstAtMs),
        status: statusOf(rooms, labels, [], true),
        updatedAt: toTime(lastAtMs),
        generatorURL: `${publicUrl()}/incidents/${id}`,
        labels,
      })),
  )
}

function statusOf(
  { silences }: Rooms,
  labels: Labels,
  inhibitedBy: string[],
  isProcessed: boolean,
): GettableAlert['status'] {
  const silencedBy = silences.hiding(labels).map(({ id }) => id)
  const isSuppressed = silencedBy.length > 0 || inhibitedBy.length > 0
  return {
    inhibitedBy,
    mutedBy: [],
    silencedBy,
    state: isSuppressed ? 'suppressed' : isProcessed ? 'active' : 'unprocessed',
  }
}

/** Whom alerts reach first. */
export function receiverOf({ config }: Rooms): AlertReceiver {
  return { name: config.escalation.levels[0]?.teams[0] ?? 'plimsoll' }
}

export function receiversOf(rooms: Rooms): AlertReceiver[] {
  const names = rooms.config.teams.map(({ name }) => ({ name }))
  return names.length > 0 ? names : [receiverOf(rooms)]
}

export function readFilter(query: Query): Matcher[] {
  const given = query['filter']
  const texts = given === undefined ? [] : Array.isArray(given) ? given : [given]
  try {
    return texts.flatMap((text) => parseMatchers(text))
  } catch (error) {
    throw new RefusedError(400, 'FILTER', `bad matcher format: ${messageOf(error)}`)
  }
}

function regexOf(value: string): Matcher {
  return checkMatcher({ name: 'receiver', value, isRegex: true, isEqual: true })
}

function oneOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
