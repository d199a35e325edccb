import { SECOND_MS } from '@plimsoll/core'

import { SubjectLostError } from './errors.ts'
import { describeSilence } from './gate/silence.ts'
import { findBacklog } from './load/backlog.ts'
import {
  answerMs,
  CAPACITY_MS,
  CAPACITY_SHARE,
  isAnswered,
  isSlow,
  keyRate,
  readCapacity,
  shareToAsk,
  type Measured,
} from './load/capacity.ts'
import type { Stage } from './stage.ts'
import { quote } from './subject/subject.ts'

const WARM_UP_MS = 6 * SECOND_MS
const MAX_RATE_PER_SEC = 1000
const FEW_CLIENTS = 16
const MANY_CLIENTS = 128
/** How long is asked as fast as is answered: for so many answers one after another, where each takes long. */
const ANSWERS = 3
const MAX_CAPACITY_MS = 10 * SECOND_MS
/** A first taste, so that a service of which every request takes a lot of memory is not filled up by being measured. */
const TASTE_REQUESTS = 200
const CLOSED_REQUESTS = 3000

/** Finds out what the service can do, and drives it until it is warm. Answers its capacity in requests a second; null when it was not asked. */
export async function warmUp(stage: Stage): Promise<number | null> {
  stage.tell('warm-up', 'warming up')
  const { ratePerSec, routes, findsKnee } = stage.config
  let rate = ratePerSec
  let capacity: number | null = null
  let isTaste = false
  if (routes.length > 0) {
    const before = await stage.noteCourse()
    capacity = await measureCapacity(stage, TASTE_REQUESTS, FEW_CLIENTS)
    const taste: Measured = { clients: FEW_CLIENTS, perSec: capacity }
    const measured = [taste]
    await stage.noteCourse()
    const askForMs = Math.min(MAX_CAPACITY_MS, Math.max(CAPACITY_MS, ANSWERS * answerMs(taste)))
    // Of one who waits while it answers, few clients learn nothing.
    for (const clients of isSlow(taste) ? [MANY_CLIENTS] : [FEW_CLIENTS, MANY_CLIENTS]) {
      isTaste = stage.pacing.requestsToNextFloor() <= CLOSED_REQUESTS
      if (isTaste) break
      if (rate !== null && !findsKnee) break
      // Not after the taste alone: however fast it went, it is too small to show that work is left to do for those who were answered.
      const hasBeenAsked = measured.length > 1
      // Who waits for something else while answering, be it for a CPU that others have, does more for more clients at once.
      if (hasBeenAsked && capacity * CAPACITY_SHARE >= MAX_RATE_PER_SEC) break
      const requests = Math.min(CLOSED_REQUESTS, stage.pacing.requestsAtWorst())
      const perSec = await measureCapacity(stage, requests, clients, askForMs, capacity)
      measured.push({ clients, perSec })
      capacity = Math.max(capacity, perSec)
      await stage.noteCourse()
    }
    const answered = Math.min(MAX_RATE_PER_SEC, capacity * shareToAsk(measured), keyRate(routes))
    const tryRate = (ms: number) => askOpenly(stage, Math.max(2, answered), ms)
    const worksOff = rate === null ? await findBacklog(stage, before, tryRate) : null
    if (worksOff !== null && worksOff * CAPACITY_SHARE < answered)
      stage.facts.backlog = { worksOffPerSec: worksOff, answersPerSec: answered }
    if (isTaste && rate === null && !stage.facts.backlog)
      stage.pacing.beginLow(Math.min(MAX_RATE_PER_SEC, keyRate(routes)))
    rate ??= Math.round(Math.max(2, stage.facts.backlog ? worksOff! * CAPACITY_SHARE : answered))
  }
  rate ??= 10
  stage.facts.ratePerSec = rate
  stage.traffic = stage.startLoad({ ratePerSec: stage.pacing.rate(WARM_UP_MS) })
  await stage.wait(WARM_UP_MS)
  const { probes } = await stage.pause()
  const [first] = probes
  stage.facts.nodeVersion = first?.hello.nodeVersion ?? null
  stage.facts.heapLimitBytes = first?.hello.heapLimitBytes ?? null
  if (first && !first.hello.hasInspector) {
    stage.facts.notes.push('the inspector is refused in this process: growth is measured, but no line can be named')
  }
  for (const probe of probes) if (probe.hello.hasInspector) await stage.lifeline.ask(probe, 'startSampling', null)
  await stage.warmCode.keep(probes)
  stage.traffic.setPhase('soak')
  return capacity
}

/** Asks so much of it for so long, however fast it answers; answers false, and asks nothing, where the heap may not last. */
async function askOpenly(stage: Stage, ratePerSec: number, ms: number): Promise<boolean> {
  if (!stage.pacing.hasRoomFor((ratePerSec * ms) / SECOND_MS)) return false
  stage.traffic = stage.startLoad({ ratePerSec, maxMs: ms })
  const report = await stage.lifeline.orLost(stage.traffic.done)
  stage.traffic = null
  stage.usedNumbers += report.total.requestCount
  return true
}

/** Asks as fast as it is answered, for a moment: what can it do? `knownPerSec` is what it could before. */
async function measureCapacity(
  stage: Stage,
  maxRequests: number,
  closedClientCount: number,
  maxMs = CAPACITY_MS,
  knownPerSec = 0,
): Promise<number> {
  const { lifeline, subject } = stage
  stage.traffic = stage.startLoad({ closedClientCount, maxRequests, maxMs })
  const report = await lifeline.orLost(stage.traffic.done)
  stage.traffic = null
  const { requestCount, failureCount, failures } = report.total
  stage.usedNumbers += requestCount
  if (requestCount === failureCount) {
    lifeline.throwIfEnded()
    const isLate = (failures['timed-out'] ?? 0) === failureCount
    // Of many who are answered side by side the first may be answered as late as the last: nobody waited for that.
    if (isLate && report.elapsedMs * knownPerSec < ANSWERS * closedClientCount * SECOND_MS && knownPerSec > 0) return 0
    if (knownPerSec > 0 && !isAnswered(report.total, report.firstErrorStatus))
      throw new SubjectLostError('hangs', `${describeSilence(failures)}.${quote(subject.lastWords())}`)
  }
  return readCapacity(report, knownPerSec > 0)
}
