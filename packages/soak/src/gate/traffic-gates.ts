import type { ResolvedSoakConfig } from '../options.ts'
import type { Gate, SoakResult } from '../result.ts'
import type { Facts } from './facts.ts'
import { defaultSlowdownOptions, type Change } from './slowdown.ts'
import { number, percent, signed } from './words.ts'

/** The generator's own lateness above which its latencies are not to be believed, and above which not even its rate is. */
const MAX_LATE_MS_FOR_LATENCY = 5
const MAX_LATE_MS = 100

/** Failures, latency, a slowdown, and whether it lived to the end. Pure. */
export function trafficGates(facts: Facts): Gate[] {
  const { errorShare, p99Ms } = facts.config.gates
  const errors = describeErrors(facts)
  const gates: Gate[] = []
  if (facts.lastPause || facts.traffic) {
    const isOver = errors.share > errorShare && errors.count >= 3
    const kinds = Object.entries(errors.kinds)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', ')
    const status = (facts.lastPause ?? facts.traffic)?.firstErrorStatus ?? null
    const example = status === null ? '' : ` (the first with status ${status})`
    gates.push({
      name: 'errors',
      verdict: isOver ? 'fail' : 'pass',
      limit: `${errorShare * 100} %`,
      sentence:
        errors.count === 0
          ? 'no request failed'
          : `${errors.count} requests failed (${percent(errors.share)}): ${kinds}${example}`,
    })
  }
  const latency = describeLatency(facts)
  if (p99Ms !== null && latency) {
    gates.push({
      name: 'p99',
      verdict: latency.p99 > p99Ms ? 'fail' : 'pass',
      limit: `${p99Ms} ms`,
      sentence: `p99 is ${latency.p99.toFixed(1)} ms`,
    })
  }
  return gates
}

export function slowdownGates({ comparison, config }: Facts): Gate[] {
  if (!comparison) return []
  const { base, verdict, p50, p99, cpu, pairCount, starvedPairCount } = comparison
  const starved =
    starvedPairCount > pairCount / 2
      ? `; latencies tell nothing, as the load generator itself was late in ${starvedPairCount} of ${pairCount} pairs: give it CPU`
      : ''
  const words = {
    slower: `slower than ${base}`,
    same: `no slower than ${base}`,
    'not-sure': `whether it is slower than ${base} is not decided`,
  }
  const changes = [describeChange('p99', p99), describeChange('p50', p50), describeChange('CPU of a request', cpu)]
  return [
    {
      name: 'slowdown',
      verdict: ({ slower: 'fail', same: 'pass', 'not-sure': 'not-sure' } as const)[verdict],
      limit: `+${Math.round(slowdownLimit(config) * 1000) / 10} %`,
      sentence: `${words[verdict]}: ${changes.filter((one) => one !== '').join(', ')}, ${pairCount} pairs${starved}`,
    },
  ]
}

function describeChange(name: string, change: Change | null): string {
  if (!change) return ''
  const { base, here, estimate, low, high, confidence } = change
  const range =
    low === null || high === null ? '' : `, ${percent(confidence)}: ${number(low * 100)} … ${number(high * 100)}`
  return `${name} ${number(base)} → ${number(here)} ms (${signed(estimate * 100)} %${range})`
}

/** What a quantile may rise by. */
export function slowdownLimit({ gates }: ResolvedSoakConfig): number {
  return gates.p99Rise ?? defaultSlowdownOptions.limit
}

export function survivalGates({ lost, traffic, lastPause }: Facts): Gate[] {
  if (lost) return [{ name: 'survives', verdict: 'fail', limit: null, sentence: lost.message }]
  return traffic || lastPause
    ? [{ name: 'survives', verdict: 'pass', limit: null, sentence: 'it answered until the end' }]
    : []
}

/** Whether the generator, not the service, is what was measured. */
export function judgeGenerator({ traffic, config, lost }: Facts): string[] {
  if (!traffic || lost) return []
  const { generator, journeyFaults } = traffic
  const why: string[] = []
  const needsLatency = config.gates.p99Ms !== null
  const limitMs = needsLatency ? MAX_LATE_MS_FOR_LATENCY : MAX_LATE_MS
  if (generator.eventLoopDelayMsP99 > limitMs) {
    why.push(
      `the load generator was the bottleneck: its own event loop was ${generator.eventLoopDelayMsP99.toFixed(1)} ms late at p99 (limit ${limitMs} ms). ` +
        'Give it CPU, or lower --rate',
    )
  }
  if (config.ratePerSec !== null && generator.missedShare > 0.001) {
    why.push(
      `${percent(generator.missedShare)} of the requests that were due could not start, so ${config.ratePerSec} requests/s were not driven. Lower --rate`,
    )
  }
  if (journeyFaults.count > 0)
    why.push(`a journey threw ${journeyFaults.count} times: ${journeyFaults.messages.join('; ')}`)
  return why
}

export function describeLatency({ traffic }: Facts): SoakResult['latencyMs'] {
  const soaked = traffic?.phases.find(({ phase }) => phase === 'soak')
  if (!traffic || !soaked || soaked.requestCount === 0) return null
  const { latencyMsP50, latencyMsP90, latencyMsP99, latencyMsMax } = soaked
  return {
    p50: latencyMsP50,
    p90: latencyMsP90,
    p99: latencyMsP99,
    max: latencyMsMax,
    isTrustworthy: traffic.generator.eventLoopDelayMsP99 <= MAX_LATE_MS_FOR_LATENCY,
  }
}

export function describeErrors({ traffic, lastPause, isLostByHurry }: Facts): SoakResult['errors'] {
  const counted = isLostByHurry ? lastPause : (traffic?.total ?? lastPause)
  const { requestCount = 0, failureCount = 0, failures = {} } = counted ?? {}
  return { count: failureCount, share: requestCount > 0 ? failureCount / requestCount : 0, kinds: failures }
}
