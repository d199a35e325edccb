import { MINUTE_MS, SECOND_MS } from '@plimsoll/core'

import type { GrowthCourse, GrowthStep } from './gate/growth.ts'
import { varyMix } from './load/vary-mix.ts'
import { QUIET_WITHIN_MS, type Stage } from './stage.ts'

const BATCH_MS = 1500
/** Of all time, what forced collections may take. */
const MAX_COLLECT_SHARE = 0.2
/** What is left of the cap for naming culprits and ending. */
const TRACE_MS = 8 * SECOND_MS
const TRACE_LOAD_MS = 1200
/** Of what grew, the part that must be removed by time for time to be hurried. */
const MIN_EXPIRING_SHARE = 0.5
/** Where nothing says for how long something is kept, time is hurried by no more than this. */
const BLIND_HURRY_MS = 10 * MINUTE_MS
/** After so long, what has not been decided is not waited for any longer. */
const PATIENCE_MS = MINUTE_MS
/** Fewer floors decide nothing afresh. */
const MIN_FLOORS_AFRESH = 20

/** Batches of load with a floor after each, until growth is decided or the time is up. */
export async function soakInBatches(stage: Stage): Promise<void> {
  const { config, facts, pacing, search } = stage
  const { routes } = config
  const { heap, external } = facts
  let collectMs = 0
  let pauseMs = 0
  let quietMs = 0
  while (!isTimeUp(stage, pauseMs)) {
    if (routes.length > 1) stage.traffic!.setWeights(varyMix(routes, facts.floors.length))
    // Collecting takes a share of the time at most, and waiting for the last answers no more than half of it.
    const batchMs = Math.max(BATCH_MS, collectMs * (1 / MAX_COLLECT_SHARE - 1), quietMs)
    stage.traffic!.resume(pacing.rate(batchMs))
    await stage.wait(batchMs)
    facts.drivenMs += batchMs
    const beganMs = stage.nowMs
    const paused = await stage.pause()
    const { floor } = paused
    pacing.askMore(facts.lastPause!.lap, batchMs)
    await stage.warmCode.check(paused.probes)
    collectMs = paused.collectMs
    quietMs = paused.quietMs
    pauseMs = stage.nowMs - beganMs
    const steps = [
      heap.add([floor.requestCount, floor.heapBytes]).step,
      external.add([floor.requestCount, floor.externalBytes]).step,
    ]
    const floorsLeft = (config.capMs - stage.elapsedMs - TRACE_MS) / (pauseMs + batchMs)
    for (const course of [heap, external]) course.plan(floorsLeft)
    stage.tell('soak', '')
    if ([heap, external].some(hasBeenLookedAt) && stage.ebb.tryBegin()) {
      search.drop()
      stage.tell('trace', 'its caches are still filling: emptying them, to judge the rest')
      continue
    }
    if (steps.includes('suspect')) {
      stage.tell('look-closer', 'it rises: looking at what the heap holds')
      await search.begin(stage.subject)
      await stage.discountLook()
    }
    if (steps.includes('rising') && (await trace(stage))) return
    if (steps.includes('dropped')) await tryHurry(stage)
    if (isStillOpen(stage, floorsLeft) && mayHurry(stage)) await skipAhead(stage)
    if (isDecided(stage, steps)) return
  }
}

/** It is known not to be flat so far, be it that it rises or not. */
function hasBeenLookedAt({ hasBeenFlat, last }: GrowthCourse): boolean {
  return !hasBeenFlat && Number.isFinite(last.interval.low)
}

function isTimeUp({ config: { forMs, capMs }, elapsedMs, search }: Stage, pauseMs: number): boolean {
  if (forMs !== null) return elapsedMs >= forMs
  return elapsedMs + pauseMs + BATCH_MS >= capMs - (search.isUnderWay ? TRACE_MS : 3000)
}

function isDecided({ config, facts: { heap, external } }: Stage, steps: readonly GrowthStep[]): boolean {
  if (config.forMs !== null) return false
  return steps.length > 0 && [heap, external].every((course) => course.hasBeenFlat)
}

/** It still rises: who holds it? Answers whether that settles it. */
async function trace(stage: Stage): Promise<boolean> {
  stage.tell('trace', 'it still rises: naming who holds it')
  const { config, facts, search } = stage
  const leftMs = config.forMs === null ? config.capMs - stage.elapsedMs - TRACE_MS : Infinity
  const isSettled = await search.conclude(() => driveForAMoment(stage), leftMs)
  const share = (facts.leak ? search.found?.timedShare : search.found?.expiringShare) ?? 0
  if (share >= MIN_EXPIRING_SHARE && mayHurry(stage) && !facts.hurried) {
    // Nobody is called a leak for keeping things for a time: before it is said, time passes.
    stage.tell('trace', 'what it keeps may expire: moving its clock forward')
    const found = await stage.hurry.find(stage.subject, share, () => driveForAMoment(stage))
    if (found === 'let-go') search.acquit()
    if (found === 'kept') search.convict()
    if (found !== 'not-tried') return found === 'kept'
  }
  if (!isSettled) for (const course of [facts.heap, facts.external]) course.dismissSuspicion()
  return isSettled
}

/** It rose and fell again by itself: is what it keeps let go by time? Then that need not be waited for. */
async function tryHurry(stage: Stage): Promise<void> {
  stage.search.drop()
  if (!mayHurry(stage)) return
  stage.tell('trace', 'it rises and falls: moving its clock forward, to see whether time is why')
  await stage.hurry.find(stage.subject, 1, () => driveForAMoment(stage), BLIND_HURRY_MS)
}

/** Half of the time is gone, or as much as most services take, and it neither rises nor lies flat. */
function isStillOpen(stage: Stage, floorsLeft: number): boolean {
  const { config, elapsedMs, facts, search } = stage
  if (elapsedMs < Math.min(config.capMs / 2, PATIENCE_MS) || floorsLeft < MIN_FLOORS_AFRESH) return false
  return config.forMs === null && facts.heap.isOpen && !facts.external.isSuspected && !search.isUnderWay
}

/** Perhaps it does things once, each at a time of its own: then they need not be waited for. */
async function skipAhead(stage: Stage): Promise<void> {
  if (stage.hurry.hasBegun) return
  stage.tell('trace', 'it neither rises nor stays as it is: moving its clock forward, once')
  await stage.hurry.skipAhead(stage.subject, BLIND_HURRY_MS, () => driveForAMoment(stage))
}

/** Not where visitors come back, who would find that their sessions have ended. */
function mayHurry({ config: { hasJourneys, forMs } }: Stage): boolean {
  return !hasJourneys && forMs === null
}

async function driveForAMoment(stage: Stage): Promise<void> {
  const { traffic, pacing } = stage
  traffic!.resume(pacing.rate(TRACE_LOAD_MS))
  await stage.wait(TRACE_LOAD_MS)
  await traffic!.pause(QUIET_WITHIN_MS)
}
