import type { Identity, Sample, Verdict } from '@plimsoll/core/wire'

/** What {@link renderMetrics} shows of one kind of memory. */
export interface MemoryVerdict {
  memory: string
  verdict: Verdict
  /** Earliest time until the limit is met; null when none is near. */
  timeToLimitMs: number | null
}

/** Names of samples are in {@link metricNames}; labels are bounded by the sample's own bounds. */
type Labels = Readonly<Record<string, string>>
interface Family {
  type: 'gauge' | 'counter'
  help: string
}

/** Every metric there is, with what it says: those named as prom-client names them, and what is missing there. */
export const metricNames = {
  process_resident_memory_bytes: { type: 'gauge', help: 'Resident set size in bytes.' },
  process_cpu_seconds_total: { type: 'counter', help: 'CPU time, user and system, in seconds.' },
  process_start_time_seconds: { type: 'gauge', help: 'When the process began, in seconds since the epoch.' },
  process_open_fds: { type: 'gauge', help: 'Open descriptors.' },
  nodejs_version_info: { type: 'gauge', help: 'Version of Node.js.' },
  nodejs_heap_size_used_bytes: { type: 'gauge', help: 'Heap in use, garbage included.' },
  nodejs_heap_size_total_bytes: { type: 'gauge', help: 'Heap that V8 has from the system.' },
  nodejs_external_memory_bytes: { type: 'gauge', help: 'Buffers and what else V8 knows but does not hold.' },
  nodejs_eventloop_lag_p50_seconds: { type: 'gauge', help: 'Median delay of the event loop since the sample before.' },
  nodejs_eventloop_lag_p99_seconds: { type: 'gauge', help: '99th percentile of the delay of the event loop.' },
  nodejs_eventloop_lag_max_seconds: { type: 'gauge', help: 'Longest delay of the event loop.' },
  plimsoll_active_resources: { type: 'gauge', help: 'Handles, requests and timers that keep the loop alive.' },
  plimsoll_heap_limit_bytes: { type: 'gauge', help: 'Where V8 gives up: the ceiling of the old generation.' },
  plimsoll_heap_after_major_bytes: {
    type: 'gauge',
    help: 'Heap and external memory right after the latest full collection: the only honest line.',
  },
  plimsoll_memory_limit_bytes: { type: 'gauge', help: 'Limit of the container, where there is one.' },
  plimsoll_verdict: { type: 'gauge', help: '1 for the verdict a kind of memory stands at, 0 for the others.' },
  plimsoll_time_to_limit_seconds: { type: 'gauge', help: 'Earliest time until the limit is met as it grows now.' },
  plimsoll_gc_major_total: { type: 'counter', help: 'Full collections.' },
  plimsoll_gc_pause_seconds_total: { type: 'counter', help: 'Time stopped in collections.' },
  plimsoll_eventloop_utilization_ratio: { type: 'gauge', help: 'Share of time in which the event loop was busy.' },
  plimsoll_threads: { type: 'gauge', help: 'Threads of the process.' },
  plimsoll_http_requests_total: { type: 'counter', help: 'Requests served, by route.' },
  plimsoll_http_errors_total: { type: 'counter', help: 'Answers of 500 and above and aborted ones, by route.' },
  plimsoll_http_latency_p99_seconds: {
    type: 'gauge',
    help: '99th percentile of latency since the sample before, by route.',
  },
  plimsoll_cache_bytes: { type: 'gauge', help: 'Bytes in a cache.' },
  plimsoll_cache_budget_bytes: { type: 'gauge', help: 'Bytes a cache may hold.' },
  plimsoll_cache_entries: { type: 'gauge', help: 'Entries in a cache.' },
  plimsoll_cache_hits_total: { type: 'counter', help: 'Lookups that were answered from a cache.' },
  plimsoll_cache_misses_total: { type: 'counter', help: 'Lookups that were not.' },
  plimsoll_growing_entries: { type: 'gauge', help: 'Entries of the collections that grow fastest.' },
} as const satisfies Record<string, Family>
export type MetricName = keyof typeof metricNames

/** One value of one metric. */
export interface MetricPoint {
  name: MetricName
  value: number
  labels: Labels
}

/** Routes counted at a time; the rest is counted as `other`. */
const MAX_ROUTES = 60
const verdictNames: readonly Verdict[] = ['afloat', 'growing', 'leaking', 'sinking', 'recovered']

/** Samples speak of a window each; Prometheus wants totals. Bounded by {@link MAX_ROUTES}. */
export class MetricTotals {
  #sample: Sample | null = null
  #cpuSeconds = 0
  #majorCount = 0
  #pauseSeconds = 0
  readonly #routes = new Map<string, { requestCount: number; errorCount: number; latencyMsP99: number | null }>()

