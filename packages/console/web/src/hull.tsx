import type { Hull, ProcessView } from '../../src/api/contract.ts'
import { Link } from './router.tsx'
import { formatBytes, formatDuration, stateOf, toneOf } from './words.ts'

/** How deep it lies, and where the line is. Water is what is used; the hatched part is where it will be in five minutes. */
export function HullGauge({ hull, tone }: { hull: Hull; tone: string }) {
  const share = (bytes: number) => Math.min(100, Math.max(0, (bytes / hull.limitBytes) * 100))
  const depth = share(hull.depthBytes)
  // A calm hull has no forecast: what rises a little after a start would only frighten.
  const growth = tone === 'calm' ? 0 : Math.max(0, hull.growthBytesPerMin ?? 0)
  const ahead = share(hull.depthBytes + growth * 5)
  const line = share(hull.loadLineBytes)
  return (
    <svg class={`hull ${tone}`} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="hull-room" x="0" y="0" width="100" height="10" />
      <rect class="hull-ahead" x={depth} y="0" width={Math.max(0, ahead - depth)} height="10" />
      <rect class="hull-water" x="0" y="0" width={depth} height="10" />
      <line class="hull-line" x1={line} x2={line} y1="-1" y2="11" vector-effect="non-scaling-stroke" />
    </svg>
  )
}

export function HullRow({ process }: { process: ProcessView }) {
  const { hull } = process
  const tone = process.presence === 'gone' ? 'gone' : toneOf(process.verdict)
  const growth =
    hull?.growthBytesPerMin && process.verdict !== 'afloat' ? `+${formatBytes(hull.growthBytesPerMin)}/min` : ''
  return (
    <li class="hull-row">
      <Link
        to={`/services/${encodeURIComponent(process.service)}/processes/${encodeURIComponent(process.instance)}`}
        class="hull-name"
      >
        {process.name}
      </Link>
      {hull ? <HullGauge hull={hull} tone={tone} /> : <span class="hull-waiting">no sample yet</span>}
      <span class="hull-depth">{hull ? `${formatBytes(hull.depthBytes)} of ${formatBytes(hull.limitBytes)}` : ''}</span>
      <span class={`hull-state ${tone}`}>
        {stateOf(process)} {growth && <span class="hull-growth">{growth}</span>}
        {hull?.timeToLimitMs && process.verdict !== 'afloat' && (
          <span class="hull-growth"> limit in {formatDuration(hull.timeToLimitMs[0])}</span>
        )}
      </span>
    </li>
  )
}
