import { formatBytes, formatDuration } from '@plimsoll/core'

import type { Gate, GateVerdict, SoakResult, Verdict } from '../result.ts'
import type { Facts } from './facts.ts'
import { describeGrowth, describeNative, hasFilledItsHeap, memoryGates, tellInterval } from './memory-gates.ts'
import { describeRoutes, requestRate, timeToLimit } from './routes.ts'
import {
  describeErrors,
  describeLatency,
  judgeGenerator,
  slowdownGates,
  survivalGates,
  trafficGates,
} from './traffic-gates.ts'
import { number, percent } from './words.ts'

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
    knee: facts.knee,
    notes: [
      ...facts.notes,
      ...(facts.heap.hasBeenFlat && !facts.hurried ? [] : explain(facts)),
      ...tellBacklog(facts),
      ...tellHurry(facts),
      ...tellEmptied(facts),
    ],
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

/** What two soaks tell of a service that died of a full heap in the first: the second stands only if it finds a leak. Pure. */
export function tellBothTries(first: SoakResult, again: SoakResult, answered: number, ratePerSec: number): SoakResult {
  const isLeak = again.verdict === 'leak'
  const died = `asked as fast as others are, it died of a full heap after ${answered} requests; it was started anew and asked ${ratePerSec} a second`
  const told = isLeak ? again : first
  return {
    ...told,
    notes: [isLeak ? died : `${died}, and no leak was found`, ...told.notes],
    elapsedMs: first.elapsedMs + again.elapsedMs,
  }
}

function judgeMemory(gates: readonly Gate[]): Verdict {
  const memory = gates.filter(({ name }) => ['retained', 'external', 'native', 'heap'].includes(name))
  if (memory.some(({ name, verdict }) => verdict === 'fail' && name !== 'heap')) return 'leak'
  return memory.some(({ verdict }) => verdict === 'not-sure') ? 'not-sure' : 'clean'
}

function tellBacklog({ backlog }: Facts): string[] {
  if (!backlog) return []
  const rate = Number(backlog.worksOffPerSec.toPrecision(2))
  return [
    `it works on after it has answered, and keeps up with about ${rate} requests a second: it was asked for half of that, and given time before each floor`,
  ]
}

function tellHurry({ hurried }: Facts): string[] {
  if (!hurried) return []
  const step = formatDuration(hurried.stepMs)
  return [`with its clock moved forward by ${step} before each floor that was let go; what is judged is what was not`]
}

function tellEmptied({ emptied }: Facts): string[] {
  if (!emptied) return []
  const names = [...emptied.keys()]
  const budgetBytes = [...emptied.values()].reduce((sum, bytes) => sum + bytes, 0)
  const listed = names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '')
  return [
    `caches that keep a budget were still filling, and were emptied before each floor from then on (${listed}): full, they hold ${formatBytes(budgetBytes)} beside what is judged`,
  ]
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
    const when = hasFilledItsHeap(facts)
      ? '; its heap has been full, and it died of that'
      : limit
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

function verdictOf(gates: readonly Gate[], name: string): GateVerdict {
  return gates.find((gate) => gate.name === name)?.verdict ?? 'not-sure'
}
