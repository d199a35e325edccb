import type { CacheView, Overview, ServiceView } from '../../../src/api/contract.ts'
import { Headline, useTab } from '../frame.tsx'
import { HullRow } from '../hull.tsx'
import { go, Link } from '../router.tsx'
import { formatBytes, formatMs, formatPercent, formatRate } from '../words.ts'

/** What state, in one sentence; the hulls that prove it; one button when something is asked. */
export function OverviewPage({ overview }: { overview: Overview }) {
  const incident = overview.incidents[0]
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
      {overview.services.length === 0 && (
        <p class="empty">
          No service has reported yet. Start one under watch:{' '}
          <code>plimsoll run --console {location.origin} -- node server.js</code>
        </p>
      )}
      {overview.services.map((service) => (
        <Service service={service} headline={overview.sentence} key={service.name} />
      ))}
    </>
  )
}

function Service({ service, headline }: { service: ServiceView; headline: string }) {
  const { traffic, database } = service
  const workers = service.processes.filter(({ presence, role }) => presence !== 'gone' && role !== 'supervisor')
  const gone = service.processes.filter(({ presence }) => presence === 'gone')
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
        {workers.map((process) => (
          <HullRow process={process} key={process.instance} />
        ))}
      </ul>
      {gone.length > 0 && (
        <details class="gone-list">
          <summary>{gone.length} ended or replaced</summary>
          <ul class="hulls">
            {gone.map((process) => (
              <HullRow process={process} key={process.instance} />
            ))}
          </ul>
        </details>
      )}
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

function Cache({ cache, service }: { cache: CacheView; service: string }) {
  return (
    <li>
      <Link to={`/services/${encodeURIComponent(service)}/caches/${encodeURIComponent(cache.name)}`} class="cache-name">
        {cache.name}
      </Link>{' '}
      {cache.bytes !== null && (
        <>
          <b>{formatBytes(cache.bytes)}</b>
          {cache.budgetBytes !== null && ` of ${formatBytes(cache.budgetBytes)}`}
        </>
      )}
      {cache.hitRatio !== null && `, ${formatPercent(cache.hitRatio)} hits`}
    </li>
  )
}
