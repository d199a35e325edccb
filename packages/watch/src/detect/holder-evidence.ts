import { judgePlateau, type Point } from '@plimsoll/core/trend'
import type { HolderPoint, HolderSeries } from './detector.ts'

/** How a collection stands to the growth of the floor in a window. */
export interface HolderEvidence {
  id: number
  /** Part of the floor's growth that its new entries explain by their weight, 0..1. */
  share: number
  /** The share comes from what entries weigh, not from what may hang on them unseen. */
  isWeighed: boolean
  /**
   * `endless`: it grows without a bend and nothing takes entries out. `open`: the same, but its code could. `likely`: each change makes
   * it anew, by code nobody has seen. `tended`: its code does, by a count or a timer. `ending`: it has a bound that is not reached, lets go, or bends. `young`: too few counts to tell.
   */
  fate: 'endless' | 'open' | 'likely' | 'tended' | 'ending' | 'young'
  straightness: number
}

/** A bound is not reached as long as the count stays below it, with a little slack for what is counted apart. */
const BOUND_SLACK = 1.05
/** Times and weights are known roughly: only what is beyond another by this factor is beyond it for certain. */
const ROUGHLY = 2
/** A weight is a lower bound: closures and deep trees weigh more than they show. So an entry may be worth up to this much more. */
const MAX_UNSEEN_FACTOR = 40
/** What is claimed for a collection whose entries hide what they keep. */
const OPAQUE_SHARE = 0.3
/** A collection first counted so long after a window began was met late; from so long a look on its pace is known. */
const LATE_MS = 6000
const MIN_KNOWN_MS = 8000
/** Below this share a collection explains nothing. */
export const MIN_SHARE = 0.25

/** Now, and when the line meets its limit: an entry that would go only after that does not go in time. */
export interface Horizon {
  nowMs: number
  limitAtMs: number
}

/** Those who sweep now and then may take this long after an entry's own deadline. */
const SWEEP_MS = 60_000
/** One that is kept for so long after its own deadline is forgotten. */
const FORGOTTEN_MS = 15 * 60_000

/** Collections that explain the growth of the floor between two moments, the best first. */
export function weighHolders(
  holders: readonly HolderSeries[],
  memory: 'heap' | 'external',
  sinceMs: number,
  growthBytes: number,
  horizon: Horizon,
): HolderEvidence[] {
  return holders
    .flatMap((holder) => weighHolder(holder, memory, sinceMs, growthBytes, horizon) ?? [])
    .sort((left, right) => right.share - left.share)
}

function weighHolder(
  holder: HolderSeries,
  memory: 'heap' | 'external',
  sinceMs: number,
  growthBytes: number,
  horizon: Horizon,
): HolderEvidence | null {
  const points = holder.points.filter(({ atMs }) => atMs >= sinceMs)
  const first = points[0]
  const last = points.at(-1)
  if (!first || !last || last.count <= first.count || growthBytes <= 0) return null
  const newCount = last.count - first.count
  const entryBytes = memory === 'heap' ? holder.entryBytes : holder.entryExternalBytes
  const seenBytes = newCount * (entryBytes ?? 0)
  const meanwhileBytes = growthBytes * knownShare(first.atMs, last.atMs, sinceMs, horizon.nowMs)
  const share = Math.min(1, seenBytes / meanwhileBytes)
  // Listeners and closures weigh next to nothing by what can be seen; what hangs on them may be all of it.
  const isOpaque = holder.kind === 'listeners' || (holder.entryBytes !== null && holder.entryBytes < 160)
  const mayExplainAll = isOpaque && newCount * (holder.entryBytes ?? 0) * MAX_UNSEEN_FACTOR >= meanwhileBytes
  return {
    id: holder.id,
    share: mayExplainAll ? Math.max(share, OPAQUE_SHARE) : share,
    isWeighed: share >= MIN_SHARE,
    ...judgeFate(holder, last.count, points, horizon),
  }
}

/** One that was met late is held against the growth since then: a floor that is judged rises about straight. */
function knownShare(firstMs: number, lastMs: number, sinceMs: number, nowMs: number): number {
  const isLate = firstMs - sinceMs > LATE_MS && lastMs - firstMs >= MIN_KNOWN_MS
  return isLate ? (lastMs - firstMs) / (nowMs - sinceMs) : 1
}

/** How a collection's count goes on, and how straight it grows: 1 is a line, 0.5 a curve that has lost half its slope. */
export function judgeFate(
  holder: HolderSeries,
  count: number,
  points: readonly HolderPoint[],
  { nowMs, limitAtMs }: Horizon,
): Pick<HolderEvidence, 'fate' | 'straightness'> {
  const served = points.at(-1)!.requestTotal - points[0]!.requestTotal
  const series = points.map(({ atMs, count: entries, requestTotal }): Point => [
    served > 20 ? requestTotal : atMs,
    entries,
  ])
  const deadlineMs = holder.deadlineMs ?? null
  const isForgotten = deadlineMs !== null && nowMs - deadlineMs > FORGOTTEN_MS
  const isExpiring = deadlineMs !== null && nowMs - deadlineMs <= SWEEP_MS && deadlineMs < limitAtMs
  const isEndless = holder.removal === 'never' || isForgotten
  const { slopes, isRefused, lastToLargest } = judgePlateau(series, {
    minLastToLargest: isEndless ? 0.45 : 0.65,
    minPointsPerSpan: 3,
  })
  const straightness = Math.max(0, Math.min(1, lastToLargest))
  const isBelowBound = holder.bound !== null && count <= holder.bound * BOUND_SLACK
  const isBoundInTime = isBelowBound && isMetInTime(holder, holder.bound!, points, limitAtMs - nowMs)
  if (isBoundInTime || holder.hasLetGo || (isExpiring && holder.removal !== 'never'))
    return { fate: 'ending', straightness }
  if (slopes.length === 0) return { fate: 'young', straightness }
  if (!isRefused) return { fate: 'ending', straightness }
  if (isEndless) return { fate: 'endless', straightness }
  // A bound that comes too late is one all the same.
  if (holder.removal === 'tended' || isBelowBound) return { fate: 'tended', straightness }
  return { fate: holder.isReplaced && holder.removal === 'unknown' ? 'likely' : 'open', straightness }
}

/**
 * Whether a collection that grows on as it did is full before the memory is. `maxSize: 80e6` may count entries or bytes, and its name
 * does not tell which: it excuses if it is met in time as either. What keeps far more bytes than that is not bounded in bytes.
 */
function isMetInTime(
  { entryBytes, entryExternalBytes }: HolderSeries,
  bound: number,
  points: readonly HolderPoint[],
  remainingMs: number,
): boolean {
  const [first, last] = [points[0]!, points.at(-1)!]
  const perMs = (last.count - first.count) / (last.atMs - first.atMs)
  if (!(perMs > 0)) return true
  const isInTime = (count: number) => count - last.count <= ROUGHLY * remainingMs * perMs
  const countOfBytes = bound / ((entryBytes ?? 0) + (entryExternalBytes ?? 0))
  return isInTime(bound) || (last.count <= ROUGHLY * countOfBytes && isInTime(countOfBytes))
}
