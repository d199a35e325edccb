import { paths, type IncidentList } from '../../../src/api/contract.ts'
import { useLoaded } from '../api.ts'
import { useNow, useTab } from '../frame.tsx'
import { Link } from '../router.tsx'
import { formatDistance, formatDuration, toneOf } from '../words.ts'

export function IncidentsPage() {
  const { value, refusal } = useLoaded<IncidentList>(paths.incidents, 3000)
  const nowMs = useNow()
  const worst = value?.incidents.find(({ state }) => state !== 'resolved')?.verdict ?? 'afloat'
  useTab(worst, 'Incidents')
  if (!value) return <p class="empty">{refusal ?? 'Reading the incidents.'}</p>
  if (value.incidents.length === 0) return <p class="empty">No incident yet. Calm water.</p>
  return (
    <>
      <h1>Incidents</h1>
      <ul class="incident-list">
        {value.incidents.map((incident) => (
          <li key={incident.id}>
            <span
              class={`dot ${incident.state === 'resolved' ? 'innocent' : toneOf(incident.verdict)}`}
              aria-hidden="true"
            />
            <div>
              <Link to={`/incidents/${incident.id}`}>{incident.sentence}</Link>
              <p class="quiet">
                {incident.key} · {incident.service} · {incident.state}
                {incident.resolvedAtMs === null
                  ? ` · open for ${formatDuration(nowMs - incident.openedAtMs)}`
                  : ` · took ${formatDuration(incident.resolvedAtMs - incident.openedAtMs)}, ${formatDistance(incident.resolvedAtMs, nowMs)}`}
                {incident.mitigatedAtMs !== null &&
                  ` · mitigated after ${formatDuration(incident.mitigatedAtMs - incident.openedAtMs)}`}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </>
  )
}
