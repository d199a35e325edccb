import { messageOf, Reader } from '@plimsoll/core'
import type { ForeignAlert } from '../../collect/alert-book.ts'
import { RefusedError } from '../../errors.ts'
import { fingerprintOf } from '../../rule/fingerprint.ts'
import { readTime } from './times.ts'

/** Of an alert, and matchers of a silence. */
export const MAX_LABELS = 100
const MAX_ALERTS_A_POST = 10_000

/** `[{ labels, annotations?, startsAt?, endsAt?, generatorURL? }]`; those that are wrong are told, the others taken. */
export function readAlerts(
  body: unknown,
  resolveTimeoutMs: number,
  nowMs: number,
): { taken: ForeignAlert[]; wrong: string[] } {
  if (!Array.isArray(body)) throw new RefusedError(400, 'ALERTS', 'the body must be a list of alerts')
  if (body.length > MAX_ALERTS_A_POST)
    throw new RefusedError(
      413,
      'ALERTS',
      `a post may have ${MAX_ALERTS_A_POST} alerts, and this one has ${body.length}`,
    )
  return readEach(body, (item, index) => readAlert(item, index, resolveTimeoutMs, nowMs))
}

function readAlert(item: unknown, index: number, resolveTimeoutMs: number, nowMs: number): ForeignAlert {
  const reader = new Reader(item, `[${index}]`).object()
  const labels = readLabels(reader.at('labels'))
  const given = { startsAtMs: readTime(reader.at('startsAt')), endsAtMs: readTime(reader.at('endsAt')) }
  const startsAtMs = given.startsAtMs ?? given.endsAtMs ?? nowMs
  const endsAtMs = given.endsAtMs ?? nowMs + resolveTimeoutMs
  if (startsAtMs > endsAtMs) reader.fault('start time must be before end time')
  const alert: ForeignAlert = {
    fingerprint: fingerprintOf(labels),
    labels,
    annotations: readAnnotations(reader.at('annotations')),
    startsAtMs,
    endsAtMs,
    updatedAtMs: nowMs,
    isTimeout: given.endsAtMs === null,
    generatorUrl: reader.at('generatorURL').string({ maxLength: 2000, fallback: '' }),
  }
  reader.finish('invalid alert')
  return alert
}

/**
 * Alertmanager's webhook, version 4, and Grafana's, which is the same and calls itself 1. It is repeated after hours, so what
 * fires goes on until it is said to be over. Those that are wrong are told, the others taken: a refused body is not sent again.
 */
export function readWebhook(body: unknown, nowMs: number): { taken: ForeignAlert[]; wrong: string[] } {
  const reader = new Reader(body).object()
  if (!['1', '4'].includes(reader.at('version').raw as string))
    reader.at('version').fault('must be "4", or Grafana\'s "1"')
  const items = reader.at('alerts').list((item) => item.raw, { maxLength: MAX_ALERTS_A_POST })
  reader.finish('invalid webhook')
  return readEach(items, (item, index) => readWebhookAlert(new Reader(item, `alerts[${index}]`).object(), nowMs))
}

function readWebhookAlert(reader: Reader, nowMs: number): ForeignAlert {
  const labels = readLabels(reader.at('labels'))
  const isOver = reader.at('status').oneOf(['firing', 'resolved']) === 'resolved'
  const alert: ForeignAlert = {
    fingerprint: fingerprintOf(labels),
    labels,
    annotations: readAnnotations(reader.at('annotations')),
    startsAtMs: readTime(reader.at('startsAt')) ?? nowMs,
    endsAtMs: isOver ? Math.min(readTime(reader.at('endsAt')) ?? nowMs, nowMs) : null,
    updatedAtMs: nowMs,
    isTimeout: false,
    generatorUrl: reader.at('generatorURL').string({ maxLength: 2000, fallback: '' }),
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

function readLabels(reader: Reader): Record<string, string> {
  const knownCount = reader.faults.length
  const labels = readTexts(reader, 2000)
  // Those that are there and wrong have a fault of their own already.
  const areMissing = Object.keys(labels).length === 0 && reader.faults.length === knownCount
  if (areMissing) reader.fault('at least one label pair required')
  return labels
}

function readAnnotations(reader: Reader): Record<string, string> {
  return reader.isAbsent ? {} : readTexts(reader, 20_000)
}

/** An empty value is a label that is not there. */
function readTexts(reader: Reader, maxLength: number): Record<string, string> {
  const texts = reader.object().record((text) => text.string({ maxLength }), { maxKeys: MAX_LABELS })
  for (const name of Object.keys(texts))
    if (name === '' || name.length > 500) reader.fault('has a name that is empty or too long')
  return Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== ''))
}
