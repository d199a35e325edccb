import type { CacheView, IncidentSummary, Overview, ProcessView, ServiceView } from '../../../src/api/contract.ts'
import { useState } from 'preact/hooks'
import { Headline, useNow, useTab } from '../frame.tsx'
import { HullRow } from '../hull.tsx'
import { go, Link } from '../router.tsx'
import { IncidentItem } from './incidents.tsx'
import { formatBytes, formatDuration, formatMs, formatPercent, formatRate, formatWhen } from '../words.ts'

/** More hulls than this are no picture any more. */
const MAX_HULLS = 12
/** More than a screen of them is a list, which has a page of its own. */
const MAX_INCIDENTS = 10

/** What state, in one sentence; the hulls that prove it; one button when something is asked. */
export function OverviewPage({ overview }: { overview: Overview }) {
  const [incident, ...rest] = overview.incidents
  const listed = rest.slice(0, MAX_INCIDENTS)
  const isTold = ({ name }: ServiceView) => overview.incidents.some(({ service }) => service === name)
  const services = overview.services.toSorted((one, other) => Number(isTold(other)) - Number(isTold(one)))
  const nowMs = useNow()
  useTab(overview.verdict, 'Plimsoll')
  return (
    <>
      <div class="lead">
        <Headline verdict={overview.verdict}>{overview.sentence}</Headline>
        {incident && (
          <button type="button" class="primary" onClick={() => go(`/incidents/${incident.id}`)}>
            Open {incident.key}
          </button>
        )}
      </div>
      {incident && <p class="ask">{standingOf(incident, nowMs)}</p>}
      {listed.length > 0 && (
        <ul class="incident-list" aria-label="Other open incidents">
          {listed.map((other) => (
            <IncidentItem incident={other} nowMs={nowMs} key={other.id} />
          ))}
        </ul>
      )}
      {rest.length > listed.length && (
        <p>
          <Link to="/incidents">{rest.length - listed.length} more are open</Link>
        </p>
      )}
      {overview.services.length === 0 && !incident && (
        <p class="empty">
          Start one under watch:{' '}
          <code>plimsoll run --console={location.origin} --token-file=FILE -- node server.js</code> The file is{' '}
          <code>agent-token</code> in the data folder of the console; for another machine make{' '}
          <Link to="/settings/tokens">a token of its own</Link>.
        </p>
      )}
      {services.map((service) => (
        <Service service={service} headline={overview.sentence} key={service.name} />
      ))}
    </>
  )
}

/** Whom it is about, who has it, and what was done: what is read before anything is opened. */
function standingOf(
  { service, state, openedAtMs, acknowledgedBy, mitigatedAtMs }: IncidentSummary,
  nowMs: number,
): string {
  const held = mitigatedAtMs === null ? '' : `, held in check since ${formatWhen(mitigatedAtMs, nowMs)}`
  const who = state === 'open' ? 'nobody has it yet' : `${acknowledgedBy} has it`
  return `${service}: ${who}; open for ${formatDuration(nowMs - openedAtMs)}${held}.`
}

function Service({ service, headline }: { service: ServiceView; headline: string }) {
  const { traffic, database } = service
  const workers = service.processes.filter(({ presence, role }) => presence !== 'gone' && role !== 'supervisor')
  const gone = service.processes.filter(({ presence }) => presence === 'gone')
  const shown = workers.length <= MAX_HULLS ? workers : workers.toSorted(byTrouble).slice(0, MAX_HULLS)
  const others = workers.filter((process) => !shown.includes(process))
  return (
    <section class="service" aria-labelledby={`service-${service.name}`}>
      <div class="service-head">
        <h2 id={`service-${service.name}`}>{service.name}</h2>
        <ul class="facts">
          {traffic && (
            <>
              <li>
                <b>{formatRate(traffic.requestsPerSec)}</b> req/s
              </li>
              <li>
                p99 <b>{formatMs(traffic.latencyMsP99)}</b>
              </li>
              <li>
                errors <b>{formatPercent(traffic.errorRatio)}</b>
              </li>
            </>
          )}
          {database && (
            <li
              class={database.verdict === 'ok' ? 'innocent' : database.verdict === 'guilty' ? 'sinking' : ''}
              title={database.sentence}
            >
              database <b>{database.verdict === 'ok' ? 'innocent' : database.verdict}</b>
              {database.roundTripMs !== null && ` ${formatMs(database.roundTripMs)}`}
            </li>
          )}
        </ul>
      </div>
      {service.sentence !== headline && <p class="quiet">{service.sentence}</p>}
      <ul class="hulls">
        {shown.map((process) => (
          <HullRow process={process} key={process.instance} />
        ))}
      </ul>
      {others.length > 0 && (
        <Folded
          summary={`${others.length} more, ${others.some(isTroubled) ? 'not all of them afloat' : 'none of them deeper, all afloat'}`}
          processes={others}
        />
      )}
      {gone.length > 0 && <Folded summary={`${gone.length} ended or replaced`} processes={gone} />}
      {service.caches.length > 0 && (
        <ul class="caches" aria-label="Caches">
          {service.caches.map((cache) => (
            <Cache cache={cache} service={service.name} key={cache.name} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Folded({ summary, processes }: { summary: string; processes: readonly ProcessView[] }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details class="gone-list" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{summary}</summary>
      {isOpen && (
        <ul class="hulls">
          {processes.map((process) => (
            <HullRow process={process} key={process.instance} />
          ))}
        </ul>
      )}
    </details>
  )
}

function isTroubled({ verdict, presence }: ProcessView): boolean {
  return verdict !== 'afloat' || presence === 'silent'
}

/** Who is in trouble first, then who lies deepest. */
function byTrouble(one: ProcessView, other: ProcessView): number {
  const depth = ({ hull }: ProcessView) => (hull ? hull.depthBytes / hull.limitBytes : 0)
  return Number(isTroubled(other)) - Number(isTroubled(one)) || depth(other) - depth(one)
}

function Cache({ cache, service }: { cache: CacheView; service: string }) {
  const { bytes, budgetBytes, hitRatio } = cache
  return (
    <li>
      <Link to={`/services/${encodeURIComponent(service)}/caches/${encodeURIComponent(cache.name)}`} class="cache-name">
        {cache.name}
      </Link>{' '}
      {bytes !== null && <b>{formatBytes(bytes)}</b>}
      {bytes !== null && budgetBytes !== null && ` of ${formatBytes(budgetBytes)}`}
      {bytes !== null && hitRatio !== null && ', '}
      {hitRatio !== null && `${formatPercent(hitRatio)} hits`}
    </li>
  )
}
