import {
  formatBytes,
  formatDuration,
  MINUTE_MS,
  parseBytes,
  parseDuration,
  SECOND_MS,
  type Reader,
} from '@plimsoll/core'
import type { Severity } from '@plimsoll/core/wire'
import { incidentCauses } from '../incident/grouping.ts'
import type { IncidentCause } from '../api/contract.ts'
import { percent } from '../words.ts'
import { depthRatio, isServing, type ProcessFacts, type ServiceFacts } from './facts.ts'
import { matchesAll, parseMatchers, type Matcher } from './matcher.ts'
import type { Rule } from './rule.ts'

/** A rule of one's own, as the configuration has it. No query language: who needs one runs Prometheus and sends its alerts here. */
export interface OwnRule {
  name: string
  /** Which processes: their labels are service, process, role, host. */
  where: Matcher[]
  metric: MetricName
  /** For metrics of a cache. */
  cache: string | null
  /** Whether each process is judged, or all of a service together. */
  over: 'process' | 'sum' | 'mean' | 'max'
  comparison: 'above' | 'below'
  threshold: number
  /** What opens at `threshold` closes beyond this line. */
  clearThreshold: number
  forMs: number
  keepMs: number
  severity: Severity
  cause: IncidentCause
  summary: string | null
}

type Unit = 'bytes' | 'ms' | 'ratio' | 'number'
interface Metric {
  unit: Unit
  of(process: ProcessFacts, cache: string | null): number | null
}

/** What may be judged. Rates and shares are over the last 30 s. */
export const metrics = {
  depthRatio: { unit: 'ratio', of: depthRatio },
  depthBytes: { unit: 'bytes', of: ({ depthBytes }) => depthBytes },
  rssBytes: { unit: 'bytes', of: ({ latest }) => latest?.memory.rssBytes ?? null },
  heapUsedBytes: { unit: 'bytes', of: ({ latest }) => latest?.memory.heapUsedBytes ?? null },
  externalBytes: { unit: 'bytes', of: ({ latest }) => latest?.memory.externalBytes ?? null },
  growthBytesPerMin: { unit: 'bytes', of: ({ growthBytesPerMin }) => growthBytesPerMin },
  gcCpuShare: { unit: 'ratio', of: ({ recent }) => recent?.gcCpuShare ?? null },
  eventLoopUtilization: { unit: 'ratio', of: ({ recent }) => recent?.eventLoopUtilization ?? null },
  eventLoopDelayMsP99: { unit: 'ms', of: ({ recent }) => recent?.eventLoopDelayMsP99 ?? null },
  cpuShare: { unit: 'ratio', of: ({ recent }) => recent?.cpuShare ?? null },
  cpuWaitShare: { unit: 'ratio', of: ({ recent }) => recent?.cpuWaitShare ?? null },
  requestsPerSec: { unit: 'number', of: ({ recent }) => recent?.requestsPerSec ?? null },
  errorsPerSec: { unit: 'number', of: ({ recent }) => recent?.errorsPerSec ?? null },
  errorRatio: {
    unit: 'ratio',
    of: ({ recent }) => (recent && recent.requestsPerSec > 0 ? recent.errorsPerSec / recent.requestsPerSec : null),
  },
  latencyMsP50: { unit: 'ms', of: ({ recent }) => (recent && recent.requestCount > 0 ? recent.latencyMsP50 : null) },
  latencyMsP99: { unit: 'ms', of: ({ recent }) => (recent && recent.requestCount > 0 ? recent.latencyMsP99 : null) },
  sqlWaitMsP99: { unit: 'ms', of: ({ recent }) => recent?.sql?.waitMsP99 ?? null },
  sqlRunMsP99: { unit: 'ms', of: ({ recent }) => recent?.sql?.runMsP99 ?? null },
  handleCount: { unit: 'number', of: ({ latest }) => latest?.handleCount ?? null },
  threadCount: { unit: 'number', of: ({ latest }) => latest?.threadCount ?? null },
  cacheBytes: { unit: 'bytes', of: ({ caches }, cache) => caches.find(({ name }) => name === cache)?.bytes ?? null },
  cacheHitRatio: {
    unit: 'ratio',
    of: ({ caches }, cache) => {
      const report = caches.find(({ name }) => name === cache)
      const lookupCount = report ? report.hitCount + report.missCount : 0
      return lookupCount === 0 ? null : report!.hitCount / lookupCount
    },
  },
  processCount: { unit: 'number', of: () => 1 },
} as const satisfies Record<string, Metric>
export type MetricName = keyof typeof metrics

const names = Object.keys(metrics) as MetricName[]
const keys = [
  'name',
  'where',
  'metric',
  'cache',
  'over',
  'above',
  'below',
  'clear',
  'for',
  'keepFiringFor',
  'severity',
  'cause',
  'summary',
]

