import type { CacheView, Overview } from '../../../src/api/contract.ts'
import { Headline, useTab } from '../frame.tsx'
import { HullGauge } from '../hull.tsx'
import { Link } from '../router.tsx'
import { formatBytes, formatCount, formatPercent } from '../words.ts'

/** How deep a cache lies against its budget, how often it hits, and what more memory would buy. */
export function CachePage({ overview, service, name }: { overview: Overview | null; service: string; name: string }) {
  const cache = overview?.services.find((known) => known.name === service)?.caches.find((known) => known.name === name)
  useTab('afloat', name)
  if (!cache)
    return (
      <h1 class="empty">
        {overview ? `No process of ${service} reports a cache called ${name}.` : 'Reading what is known of it.'}
      </h1>
    )
  const isOver = cache.budgetBytes !== null && cache.bytes !== null && cache.bytes > cache.budgetBytes
  return (
    <>
      <p class="crumbs">
        <Link to="/">Services</Link> · {service} · caches
      </p>
      <div class="lead">
        <Headline verdict={isOver ? 'growing' : 'afloat'}>{describe(cache)}</Headline>
      </div>
      {cache.bytes !== null && cache.budgetBytes !== null && (
        <HullGauge
          hull={{
            depthBytes: cache.bytes,
            isFloor: false,
            heapUsedBytes: cache.bytes,
            limitBytes: cache.budgetBytes,
            loadLineBytes: cache.budgetBytes,
            growthBytesPerMin: null,
            timeToLimitMs: null,
          }}
          tone={isOver ? 'growing' : 'calm'}
        />
      )}
      <ul class="facts">
        {cache.createdAt && (
          <li>
            created at <code>{cache.createdAt}</code>
          </li>
        )}
        <li>
          in <b>{cache.processCount}</b> {cache.processCount === 1 ? 'process' : 'processes'}
        </li>
        {cache.entryCount !== null && (
          <li>
            <b>{formatCount(cache.entryCount)}</b> entries
          </li>
        )}
      </ul>
      {cache.curve.length > 0 && (
        <section>
          <h2>What more memory would buy</h2>
          <table>
            <thead>
              <tr>
                <th scope="col">Budget of one process</th>
                <th scope="col">Hits</th>
              </tr>
            </thead>
            <tbody>
              {cache.curve.map(({ budgetBytes, hitRatio }) => (
                <tr key={budgetBytes}>
                  <td>{formatBytes(budgetBytes)}</td>
                  <td>{formatPercent(hitRatio)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  )
}

function describe({ name, bytes, budgetBytes, hitRatio }: CacheView): string {
  const held = bytes === null ? `${name} does not say how much it holds` : `${name} holds ${formatBytes(bytes)}`
  const budget = budgetBytes === null ? ' and has no budget' : ` of ${formatBytes(budgetBytes)}`
  const hits = hitRatio === null ? '' : `, and ${formatPercent(hitRatio)} of what is asked is in it`
  return `${held}${budget}${hits}.`
}
