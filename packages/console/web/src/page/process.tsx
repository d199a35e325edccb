import { useState } from 'preact/hooks'
import { paths, type ProcessDetail, type ProcessSeries, type SeriesPoint } from '../../../src/api/contract.ts'
import { useLoaded, useStream } from '../api.ts'
import { Chart } from '../chart.tsx'
import { Headline, useTab } from '../frame.tsx'
import { HullGauge } from '../hull.tsx'
import { Link } from '../router.tsx'
import { formatBytes, formatCount, formatDuration, formatMs, formatPercent, formatRate, toneOf } from '../words.ts'

/** 15 minutes of a sample every two seconds; older points leave as the server's do. */
const MAX_POINTS = 450

export function ProcessPage({ service, instance }: { service: string; instance: string }) {
  const { value: detail, refusal } = useLoaded<ProcessDetail>(paths.process(service, instance), 10_000)
  const [points, setPoints] = useState<SeriesPoint[]>([])
  useStream(`?instance=${encodeURIComponent(instance)}`, {
    point: (point) => setPoints((before) => [...before, point].slice(-MAX_POINTS)),
  })
  useTab(detail?.process.verdict ?? 'afloat', detail?.process.name ?? instance)
  if (!detail) return <h1 class="empty">{refusal ?? 'Reading what is known of it.'}</h1>
  const { process } = detail
  const series = extend(detail.series, points)
  const common = { atMs: series.atMs, marks: detail.marks, syncKey: instance }
  return (
    <>
      <p class="crumbs">
        <Link to="/">Services</Link> · {process.service}
      </p>
      <div class="lead">
        <Headline verdict={process.verdict}>{process.sentence}</Headline>
        {process.incidentId !== null && (
          <Link to={`/incidents/${process.incidentId}`} class="primary">
            Open the incident
          </Link>
        )}
      </div>
      <ul class="facts">
        <li>
          <b>{process.name}</b> pid {process.pid} on {process.host}
        </li>
        <li>Node {process.nodeVersion.replace(/^v/, '')}</li>
        {process.serviceVersion && <li>version {process.serviceVersion}</li>}
        <li>up {formatDuration(Math.max(0, process.lastSeenAtMs - process.startedAtMs))}</li>
        <li>
          <b>{formatRate(process.requestsPerSec)}</b> req/s
        </li>
      </ul>
      {process.hull && <HullGauge hull={process.hull} tone={toneOf(process.verdict)} />}
      <div class="charts">
        <Chart
          {...common}
          title="Memory"
          format={formatBytes}
          isBytes
          atLeast={process.hull?.limitBytes ?? 0}
          lines={[
            { label: 'floor after GC', values: series.floorBytes, tone: toneOf(process.verdict), isFilled: true },
            { label: 'heap used', values: series.heapUsedBytes, tone: 'faint' },
            { label: 'limit', values: series.heapLimitBytes, tone: 'ink' },
          ]}
        />
        <Chart
          {...common}
          title="Resident and external memory"
          format={formatBytes}
          isBytes
          lines={[
            { label: 'resident', values: series.rssBytes, tone: 'calm' },
            { label: 'external', values: series.externalBytes, tone: 'faint' },
          ]}
        />
        <Chart
          {...common}
          title="Latency"
          format={formatMs}
          lines={[
            { label: 'p99', values: series.latencyMsP99, tone: 'calm' },
            { label: 'p50', values: series.latencyMsP50, tone: 'faint' },
          ]}
        />
        <Chart
          {...common}
          title="Requests per second"
          format={formatRate}
          lines={[{ label: 'served', values: series.requestsPerSec, tone: 'calm' }]}
        />
        <Chart
          {...common}
          title="Where the time goes"
          format={formatPercent}
          atLeast={1}
          lines={[
            { label: 'event loop', values: series.eventLoopUtilization, tone: 'calm' },
            { label: 'garbage collection', values: series.gcCpuShare, tone: 'growing' },
          ]}
        />
      </div>
      {detail.days.atMs.length >= 6 && (
        <section>
          <h2>The days before</h2>
          <div class="charts">
            <Chart
              title="Lowest floor of each ten minutes"
              format={formatBytes}
              isBytes
              atLeast={process.hull?.limitBytes ?? 0}
              atMs={detail.days.atMs}
              syncKey={`${instance} days`}
              lines={[
                { label: 'floor after GC', values: detail.days.floorBytes, tone: 'calm', isFilled: true },
                { label: 'resident', values: detail.days.rssBytes, tone: 'faint' },
                { label: 'limit', values: detail.days.heapLimitBytes, tone: 'ink' },
              ]}
            />
            <Chart
              title="Requests per second"
              format={formatRate}
              atMs={detail.days.atMs}
              syncKey={`${instance} days`}
              lines={[{ label: 'served', values: detail.days.requestsPerSec, tone: 'calm' }]}
            />
          </div>
        </section>
      )}
      {detail.sites.length > 0 && (
        <section>
          <h2>What grows</h2>
          <table>
            <thead>
              <tr>
                <th scope="col">Holder</th>
                <th scope="col">Entries</th>
                <th scope="col">Per minute</th>
              </tr>
            </thead>
            <tbody>
              {detail.sites.map((site) => (
                <tr key={`${site.file}:${site.line}:${site.variable}`}>
                  <td>
                    <code>{site.variable}</code> in{' '}
                    <code>
                      {site.file}:{site.line}
                    </code>
                  </td>
                  <td>{formatCount(site.entryCount)}</td>
                  <td>{Math.round(site.growthPerMin)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {detail.routes.length > 0 && (
        <section>
          <h2>Routes</h2>
          <table>
            <thead>
              <tr>
                <th scope="col">Route</th>
                <th scope="col">Requests/s</th>
                <th scope="col">p99</th>
                <th scope="col">Errors</th>
              </tr>
            </thead>
            <tbody>
              {detail.routes.map((route) => (
                <tr key={route.route}>
                  <td>
                    <code>{route.route}</code>
                  </td>
                  <td>{formatRate(route.requestsPerSec)}</td>
                  <td>{formatMs(route.latencyMsP99)}</td>
                  <td>{route.errorCount}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  )
}

/** The loaded series and what the stream added since. */
function extend(series: ProcessSeries, points: readonly SeriesPoint[]): ProcessSeries {
  const newest = series.atMs.at(-1) ?? 0
  const fresh = points.filter(({ atMs }) => atMs > newest)
  const columns = Object.entries(series).map(([name, values]) => [
    name,
    [...(values as (number | null)[]), ...fresh.map((point) => point[name as keyof SeriesPoint])].slice(-MAX_POINTS),
  ])
  return Object.fromEntries(columns) as ProcessSeries
}
