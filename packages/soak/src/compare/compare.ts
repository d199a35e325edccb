import { createSeededRandom, SECOND_MS, type Clock } from '@plimsoll/core'

import { findSlowCode, type SlowCulprit } from '../culprit/slow-code.ts'
import { SlowWatch } from '../culprit/slow-watch.ts'
import { Sources } from '../culprit/sources.ts'
import { SlowdownCourse, type Change, type Slot, type SlowdownStep } from '../gate/slowdown.ts'
import { readUsage } from '../subject/read-usage.ts'
import { startSubject, type Subject, type SubjectOptions } from '../subject/subject.ts'
import type { TrafficProcess } from '../traffic/traffic-process.ts'
import type { TrafficPause } from '../traffic/traffic.ts'
import { driveSlot, QUIET_WITHIN_MS } from './slot.ts'

/** Two builds side by side under the same requests. */
export interface Comparison {
  /** As it was asked for, and the commit that is. */
  base: string
  commit: string
  verdict: 'slower' | 'same' | 'not-sure'
  /** Latencies in ms; null when the load generator itself was late all the time, so that they tell nothing. */
  p50: Change | null
  p99: Change | null
  /** CPU time of a request, in ms. */
  cpu: Change | null
  /** Pairs of slots that were compared. */
  pairCount: number
  /** Of them, those whose latencies do not count because the load generator itself was late. */
  starvedPairCount: number
  /** What takes longer, when it is slower. */
  culprits: SlowCulprit[]
}

export interface CompareOptions {
  ref: string
  commit: string
  service: Omit<SubjectOptions, 'cwd'>
  baseCwd: string
  hereCwd: string
  startTraffic(origin: string): TrafficProcess
  ratePerSec: number
  /** 0.1: ten percent. */
  limit: number
  capMs: number
  seed: number
  clock: Clock
  wait(ms: number): Promise<void>
  tell(sentence: string): void
}

const WARM_UP_SLOTS = 3
const WARM_UP_MS = 2 * SECOND_MS
const MIN_SLOT_MS = 3 * SECOND_MS
const MAX_SLOT_MS = 10 * SECOND_MS
/** Below this a 99th percentile is three requests. */
const SLOT_REQUESTS = 300
const MIN_SLOT_REQUESTS = 50
/** A generator that is later than this has measured itself. */
const MAX_LATE_MS = 5
const WATCH_ROUNDS = 2
const WATCH_MS = 2500

/** A build that runs. */
interface Side {
  subject: Subject
  traffic: TrafficProcess
  sources: Sources
}

/**
 * Starts both builds, and drives them in turns until one look proves that this one is slower, or that it is not, or time is up. Whatever
 * happens, nothing of it is left running.
 * @throws SoakInvalidError when one of them does not start
 */
export async function compareBuilds(options: CompareOptions): Promise<Comparison> {
  const sides: Side[] = []
  try {
    for (const cwd of [options.baseCwd, options.hereCwd]) {
      options.tell(cwd === options.baseCwd ? `starting ${options.ref} beside it` : 'starting this version')
      const subject = await startSubject({ ...options.service, cwd })
      sides.push({ subject, sources: new Sources(cwd), traffic: options.startTraffic(subject.origin) })
    }
    return await compare(options, sides[0]!, sides[1]!)
  } finally {
    for (const { traffic } of sides) await traffic.stop().catch(() => {})
    for (const { subject } of sides) await subject.stop()
  }
}

async function compare(options: CompareOptions, base: Side, here: Side): Promise<Comparison> {
  const { ref, commit, ratePerSec, limit, capMs, clock, tell } = options
  const untilMs = clock.monotonicMs() + capMs
  const slotMs = Math.min(MAX_SLOT_MS, Math.max(MIN_SLOT_MS, (SLOT_REQUESTS / ratePerSec) * 1000))
  for (const { traffic } of [base, here]) await traffic.pause(QUIET_WITHIN_MS)
  tell(`warming both up`)
  for (let slot = 0; slot < WARM_UP_SLOTS; slot++)
    for (const side of [base, here]) await drive(options, side, WARM_UP_MS)
  const course = new SlowdownCourse({ limit })
  const chance = createSeededRandom(options.seed)
  let step: SlowdownStep = 'go-on'
  while (step === 'go-on' && clock.monotonicMs() + 2 * slotMs < untilMs) {
    const isBaseFirst = chance.next() < 0.5
    const first = await driveCounted(options, isBaseFirst ? base : here, slotMs)
    const second = await driveCounted(options, isBaseFirst ? here : base, slotMs)
    step = isBaseFirst ? course.add(first, second) : course.add(second, first)
    tell(
      `${course.pairCount} pairs against ${ref}: p99 ${toPercent(course.change('p99'))}, CPU ${toPercent(course.change('cpu'))}`,
    )
  }
  const culprits = step === 'slower' ? await nameCulprits(options, base, here) : []
  return {
    base: ref,
    commit,
    verdict: step === 'slower' || step === 'same' ? step : 'not-sure',
    p50: course.change('p50'),
    p99: course.change('p99'),
    cpu: course.change('cpu'),
    pairCount: course.pairCount,
    starvedPairCount: course.starvedPairCount,
    culprits,
  }
}

function drive({ wait, ratePerSec }: CompareOptions, { traffic }: Side, ms: number): Promise<TrafficPause['lap']> {
  return driveSlot(traffic, wait, ratePerSec, ms)
}

async function driveCounted(options: CompareOptions, side: Side, ms: number): Promise<Slot> {
  const before = await readUsage(side.subject)
  const { requestCount, generatorLateMsP99, latencyMsP50, latencyMsP99 } = await drive(options, side, ms)
  const after = await readUsage(side.subject)
  const answered = after.requestCount - before.requestCount
  const isTold = generatorLateMsP99 <= MAX_LATE_MS && requestCount >= MIN_SLOT_REQUESTS
  return {
    p50: isTold ? latencyMsP50 : null,
    p99: isTold ? latencyMsP99 : null,
    cpu: answered >= MIN_SLOT_REQUESTS ? (after.cpuMs - before.cpuMs) / answered : null,
  }
}

/** Watches both for a moment, in turns. */
async function nameCulprits(options: CompareOptions, base: Side, here: Side): Promise<SlowCulprit[]> {
  options.tell('it is slower: looking at what takes longer')
  const [then, now] = [base, here].map(({ subject, sources }) => new SlowWatch(subject, sources))
  for (let round = 0; round < WATCH_ROUNDS; round++) {
    await then!.watch(() => drive(options, base, WATCH_MS))
    await now!.watch(() => drive(options, here, WATCH_MS))
  }
  return findSlowCode(then!, now!)
}

function toPercent(change: Change | null): string {
  if (!change) return 'not told'
  return `${change.estimate > 0 ? '+' : ''}${Math.round(change.estimate * 100)} %`.replace('-', '−')
}
