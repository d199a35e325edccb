import { messageOf, Reader } from '@plimsoll/core'
import type { ForeignAlert } from '../../collect/alert-book.ts'
import type { AlertPolicy } from '../../config.ts'
import { RefusedError } from '../../errors.ts'
import { fingerprintOf } from '../../rule/fingerprint.ts'
import { readTime } from './times.ts'

/** Of an alert, and matchers of a silence. */
export const MAX_LABELS = 100
const MAX_NAME_LENGTH = 500
const MAX_LABEL_LENGTH = 2000
const MAX_ANNOTATION_LENGTH = 20_000
const MAX_URL_LENGTH = 2000
const MAX_ALERTS_A_POST = 10_000
/** Annotation of ours that tells what was cut. */
const CUT = 'plimsoll_cut'
/** What is left out last, because it decides who is called and what for; besides what names the service. */
const decisive = ['alertname', 'severity', 'cause', 'instance', 'pod', 'host', 'summary', 'description', 'message']

/** `[{ labels, annotations?, startsAt?, endsAt?, generatorURL? }]`; those that are wrong are told, the others taken. */
export function readAlerts(
  body: unknown,
  policy: AlertPolicy,
  nowMs: number,
): { taken: ForeignAlert[]; wrong: string[] } {
  if (!Array.isArray(body)) throw new RefusedError(400, 'ALERTS', 'the body must be a list of alerts')
  if (body.length > MAX_ALERTS_A_POST)
    throw new RefusedError(
      413,
      'ALERTS',
      `a post may have ${MAX_ALERTS_A_POST} alerts, and this one has ${body.length}`,
    )
  return readEach(body, (item, index) => readAlert(item, index, policy, nowMs))
}

function readAlert(item: unknown, index: number, policy: AlertPolicy, nowMs: number): ForeignAlert {
  const reader = new Reader(item, `[${index}]`).object()
  const content = readContent(reader, policy)
  const given = { startsAtMs: readTime(reader.at('startsAt')), endsAtMs: readTime(reader.at('endsAt')) }
  const startsAtMs = given.startsAtMs ?? given.endsAtMs ?? nowMs
  const endsAtMs = given.endsAtMs ?? nowMs + policy.resolveTimeoutMs
  if (startsAtMs > endsAtMs) reader.fault('start time must be before end time')
  const alert: ForeignAlert = {
    ...content,
    startsAtMs,
    endsAtMs,
    updatedAtMs: nowMs,
    isTimeout: given.endsAtMs === null,
  }
  reader.finish('invalid alert')
  return alert
}

/**
 * Alertmanager's webhook, version 4, and Grafana's, which is the same and calls itself 1. It is repeated after hours, so what
 * fires goes on until it is said to be over. Those that are wrong are told, the others taken: a refused body is not sent again.
 */
export function readWebhook(
  body: unknown,
  policy: AlertPolicy,
  nowMs: number,
): { taken: ForeignAlert[]; wrong: string[] } {
  const reader = new Reader(body).object()
  if (!['1', '4'].includes(reader.at('version').raw as string))
    reader.at('version').fault('must be "4", or Grafana\'s "1"')
  const items = reader.at('alerts').list((item) => item.raw, { maxLength: MAX_ALERTS_A_POST })
  reader.finish('invalid webhook')
  return readEach(items, (item, index) =>
    readWebhookAlert(new Reader(item, `alerts[${index}]`).object(), policy, nowMs),
  )
}

function readWebhookAlert(reader: Reader, policy: AlertPolicy, nowMs: number): ForeignAlert {
  const content = readContent(reader, policy)
  const isOver = reader.at('status').oneOf(['firing', 'resolved']) === 'resolved'
  const alert: ForeignAlert = {
    ...content,
    startsAtMs: readTime(reader.at('startsAt')) ?? nowMs,
    endsAtMs: isOver ? Math.min(readTime(reader.at('endsAt')) ?? nowMs, nowMs) : null,
    updatedAtMs: nowMs,
    isTimeout: false,
  }
  reader.finish('invalid alert')
  return alert
}

