import { SECOND_MS } from '@plimsoll/core'
import { nameOf } from '../../collect/alert-book.ts'
import { stateOf, type Silence } from '../../incident/silence.ts'
import { matchesAll, showMatcher, type Labels, type Matcher } from '../../rule/matcher.ts'
import type { SilenceList, SilenceView } from '../contract.ts'
import type { Rooms } from '../rooms.ts'

/** So many of each are looked at: a page is read by people, and asked for every few seconds. */
const MAX_SHOWN = 500
const MAX_LOOKED_AT = 1000

/** Some seconds old at most, whoever asks and how many there are; what people do to silences is seen at once. */
const KEEP_MS = 5 * SECOND_MS

/** {@link toSilenceList}, made once for all who ask within some seconds. */
export function createSilenceLister(rooms: Rooms): () => SilenceList {
  let kept: { list: SilenceList; untilMs: number; revision: number } | null = null
  return () => {
    const nowMs = rooms.clock.nowMs()
    const { revision } = rooms.silences
    if (!kept || nowMs >= kept.untilMs || revision !== kept.revision)
      kept = { list: toSilenceList(rooms), untilMs: nowMs + KEEP_MS, revision }
    return kept.list
  }
}

/** All silences, those in force first and those that are over last, and what fires that one might want to silence. */
export function toSilenceList(rooms: Rooms): SilenceList {
  const nowMs = rooms.clock.nowMs()
  const order = { active: 0, pending: 1, expired: 2 }
  const firing = firingLabels(rooms)
  const all = rooms.silences.all().map((silence) => ({ silence, state: stateOf(silence, nowMs) }))
  const silences = all
    .toSorted(
      (one, other) =>
        order[one.state] - order[other.state] ||
        (one.state === 'expired'
          ? other.silence.endsAtMs - one.silence.endsAtMs
          : one.silence.endsAtMs - other.silence.endsAtMs),
    )
    .slice(0, MAX_SHOWN)
    .map(({ silence }) => toSilenceView(silence, firing, nowMs))
  const inForce = all.filter(({ state }) => state === 'active').map(({ silence }) => silence)
  return { silences, firing: choices(rooms, inForce) }
}

export function toSilenceView(silence: Silence, firing: readonly Labels[], nowMs: number): SilenceView {
  const { id, matchers, startsAtMs, endsAtMs, createdBy, comment, isConfigured = false } = silence
  const state = stateOf(silence, nowMs)
  const hides = (labels: Labels) => matchesAll(matchers, labels)
  return {
    id,
    what: matchers.map(showMatcher).join(', '),
    state,
    startsAtMs,
    endsAtMs,
    by: createdBy,
    comment,
    isConfigured,
    hiddenCount: state === 'active' ? firing.filter(hides).length : 0,
  }
}

/** Of alerts that fire, others' and our own. */
export function firingLabels({ alerts, engine }: Rooms): Labels[] {
  const own = engine
    .openIncidents()
    .flatMap(({ alerts }) => alerts)
    .filter(({ clearedAtMs, fingerprint }) => clearedAtMs === null && !fingerprint.startsWith('alert/'))
  return [...alerts.active(), ...own].slice(0, MAX_LOOKED_AT).map(({ labels }) => labels)
}

/** What the open incidents are about and is heard, each as the silence that would hide it. */
function choices({ engine, config }: Rooms, inForce: readonly Silence[]): SilenceList['firing'] {
  const serviceLabels = [...config.alerts.serviceLabels, 'service']
  const seen = new Set<string>()
  return distinctAlerts(engine)
    .filter(({ labels }) => !inForce.some(({ matchers }) => matchesAll(matchers, labels)))
    .map(({ labels, sentence, incidentId }) => {
      const serviceLabel = serviceLabels.find((name) => labels[name])
      const named: Matcher[] = [
        ...(serviceLabel === undefined ? [] : [equal(serviceLabel, labels[serviceLabel]!)]),
        equal('alertname', nameOf(labels)),
      ]
      return { what: named.map(showMatcher).join(', '), sentence, incidentId }
    })
    .filter(({ what }) => !seen.has(what) && seen.add(what))
}

/** The first alerts of the open incidents that differ in their labels: each is held against every silence. */
function distinctAlerts(engine: Rooms['engine']): { labels: Labels; sentence: string; incidentId: number }[] {
  const found = new Map<string, { labels: Labels; sentence: string; incidentId: number }>()
  for (const { id, alerts } of engine.openIncidents())
    for (const { labels, sentence, clearedAtMs } of alerts) {
      if (found.size >= MAX_SHOWN) return [...found.values()]
      if (clearedAtMs !== null) continue
      const key = JSON.stringify(Object.entries(labels).sort())
      if (!found.has(key)) found.set(key, { labels, sentence, incidentId: id })
    }
  return [...found.values()]
}

function equal(name: string, value: string): Matcher {
  return { name, value, isRegex: false, isEqual: true }
}
