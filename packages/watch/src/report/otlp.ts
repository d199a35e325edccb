import { messageOf, type Clock } from '@plimsoll/core'
import type { Identity } from '@plimsoll/core/wire'
import { groupByName, metricNames, type MetricPoint } from './metrics.ts'
import { postJson } from './post-json.ts'

/** Between two pushes; OpenTelemetry's own exporters wait twice as long. */
const PERIOD_MS = 30_000
/** Since the start of the process, and not since the push before. */
const CUMULATIVE = 2

export interface OtlpOptions {
  /** Base URL of the collector: `http://127.0.0.1:4318`. */
  url: string
  clock: Clock
  identity(): Identity
  collect(): MetricPoint[]
  /** One plain sentence for the terminal; the same trouble is told once. */
  tell(sentence: string): void
}

/** Pushes the metrics to an OpenTelemetry collector, as JSON over HTTP. One push at a time; none is made up for. */
export class OtlpPush {
  readonly #options: OtlpOptions
  readonly #target: URL
  #isUnderWay = false
  #toldTrouble: string | null = null

  constructor(options: OtlpOptions) {
    this.#options = options
    this.#target = new URL(`${options.url.replace(/\/+$/, '')}/v1/metrics`)
  }

  start(): void {
    this.#options.clock.every(PERIOD_MS, () => void this.push())
  }

  /** Never rejects: a collector that is away is told of once. */
  async push(): Promise<void> {
    const { clock, identity, collect, tell } = this.#options
    const points = collect()
    if (this.#isUnderWay || points.length === 0) return
    this.#isUnderWay = true
    try {
      const body = JSON.stringify(toOtlp(points, identity(), clock.nowMs()))
      const { status } = await postJson(this.#target, body, { clock, headers: {} })
      if (status < 200 || status > 299) throw new Error(`it answered with status ${status}`)
      this.#toldTrouble = null
    } catch (thrown) {
      const trouble = messageOf(thrown)
      if (trouble !== this.#toldTrouble) tell(`no metrics reach ${this.#target.href}: ${trouble}. Trying on.`)
      this.#toldTrouble = trouble
    } finally {
      this.#isUnderWay = false
    }
  }
}

/** @see https://opentelemetry.io/docs/specs/otlp/ (ExportMetricsServiceRequest, in its JSON encoding) */
export function toOtlp(points: readonly MetricPoint[], identity: Identity, nowMs: number): object {
  const { service, instance, host, pid, serviceVersion, startedAtMs } = identity
  const attributes = { 'service.name': service, 'service.instance.id': instance, 'host.name': host, 'process.pid': pid }
  const version: Record<string, string> = serviceVersion === null ? {} : { 'service.version': serviceVersion }
  const metrics = [...groupByName(points)].map(([name, group]) => {
    const { type, help } = metricNames[name]
    const dataPoints = group.map(({ value, labels }) => ({
      attributes: attributesOf(labels),
      startTimeUnixNano: nanosOf(startedAtMs),
      timeUnixNano: nanosOf(nowMs),
      asDouble: value,
    }))
    const data =
      type === 'counter'
        ? { sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } }
        : { gauge: { dataPoints } }
    return { name, description: help, ...data }
  })
  const resource = { attributes: attributesOf({ ...attributes, ...version }) }
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'plimsoll' }, metrics }] }] }
}

function attributesOf(labels: Readonly<Record<string, string | number>>): object[] {
  return Object.entries(labels).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }))
}

/** As text, since a number of JSON does not hold so many digits. */
function nanosOf(epochMs: number): string {
  return String(BigInt(Math.round(epochMs)) * 1_000_000n)
}
