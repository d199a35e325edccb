import { formatBytes, formatDuration, MiB } from '@plimsoll/core'
import { judgePlateau, slopeInterval, theilSen, type Point, type SlopeInterval } from '@plimsoll/core/trend'

import type { Comparison } from '../compare/compare.ts'
import type { Findings } from '../culprit/investigate.ts'
import type { Culprit } from '../culprit/name-culprit.ts'
import type { SubjectLostError } from '../errors.ts'
import type { ResolvedSoakConfig } from '../options.ts'
import type { FloorPoint, Gate, GateVerdict, Interval, RouteResult, SoakResult, Verdict } from '../result.ts'
import type { TrafficPause, TrafficReport } from '../traffic/traffic.ts'
import type { GrowthCourse } from './growth.ts'
import { regressRoutes } from './route-slopes.ts'
import { defaultSlowdownOptions, type Change } from './slowdown.ts'

/** Everything a soak has seen, when it is over. */
export interface Facts {
  config: ResolvedSoakConfig
  heap: GrowthCourse
  external: GrowthCourse
  floors: FloorPoint[]
  routeCounts: TrafficPause['routes'][]
  culprits: Culprit[]
  /** Floors that were read before the first heap snapshot: from then on V8 remembers where every object is, in native memory. */
  untouchedFloors: number | null
  /** Set when a rise was confirmed and nothing bounds it. */
  leak: { why: string } | null
  /** Set when a rise was confirmed and those who hold it say it will end. */
  explained: Findings | null
  lost: SubjectLostError | null
  invalidBecause: string[]
  notes: string[]
  traffic: TrafficReport | null
  lastPause: TrafficPause | null
  /** Requests a second, or visitors when there are journeys. */
  ratePerSec: number
  /** Time under load since the first floor, without the pauses. */
  drivenMs: number
  elapsedMs: number
  nodeVersion: string | null
  heapLimitBytes: number | null
  comparison: Comparison | null
}

/** Native memory is an allocator's affair and noisy: less than this is not looked at, in all and a request. */
const MIN_NATIVE_BYTES = 24 * MiB
const MIN_NATIVE_BYTES_PER_REQUEST = 512
const MIN_DESCRIPTORS = 50
/** The generator's own lateness above which its latencies are not to be believed, and above which not even its rate is. */
const MAX_LATE_MS_FOR_LATENCY = 5
const MAX_LATE_MS = 100

/** From what was seen to what it means. Pure. */
export function concludeSoak(facts: Facts): SoakResult {
  const invalidBecause = [...facts.invalidBecause, ...judgeGenerator(facts)]
  const heapInterval = tellInterval(facts.heap)
  const gates = [...memoryGates(facts), ...trafficGates(facts), ...slowdownGates(facts), ...survivalGates(facts)]
  const verdict = invalidBecause.length > 0 ? 'invalid' : judgeMemory(gates)
  const latency = describeLatency(facts)
  const result: SoakResult = {
    version: 1,
    verdict,
    sentence: '',
    invalidBecause,
    retainedBytesPerRequest: heapInterval,
    byRoute: describeRoutes(facts),
    external: { ...tellInterval(facts.external), verdict: verdictOf(gates, 'external') },
    rss: { ...describeNative(facts), verdict: verdictOf(gates, 'native') },
    culprits: facts.culprits,
    latencyMs: latency,
    errors: describeErrors(facts),
    timeToLimitMs: verdict === 'leak' ? timeToLimit(facts, heapInterval) : null,
    gates: invalidBecause.length > 0 ? gates.filter((gate) => gate.verdict === 'fail') : gates,
    comparison: facts.comparison,
    notes: [...facts.notes, ...(facts.heap.hasBeenFlat ? [] : explain(facts))],
    ratePerSec: requestRate(facts),
    requestCount: facts.lastPause?.requestCount ?? 0,
    elapsedMs: Math.round(facts.elapsedMs),
    floors: facts.floors,
    command: facts.config.start,
    nodeVersion: facts.nodeVersion,
    heapLimitBytes: facts.heapLimitBytes,
  }
  return { ...result, sentence: describeVerdict(result, facts) }
}

