import { paths, type IncidentList, type IncidentSummary } from '../../../src/api/contract.ts'
import { useLoaded } from '../api.ts'
import { useNow, useTab } from '../frame.tsx'
import { Link } from '../router.tsx'
import { formatDistance, formatDuration, glue, toneOf } from '../words.ts'

export function IncidentsPage() {
  const { value, refusal } = useLoaded<IncidentList>(paths.incidents, 3000)
  const nowMs = useNow()
  const shown = [...(value?.incidents ?? [])].sort((one, other) => rank(one) - rank(other))
  const worst = value?.incidents.find(({ state }) => state !== 'resolved')?.verdict ?? 'afloat'
  useTab(worst, 'Incidents')
  if (!value) return <h1 class="empty">{refusal ?? 'Reading the incidents.'}</h1>
  return (
    <>
      <h1>Incidents</h1>
      {shown.length === 0 && <p class="empty">None yet. Calm water.</p>}
      <ul class="incident-list">
        {shown.map((incident) => (
          <IncidentItem incident={incident} nowMs={nowMs} key={incident.id} />
        ))}
      </ul>
    </>
  )
}

/** What it is, whom it is about, and how it stands. */
export function IncidentItem({ incident, nowMs }: { incident: IncidentSummary; nowMs: number }) {
  return (
    <li>
      <span class={`dot ${incident.state === 'resolved' ? 'innocent' : toneOf(incident.verdict)}`} aria-hidden="true" />
      <div>
        <Link to={`/incidents/${incident.id}`}>{glue(incident.sentence)}</Link>
        <p class="quiet">
          {incident.key} · {incident.service} ·{' '}
          {incident.resolvedAtMs === null
            ? `${incident.state} for ${formatDuration(nowMs - incident.openedAtMs)}`
            : `resolved, took ${formatDuration(incident.resolvedAtMs - incident.openedAtMs)}, ${formatDistance(incident.resolvedAtMs, nowMs)}`}
          {incident.mitigatedAtMs !== null &&
            ` · mitigated after ${formatDuration(incident.mitigatedAtMs - incident.openedAtMs)}`}
        </p>
      </div>
    </li>
  )
}

/** What nobody has comes first, what is over last; the newest first within each. */
function rank({ state }: IncidentSummary): number {
  return { open: 0, acknowledged: 1, resolved: 2 }[state]
}