/** Reads one rule; every fault is collected by the reader. */
export function readRule(reader: Reader): OwnRule {
  reader.object().onlyKeys(keys)
  const metric = reader.at('metric').oneOf(names)
  // What belongs to a metric that does not exist is neither right nor wrong.
  const unit = metric === reader.at('metric').raw ? metrics[metric].unit : null
  const isAbove = !reader.at('above').isAbsent
  if (isAbove === !reader.at('below').isAbsent) reader.fault('must have either above or below')
  const [above, below, clear] = (['above', 'below', 'clear'] as const).map((key) => readAmount(reader.at(key), unit))
  const threshold = (isAbove ? above : below) ?? NaN
  const clearThreshold = clear ?? threshold
  if (isAbove ? clearThreshold > threshold : clearThreshold < threshold)
    reader.at('clear').fault(`must lie ${isAbove ? 'below' : 'above'} the line that opens it`)
  const cache = reader.at('cache').stringOrNull({ maxLength: 200 })
  if (unit !== null && metric.startsWith('cache') !== (cache !== null))
    reader.at('cache').fault(cache === null ? 'is missing: which cache?' : `means nothing to ${metric}`)
  return {
    name: readName(reader.at('name')),
    where: readWhere(reader.at('where')),
    metric,
    cache,
    over: reader
      .at('over')
      .oneOf(['process', 'sum', 'mean', 'max'], { fallback: metric === 'processCount' ? 'sum' : 'process' }),
    comparison: isAbove ? 'above' : 'below',
    threshold,
    clearThreshold,
    forMs: readSpan(reader.at('for'), 0),
    keepMs: readSpan(reader.at('keepFiringFor'), 30 * SECOND_MS),
    severity: reader.at('severity').oneOf(['info', 'warning', 'critical'], { fallback: 'warning' }),
    cause: reader.at('cause').oneOf(incidentCauses, { fallback: 'other' }),
    summary: reader.at('summary').stringOrNull({ maxLength: 500 }),
  }
}

function readName(reader: Reader): string {
  const name = reader.string({ maxLength: 100 })
  if (name.trim() === '') reader.fault('must not be empty')
  return name
}

function readWhere(reader: Reader): Matcher[] {
  if (reader.isAbsent) return []
  const text = reader.string({ maxLength: 1000 })
  try {
    return parseMatchers(text)
  } catch (error) {
    reader.fault((error as Error).message)
    return []
  }
}

/** `0.8`, `80 %`, `400 MB`, `1s`: as the metric's unit has it. Null when nothing is given, or nothing can be said of it. */
function readAmount(reader: Reader, unit: Unit | null): number | null {
  if (reader.isAbsent || unit === null) return null
  const { raw } = reader
  if (typeof raw === 'number' && Number.isFinite(raw)) return raw
  const text = typeof raw === 'string' ? raw.trim() : ''
  const share = unit === 'ratio' ? /^(\d+(?:\.\d+)?) ?%$/.exec(text) : null
  const amount = share
    ? Number(share[1]) / 100
    : unit === 'bytes'
      ? parseBytes(text)
      : unit === 'ms'
        ? parseDuration(text)
        : null
  const like = { ratio: '0.8 or 80 %', bytes: '400 MB', ms: '500ms or 1s', number: '12' }[unit]
  if (amount === null) reader.fault(`must be an amount such as ${like}`)
  return amount
}

function readSpan(reader: Reader, fallbackMs: number): number {
  if (reader.isAbsent) return fallbackMs
  const spanMs = typeof reader.raw === 'string' ? parseDuration(reader.raw) : null
  if (spanMs === null) reader.fault('must be a span such as 30s, 5m or 1h30m')
  return spanMs ?? fallbackMs
}

/** The rule as the lookout judges it. */
export function toRule(own: OwnRule): Rule {
  const { unit, of } = metrics[own.metric] as Metric
  const isBeyond = (value: number, line: number) => (own.comparison === 'above' ? value > line : value < line)
  return {
    name: own.name,
    cause: own.cause,
    group: own.cause === 'other' ? own.name : '',
    severity: own.severity,
    forMs: own.forMs,
    keepMs: own.keepMs,
    judge(facts) {
      const values = facts.processes
        .filter((process) => isServing(process) && process.presence === 'alive' && isMeant(own, process, facts))
        .flatMap((process) => {
          const value = of(process, own.cache)
          return value === null ? [] : [{ process, value }]
        })
      if (values.length === 0 && own.metric !== 'processCount') return null
      const all = values.map(({ value }) => value)
      const judged = own.over === 'process' ? values : [{ process: null, value: combine(own.over, all) }]
      const held = judged.filter(({ value }) => isBeyond(value, own.clearThreshold))
      const firing = held.filter(({ value }) => isBeyond(value, own.threshold))
      const shown = firing.length > 0 ? firing : held
      if (shown.length === 0) return null
      const worst = shown.reduce((one, other) => (isBeyond(other.value, one.value) ? other : one))
      return {
        level: firing.length > 0 ? 'firing' : 'holding',
        instances: shown.flatMap(({ process }) => (process ? [process.identity.instance] : [])),
        sentence: describe(
          own,
          worst.process?.identity.name ?? facts.service,
          show(worst.value, unit),
          show(own.threshold, unit),
        ),
      }
    },
  }
}

function isMeant({ where }: OwnRule, { identity }: ProcessFacts, { service }: ServiceFacts): boolean {
  return matchesAll(where, { service, process: identity.name, role: identity.role, host: identity.host })
}

function combine(over: OwnRule['over'], values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0)
  return over === 'max' ? Math.max(...values) : over === 'mean' ? sum / Math.max(1, values.length) : sum
}

function show(value: number, unit: Unit): string {
  if (unit === 'bytes') return formatBytes(value)
  if (unit === 'ms') return formatDuration(value)
  return unit === 'ratio' ? percent(value) : String(Math.round(value * 100) / 100)
}

function describe(
  { name, metric, cache, comparison, summary }: OwnRule,
  who: string,
  value: string,
  line: string,
): string {
  if (summary !== null)
    return summary.replaceAll(/\{\{ *(who|value|line) *\}\}/g, (_, word: string) => ({ who, value, line })[word]!)
  return `${name}: ${metric}${cache === null ? '' : ` of ${cache}`} of ${who} is ${value}, ${comparison} ${line}.`
}

/** State that outlived a restart by more than this is not believed. */
export const RULE_STATE_MAX_AGE_MS = 60 * MINUTE_MS
