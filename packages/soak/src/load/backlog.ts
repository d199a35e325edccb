import { MiB, SECOND_MS } from '@plimsoll/core'

import type { Stage } from '../stage.ts'

/** Less growth than this is what loading code takes, and not looked at. */
const MIN_GROWN_BYTES = 4 * MiB
/** Connections of those who asked are closed by then. */
const CLOSED_MS = 300
const REST_MS = 2 * SECOND_MS
/** What has to be let go of while nobody asks, to be work that was under way: of what it grew by, and at all. */
const MIN_LET_GO_SHARE = 1 / 32
const MIN_LET_GO_BYTES = MiB
/** Less from one second to the next, and it is done. */
const STILL_BYTES = 256 * 1024
/** Of the time there is, what may be spent on waiting for the end of it, and how long at most. */
const MAX_REST_SHARE = 1 / 3
const MAX_REST_MS = 60 * SECOND_MS

/** What is gone that soon may have been let go by time, which no queue is: then it is tried whether it piles up. */
const SOON_MS = 5 * SECOND_MS
const PILES_UP_SHARE = 0.5

/** A reading of the heap after so many requests. */
export interface HeapReading {
  requestCount: number
  heapBytes: number
  atMs: number
}

/**
 * Requests a second that a service can work off, from three readings: before it was asked anything, when it was asked no more, and a rest
 * later; and from what it holds once all is done. Pure.
 */
export function workedOffPerSec(
  before: HeapReading,
  after: HeapReading,
  rested: HeapReading,
  doneBytes: number,
): number {
  const bytesPerMs = (after.heapBytes - rested.heapBytes) / (rested.atMs - after.atMs)
  // While it was asked it worked as well, so that more came than is left.
  const cameBytes = after.heapBytes - doneBytes + bytesPerMs * (after.atMs - before.atMs)
  return (bytesPerMs / cameBytes) * (after.requestCount - before.requestCount) * SECOND_MS
}

/**
 * Who answers first and works afterwards (mails, jobs, writes behind) answers more than it can do, and what is asked then piles up like a
 * leak. Lets such a service rest until it is done. Answers how many requests a second it can work off; null where it is done when it has
 * answered, keeps what it has, or keeps it for a moment only. `tryRate` asks as much as will be asked, for so long; or
 * answers false where the heap has no room for that much.
 */
export async function findBacklog(
  stage: Stage,
  before: HeapReading,
  tryRate: (ms: number) => Promise<boolean>,
): Promise<number | null> {
  const read = (): Promise<HeapReading> => stage.noteCourse()
  if ((await read()).heapBytes - before.heapBytes < MIN_GROWN_BYTES) return null
  await stage.wait(CLOSED_MS)
  const after = await read()
  const grownBytes = after.heapBytes - before.heapBytes
  if (grownBytes < MIN_GROWN_BYTES) return null
  await stage.wait(REST_MS)
  const rested = await read()
  if (after.heapBytes - rested.heapBytes < Math.max(MIN_LET_GO_BYTES, MIN_LET_GO_SHARE * grownBytes)) return null
  stage.tell('warm-up', 'it works on after it has answered: waiting until it is done')
  const untilMs = rested.atMs + Math.min(MAX_REST_MS, MAX_REST_SHARE * stage.config.capMs)
  let fellUntilMs = rested.atMs
  let last = rested
  for (let isFalling = true; isFalling && last.atMs < untilMs;) {
    await stage.wait(SECOND_MS)
    const next = await read()
    isFalling = last.heapBytes - next.heapBytes > STILL_BYTES
    if (isFalling) fellUntilMs = next.atMs
    last = next
  }
  const fellMs = fellUntilMs - after.atMs
  // That it is still was seen up to a second late.
  const wasSoon = fellMs < SOON_MS + SECOND_MS
  if (wasSoon && !(await pilesUp(last, read, () => tryRate(fellMs + CLOSED_MS)))) return null
  return workedOffPerSec(before, after, rested, Math.min(rested.heapBytes, last.heapBytes))
}

/**
 * Whether as much as will be asked is more than it works off. It is asked twice for at least as long as it took to let go of all: what is
 * kept for a time stays as it is from the first time on, what piles up grows as before. Without room for that nobody knows, and asking
 * less is safe.
 */
async function pilesUp(
  idle: HeapReading,
  read: () => Promise<HeapReading>,
  tryRate: () => Promise<boolean>,
): Promise<boolean> {
  if (!(await tryRate())) return true
  const half = await read()
  const cameFirst = half.heapBytes - idle.heapBytes
  if (cameFirst < STILL_BYTES) return false
  if (!(await tryRate())) return true
  return (await read()).heapBytes - half.heapBytes > PILES_UP_SHARE * cameFirst
}