function readEach(
  items: readonly unknown[],
  read: (item: unknown, index: number) => ForeignAlert,
): { taken: ForeignAlert[]; wrong: string[] } {
  const taken: ForeignAlert[] = []
  const wrong: string[] = []
  for (const [index, item] of items.entries()) {
    try {
      taken.push(read(item, index))
    } catch (error) {
      if (wrong.length < 10) wrong.push(messageOf(error))
    }
  }
  return { taken, wrong }
}

/** What an alert says. Too much of it is cut, with a mark: a page with half a text is worth more than none. */
function readContent(
  reader: Reader,
  { serviceLabels }: AlertPolicy,
): Pick<ForeignAlert, 'fingerprint' | 'labels' | 'annotations' | 'generatorUrl'> {
  const said = { labels: readLabels(reader.at('labels')), annotations: readTexts(reader.at('annotations')) }
  const url = reader.at('generatorURL').string({ maxLength: Infinity, fallback: '' })
  const first = [...decisive, ...serviceLabels]
  const cuts: string[] = []
  const labels = cutTexts(said.labels, 'label', MAX_LABEL_LENGTH, first, cuts)
  const annotations = cutTexts(said.annotations, 'annotation', MAX_ANNOTATION_LENGTH, first, cuts)
  if (url.length > MAX_URL_LENGTH) cuts.push('its link was left out')
  if (cuts.length > 0) annotations[CUT] = `This alert was too long: ${cuts.slice(0, 20).join('; ')}.`
  return {
    // Of all it said: alerts that differ in what was cut are still two.
    fingerprint: fingerprintOf(said.labels),
    labels,
    annotations,
    generatorUrl: url.length > MAX_URL_LENGTH ? '' : url,
  }
}

function cutTexts(
  texts: Record<string, string>,
  what: 'label' | 'annotation',
  maxLength: number,
  first: readonly string[],
  cuts: string[],
): Record<string, string> {
  const all = Object.entries(texts)
  const kept = [
    ...all.filter(([name]) => first.includes(name)),
    ...all.filter(([name]) => !first.includes(name)),
  ].slice(0, MAX_LABELS)
  // Long names that are alike where they are cut would be one: the first stays.
  const byName = new Map<string, [name: string, value: string]>()
  for (const [name, value] of kept) {
    const shown = cutText(name, MAX_NAME_LENGTH)
    if (!byName.has(shown)) byName.set(shown, [name, value])
  }
  if (byName.size < all.length) cuts.push(`${all.length - byName.size} of its ${all.length} ${what}s were left out`)
  return Object.fromEntries(
    [...byName].map(([shown, [name, value]]) => {
      if (name.length > MAX_NAME_LENGTH) cuts.push(`the name of a ${what} of ${name.length} characters was cut`)
      if (value.length > maxLength) cuts.push(`${what} ${cutText(name, 60)} of ${value.length} characters was cut`)
      return [shown, cutText(value, maxLength)]
    }),
  )
}

/** No half of a character is left behind: no database would store it. */
function cutText(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

function readLabels(reader: Reader): Record<string, string> {
  const knownCount = reader.faults.length
  const labels = readTexts(reader)
  // Those that are there and wrong have a fault of their own already.
  const areMissing = Object.keys(labels).length === 0 && reader.faults.length === knownCount
  if (areMissing) reader.fault('at least one label pair required')
  return labels
}

/** An empty value is a label that is not there. */
function readTexts(reader: Reader): Record<string, string> {
  const texts = reader.record((text) => text.string({ maxLength: Infinity }), { maxKeys: Infinity })
  if (Object.hasOwn(texts, '')) reader.fault('has a name that is empty')
  return Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== ''))
}
