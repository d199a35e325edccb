import { nameOf } from '../../collect/alert-book.ts'
import { stateOf, type Silence } from '../../incident/silence.ts'
import { matchesAll, showMatcher, type Labels, type Matcher } from '../../rule/matcher.ts'
import type { SilenceList, SilenceView } from '../contract.ts'
import type { Rooms } from '../rooms.ts'

/** So many of each are looked at: a page is read by people, and asked for every few seconds. */
const MAX_SHOWN = 500
const MAX_LOOKED_AT = 1000

/** All silences, those in force first and those that are over last, and what fires that one might want to silence. */
export function toSilenceList(rooms: Rooms): SilenceList {
  const nowMs = rooms.clock.nowMs()
  const order = { active: 0, pending: 1, expired: 2 }
  const firing = firingLabels(rooms)
  const shown = rooms.silences
    .all()
    .map((silence) => toSilenceView(silence, firing, nowMs))
    .sort(
      (one, other) =>
        order[one.state] - order[other.state] ||
        (one.state === 'expired' ? other.endsAtMs - one.endsAtMs : one.endsAtMs - other.endsAtMs),
    )
  return { silences: shown.slice(0, MAX_SHOWN), firing: choices(rooms) }
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
function choices({ engine, silences, config }: Rooms): SilenceList['firing'] {
  const serviceLabels = [...config.alerts.serviceLabels, 'service']
  const seen = new Set<string>()
  return engine
    .openIncidents()
    .flatMap(({ id, alerts }) => alerts.map((alert) => ({ ...alert, incidentId: id })))
    .filter(({ clearedAtMs, labels }) => clearedAtMs === null && silences.hiding(labels).length === 0)
    .map(({ labels, sentence, incidentId }) => {
      const serviceLabel = serviceLabels.find((name) => labels[name])
      const named: Matcher[] = [
        ...(serviceLabel === undefined ? [] : [equal(serviceLabel, labels[serviceLabel]!)]),
        equal('alertname', nameOf(labels)),
      ]
      return { what: named.map(showMatcher).join(', '), sentence, incidentId }
    })
    .filter(({ what }) => !seen.has(what) && seen.add(what))
    .slice(0, MAX_SHOWN)
}

function equal(name: string, value: string): Matcher {
  return { name, value, isRegex: false, isEqual: true }
}