  add(sample: Sample): void {
    this.#sample = sample
    this.#cpuSeconds += (sample.cpuShare * sample.windowMs) / 1000
    this.#majorCount += sample.gc.majorCount
    this.#pauseSeconds += sample.gc.pauseMs / 1000
    for (const total of this.#routes.values()) total.latencyMsP99 = null
    for (const { route, requestCount, errorCount, latencyMsP99 } of sample.routes) {
      const name = this.#routes.has(route) || this.#routes.size < MAX_ROUTES ? route : 'other'
      const total = this.#routes.get(name) ?? { requestCount: 0, errorCount: 0, latencyMsP99: null }
      total.requestCount += requestCount
      total.errorCount += errorCount
      total.latencyMsP99 = Math.max(total.latencyMsP99 ?? 0, latencyMsP99)
      this.#routes.set(name, total)
    }
  }

  /** Prometheus' text format 0.0.4; a comment before the first sample. */
  render(identity: Identity, verdicts: readonly MemoryVerdict[], descriptorCount: number | null): string {
    const points = this.collect(identity, verdicts, descriptorCount)
    return points.length === 0 ? '# no sample yet\n' : renderText(points)
  }

  /** The values as they stand; none before the first sample. */
  collect(identity: Identity, verdicts: readonly MemoryVerdict[], descriptorCount: number | null): MetricPoint[] {
    const sample = this.#sample
    const text = new MetricPoints()
    if (!sample) return []
    const { memory, eventLoop, cgroup } = sample
    text.add('process_resident_memory_bytes', memory.rssBytes)
    text.add('process_cpu_seconds_total', this.#cpuSeconds)
    text.add('process_start_time_seconds', identity.startedAtMs / 1000)
    text.add('process_open_fds', descriptorCount)
    text.add('nodejs_version_info', 1, { version: `v${identity.nodeVersion}` })
    text.add('nodejs_heap_size_used_bytes', memory.heapUsedBytes)
    text.add('nodejs_heap_size_total_bytes', memory.heapTotalBytes)
    text.add('nodejs_external_memory_bytes', memory.externalBytes)
    text.add('nodejs_eventloop_lag_p50_seconds', eventLoop.delayMsP50 / 1000)
    text.add('nodejs_eventloop_lag_p99_seconds', eventLoop.delayMsP99 / 1000)
    text.add('nodejs_eventloop_lag_max_seconds', eventLoop.delayMsMax / 1000)
    text.add('plimsoll_active_resources', sample.handleCount)
    text.add('plimsoll_heap_limit_bytes', memory.heapLimitBytes)
    text.add('plimsoll_heap_after_major_bytes', memory.floorBytes)
    text.add('plimsoll_memory_limit_bytes', cgroup?.limitBytes ?? null)
    for (const { memory: of, verdict } of verdicts) {
      for (const name of verdictNames)
        text.add('plimsoll_verdict', name === verdict ? 1 : 0, { memory: of, verdict: name })
    }
    for (const { memory: of, timeToLimitMs } of verdicts)
      text.add('plimsoll_time_to_limit_seconds', timeToLimitMs === null ? null : timeToLimitMs / 1000, { memory: of })
    text.add('plimsoll_gc_major_total', this.#majorCount)
    text.add('plimsoll_gc_pause_seconds_total', this.#pauseSeconds)
    text.add('plimsoll_eventloop_utilization_ratio', eventLoop.utilization)
    text.add('plimsoll_threads', sample.threadCount)
    for (const [route, { requestCount }] of this.#routes)
      text.add('plimsoll_http_requests_total', requestCount, { route })
    for (const [route, { errorCount }] of this.#routes) text.add('plimsoll_http_errors_total', errorCount, { route })
    for (const [route, { latencyMsP99 }] of this.#routes)
      text.add('plimsoll_http_latency_p99_seconds', latencyMsP99 === null ? null : latencyMsP99 / 1000, { route })
    for (const { name: cache, bytes, budgetBytes, entryCount, hitCount, missCount } of sample.caches) {
      text.add('plimsoll_cache_bytes', bytes, { cache })
      text.add('plimsoll_cache_budget_bytes', budgetBytes, { cache })
      text.add('plimsoll_cache_entries', entryCount, { cache })
      text.add('plimsoll_cache_hits_total', hitCount, { cache })
      text.add('plimsoll_cache_misses_total', missCount, { cache })
    }
    for (const { file, variable, entryCount } of sample.sites)
      text.add('plimsoll_growing_entries', entryCount, { file, variable })
    return text.points
  }
}

class MetricPoints {
  readonly points: MetricPoint[] = []

  /** Null: not known here, and then not shown. */
  add(name: MetricName, value: number | null, labels: Labels = {}): void {
    if (value !== null) this.points.push({ name, value, labels })
  }
}

/** All of one metric must stand together. */
export function groupByName(points: readonly MetricPoint[]): Map<MetricName, MetricPoint[]> {
  const groups = new Map<MetricName, MetricPoint[]>()
  for (const point of points) groups.set(point.name, [...(groups.get(point.name) ?? []), point])
  return groups
}

function renderText(points: readonly MetricPoint[]): string {
  const families = [...groupByName(points)].map(([name, group]) => {
    const { type, help } = metricNames[name]
    const lines = group.map(({ value, labels }) => {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`)
      return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`
    })
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n')
  })
  return `${families.join('\n')}\n`
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