function memoryGates(facts: Facts): Gate[] {
  const { gates } = facts.config
  const heap = judgeCourse(facts, facts.heap)
  const external = judgeCourse(facts, facts.external)
  const list: Gate[] = [
    {
      name: 'retained',
      verdict: heap,
      limit: `${gates.retainedBytes} B/request`,
      sentence: describeGrowth('JavaScript heap', facts.heap, heap),
    },
    {
      name: 'external',
      verdict: external,
      limit: `${gates.externalBytes} B/request`,
      sentence: describeGrowth('memory of buffers', facts.external, external),
    },
    judgeNative(facts),
    judgeDescriptors(facts),
  ]
  const last = facts.floors.at(-1)
  if (gates.heapBytes !== null && last) {
    const isOver = last.heapBytes > gates.heapBytes
    list.push({
      name: 'heap',
      verdict: isOver ? 'fail' : 'pass',
      limit: formatBytes(gates.heapBytes),
      sentence: `the heap holds ${formatBytes(last.heapBytes)} after a collection`,
    })
  }
  return list
}

function judgeCourse(facts: Facts, course: GrowthCourse): GateVerdict {
  const { marginBytes } = course
  if (facts.leak && course.isSuspected && course.last.interval.low > marginBytes) return 'fail'
  if (course.hasBeenFlat) return 'pass'
  const { explained } = facts
  // A holder with a known bound has what it takes; what it has taken is subtracted.
  if (explained && explained.fillingShare > 0.8 && restOf(course, explained) < marginBytes) return 'pass'
  return 'not-sure'
}

/** The slope without what bounded holders took. */
function restOf(course: GrowthCourse, { boundedShare }: Findings): number {
  const { slope } = slopeInterval(course.points, 0.99)
  return slope * (1 - Math.min(1, boundedShare / 0.95))
}

function describeGrowth(what: string, course: GrowthCourse, verdict: GateVerdict): string {
  const { interval, confidence } = course.last
  if (!Number.isFinite(interval.low)) return `${what}: too few floors to tell`
  const range = `${signed(interval.slope)} B/request (${percent(confidence)}: ${number(interval.low)} … ${number(interval.high)})`
  const word = { pass: 'does not rise', fail: 'rises', 'not-sure': 'is not decided' }[verdict]
  return `${what} ${word}: ${range}`
}

function nativeTail({ floors, untouchedFloors }: Facts): Point[] {
  const untouched = floors.slice(0, untouchedFloors ?? floors.length)
  const points = untouched.map(({ requestCount, nativeBytes }): Point => [requestCount, nativeBytes])
  return points.slice(-Math.max(8, Math.ceil((points.length * 2) / 3)))
}

function describeNative(facts: Facts): Interval & { grownBytes: number | null } {
  const tail = nativeTail(facts)
  const interval = slopeInterval(tail, 0.99)
  const grownBytes = tail.length > 1 ? theilSen(tail).slope * (tail.at(-1)![0] - tail[0]![0]) : null
  return { ...present(interval, 0.99), grownBytes }
}

function judgeNative(facts: Facts): Gate {
  const { low, estimate, grownBytes } = describeNative(facts)
  const tail = nativeTail(facts)
  const rises =
    low !== null &&
    low > MIN_NATIVE_BYTES_PER_REQUEST &&
    (grownBytes ?? 0) > MIN_NATIVE_BYTES &&
    judgePlateau(tail, { minPointsPerSpan: 2 }).isRefused
  return {
    name: 'native',
    verdict: rises ? 'fail' : 'pass',
    limit: `${MIN_NATIVE_BYTES_PER_REQUEST} B/request and ${formatBytes(MIN_NATIVE_BYTES)}`,
    sentence: rises
      ? `memory outside of V8 rises steadily: ${signed(estimate ?? 0)} B/request, ${formatBytes(grownBytes ?? 0)} in all; heap and buffers do not explain it`
      : 'memory outside of V8 does not rise steadily',
  }
}

