import type { HolderSeries, View } from '../detect/detector.ts'
import type { Floor } from '../sample/floor-gauge.ts'

/** A suspicion ends when nothing has fed it for this long. */
export const SUSPICION_MS = 30_000
/** One that leads to nothing is given up after this, and another not begun before this. */
export const FRUITLESS_MS = 120_000
export const SUSPICION_REST_MS = 600_000
/** Growth of one collection, by weight, that is worth a closer look. */
const MIN_COLLECTION_BYTES = 256 * 1024
/** So many floors in a row, each above the last, by more than chance. */
const RISING_FLOORS = 4
/** Growth is explained when the collections that are known took in this part of it. */
const EXPLAINED_SHARE = 0.5
/** A limit that heap use would meet within this. */
const NEAR_MS = 15 * 60_000
const NEAR_SHARE = 0.8
/** Lowest readings that rise by less than this, by share of the limit, rise by chance every other time. */
const MIN_RISE_SHARE = 0.03

/**
 * Is it worth to look closer, at up to 1 % of the time instead of 0.2 %? Accuses nobody: a collection that grows, a floor
 * that rises, or a limit that comes near is enough.
 */
export function isSuspicious(view: View): boolean {
  return view.holders.some(isGrowing) || isFloorRising(view) || isLimitNear(view)
}

/**
 * While there is a suspicion: does memory grow by clearly more than what the collections that are known took in meanwhile?
 * Then there may be others, and it is worth to look for them.
 */
export function isUnexplained(view: View): boolean {
  if (!isFloorRising(view)) return isLimitNear(view)
  const recent = view.floors.slice(-RISING_FLOORS)
  const [first, last] = [recent[0]!, recent.at(-1)!]
  const grownBytes = keptBytes(last) - keptBytes(first)
  const knownBytes = view.holders.reduce((sum, { points, entryBytes, entryExternalBytes }) => {
    const before = points.findLast(({ atMs }) => atMs <= first.atMs) ?? points[0]
    const addedCount = Math.max(0, (points.at(-1)?.count ?? 0) - (before?.count ?? 0))
    return sum + addedCount * ((entryBytes ?? 0) + (entryExternalBytes ?? 0))
  }, 0)
  return knownBytes < EXPLAINED_SHARE * grownBytes
}

function isGrowing({ points, entryBytes, hasLetGo }: HolderSeries): boolean {
  const recent = points.slice(-4)
  const first = recent[0]
  const last = recent.at(-1)
  if (!first || !last || recent.length < 3 || hasLetGo) return false
  const isRising = recent.every((point, index) => index === 0 || point.count > recent[index - 1]!.count)
  return isRising && (last.count - first.count) * Math.max(64, entryBytes ?? 0) >= MIN_COLLECTION_BYTES * 0.2
}

function isFloorRising({ floors }: View): boolean {
  const recent = floors.slice(-RISING_FLOORS).map(keptBytes)
  if (recent.length < RISING_FLOORS || !recent.every((bytes, index) => index === 0 || bytes > recent[index - 1]!))
    return false
  return recent.at(-1)! - recent[0]! >= MIN_COLLECTION_BYTES * 4
}

/** What stays, without what keeps to a budget. */
function keptBytes({ heapBytes, externalBytes, budgetedBytes, budgetedOffHeapBytes = 0 }: Floor): number {
  return heapBytes + externalBytes - budgetedBytes - budgetedOffHeapBytes
}

/** Heap use between collections is a sawtooth: its lowest readings are compared, and only what rises for long counts. */
function isLimitNear({ moments, heapLimitBytes, nowMs }: View): boolean {
  const last = moments.at(-1)
  if (!last) return false
  if (last.heapUsedBytes >= NEAR_SHARE * heapLimitBytes) return true
  const lowest = (fromMs: number, toMs: number): number =>
    Math.min(
      ...moments
        .filter(({ atMs }) => atMs > nowMs - fromMs && atMs <= nowMs - toMs)
        .map(({ heapUsedBytes }) => heapUsedBytes),
    )
  const [oldest, older, newest] = [lowest(36_000, 24_000), lowest(24_000, 12_000), lowest(12_000, 0)]
  if (!(oldest < older && older < newest) || !Number.isFinite(newest)) return false
  if (newest - oldest < MIN_RISE_SHARE * heapLimitBytes) return false
  const bytesPerMs = (newest - oldest) / 24_000
  return (heapLimitBytes - newest) / bytesPerMs < NEAR_MS
}