function judgeDescriptors({ floors }: Facts): Gate {
  const points = floors.flatMap(({ requestCount, descriptorCount }): Point[] =>
    descriptorCount === null ? [] : [[requestCount, descriptorCount]],
  )
  const tail = points.slice(-Math.ceil((points.length * 2) / 3))
  const { slope, low } = slopeInterval(tail, 0.99)
  const grown = tail.length > 1 ? tail.at(-1)![1] - tail[0]![1] : 0
  const rises = low > 0 && grown >= MIN_DESCRIPTORS
  const last = points.at(-1)?.[1]
  return {
    name: 'descriptors',
    verdict: rises ? 'fail' : 'pass',
    limit: null,
    sentence: rises
      ? `file descriptors leak: ${Number(slope.toPrecision(2))} a request, ${last} are open`
      : last === undefined
        ? 'this system does not list open file descriptors'
        : `${last} file descriptors are open, and no more with every request`,
  }
}

function trafficGates(facts: Facts): Gate[] {
  const { errorShare, p99Ms } = facts.config.gates
  const errors = describeErrors(facts)
  const gates: Gate[] = []
  if (facts.lastPause || facts.traffic) {
    const isOver = errors.share > errorShare && errors.count >= 3
    const kinds = Object.entries(errors.kinds)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', ')
    gates.push({
      name: 'errors',
      verdict: isOver ? 'fail' : 'pass',
      limit: `${errorShare * 100} %`,
      sentence:
        errors.count === 0
          ? 'no request failed'
          : `${errors.count} requests failed (${percent(errors.share)}): ${kinds}`,
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

function slowdownGates({ comparison, config }: Facts): Gate[] {
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

function survivalGates({ lost, traffic, lastPause }: Facts): Gate[] {
  if (lost) return [{ name: 'survives', verdict: 'fail', limit: null, sentence: lost.message }]
  return traffic || lastPause
    ? [{ name: 'survives', verdict: 'pass', limit: null, sentence: 'it answered until the end' }]
    : []
}

function judgeMemory(gates: readonly Gate[]): Verdict {
  const memory = gates.filter(({ name }) => ['retained', 'external', 'native', 'heap'].includes(name))
  if (memory.some(({ name, verdict }) => verdict === 'fail' && name !== 'heap')) return 'leak'
  return memory.some(({ verdict }) => verdict === 'not-sure') ? 'not-sure' : 'clean'
}

/** Whether the generator, not the service, is what was measured. */
function judgeGenerator({ traffic, config, lost }: Facts): string[] {
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

function describeLatency({ traffic }: Facts): SoakResult['latencyMs'] {
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

function describeErrors({ traffic, lastPause }: Facts): SoakResult['errors'] {
  const { requestCount = 0, failureCount = 0, failures = {} } = traffic?.total ?? lastPause ?? {}
  return { count: failureCount, share: requestCount > 0 ? failureCount / requestCount : 0, kinds: failures }
}

function describeRoutes({ traffic, routeCounts, floors }: Facts): RouteResult[] {
  const routes = traffic?.routes ?? []
  const names = routes.map(({ route }) => route)
  const countOf = (counts: TrafficPause['routes'], name: string) =>
    counts.find(({ route }) => route === name)?.requestCount ?? 0
  // The first batches still warm up.
  const from = Math.floor(floors.length / 3)
  const growth: number[] = []
  const counts: number[][] = []
  for (let index = from + 1; index < floors.length; index++) {
    growth.push(floors[index]!.heapBytes - floors[index - 1]!.heapBytes)
    counts.push(names.map((name) => countOf(routeCounts[index]!, name) - countOf(routeCounts[index - 1]!, name)))
  }
  const slopes = regressRoutes(growth, counts)
  return routes.map(({ route, requestCount, failureCount, latencyMsP50, latencyMsP99 }, index) => ({
    route,
    requestCount,
    failureCount,
    latencyMsP50,
    latencyMsP99,
    retainedBytesPerRequest: slopes?.[index] ?? null,
  }))
}

/** A visitor asks several times: with journeys, what was driven is what was counted. */
function requestRate({ config, floors, ratePerSec, drivenMs }: Facts): number {
  const [first, last] = [floors[0], floors.at(-1)]
  if (!config.hasJourneys || !first || !last || drivenMs === 0) return ratePerSec
  return Math.round((last.requestCount - first.requestCount) / (drivenMs / 1000))
}

function timeToLimit(facts: Facts, { estimate, low, high }: Interval): SoakResult['timeToLimitMs'] {
  const last = facts.floors.at(-1)
  const { heapLimitBytes } = facts
  const ratePerSec = requestRate(facts)
  if (!last || heapLimitBytes === null || estimate === null || low === null || high === null || low <= 0) return null
  const leftMs = (bytesPerRequest: number) =>
    Math.max(0, ((heapLimitBytes - last.heapBytes) / (bytesPerRequest * ratePerSec)) * 1000)
  return { estimate: leftMs(estimate), low: leftMs(high), high: leftMs(low) }
}

function explain({ explained, leak }: Facts): string[] {
  if (!explained || leak) return []
  return explained.judgements
    .filter(({ judgement }) => judgement.verdict !== 'holds')
    .map(({ path, share, judgement }) => {
      const now = judgement.entryCount === null ? '' : `, ${judgement.entryCount} now`
      return `${path} takes ${Math.round(share * 100)} % of what the heap grew by and ${judgement.why}${now}`
    })
}

function describeVerdict(result: SoakResult, facts: Facts): string {
  const { verdict, retainedBytesPerRequest: retained, gates } = result
  if (verdict === 'invalid') return result.invalidBecause.join(' ')
  const failing = gates.find(
    (gate) => gate.verdict === 'fail' && ['retained', 'external', 'native'].includes(gate.name),
  )
  if (verdict === 'leak' && failing?.name === 'retained') {
    const limit = result.timeToLimitMs
    const when = limit
      ? `; at ${result.ratePerSec} req/s the heap limit of ${formatBytes(facts.heapLimitBytes ?? 0)} is ${formatDuration(limit.estimate)} away`
      : ''
    return `every request leaves ${number(retained.estimate ?? 0)} B behind (${percent(retained.confidence)}: ${number(retained.low ?? 0)} … ${number(retained.high ?? 0)})${when}`
  }
  if (verdict === 'leak') return failing?.sentence ?? 'memory rises'
  if (verdict === 'clean' && !facts.heap.hasBeenFlat && facts.explained) {
    return `what the heap grows by is on its way to a bound: ${explain(facts).join('; ')}`
  }
  if (verdict === 'clean') return describeGrowth('the heap', facts.heap, 'pass')
  if (facts.lost) return facts.lost.message.split(' It wrote')[0]!
  const open = gates.filter((gate) => gate.verdict === 'not-sure').map(({ sentence }) => sentence)
  return `${open.join('; ')}. Soak longer: --cap 10m`
}

function tellInterval(course: GrowthCourse): Interval {
  return present(course.last.interval, course.last.confidence)
}

function present({ slope, low, high, pointCount }: SlopeInterval, confidence: number): Interval {
  const finite = (value: number) => (Number.isFinite(value) ? Math.round(value * 100) / 100 : null)
  return { estimate: pointCount < 2 ? null : finite(slope), low: finite(low), high: finite(high), confidence }
}

function verdictOf(gates: readonly Gate[], name: string): GateVerdict {
  return gates.find((gate) => gate.name === name)?.verdict ?? 'not-sure'
}

function number(value: number): string {
  const rounded = Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 10) / 10
  return String(rounded === 0 ? 0 : rounded).replace('-', '−')
}

function signed(value: number): string {
  return value > 0 ? `+${number(value)}` : number(value)
}

function percent(share: number): string {
  const value = share * 100
  return `${value >= 99 && value < 100 ? Number(value.toFixed(2)) : Number(value.toPrecision(2))} %`
}
