import { MiB } from '@plimsoll/core'
import { theilSen, type Point } from '@plimsoll/core/trend'

export interface PaceFacts {
  /** Requests so far and heap in use, floor by floor; the first is best read before any load. */
  floors: readonly Point[]
  /** Several processes hold that much together. */
  heapLimitBytes: number
  /** Floors that a verdict still needs. */
  floorsLeft: number
}

/** Part of the room up to the heap limit that a soak may fill: near the limit V8 collects all the time and the next request may be the last. */
const ROOM_SHARE = 0.6
/** Of the limit, what V8 keeps for young objects: the old ones, which leaks are, have the rest. */
const YOUNG_BYTES = 48 * MiB
/** More tells nothing more, and makes the snapshots that name the culprit slow. */
const MAX_ROOM_BYTES = 24 * MiB
/** The last floors tell the pace; what warming up cost is forgotten. */
const LATEST = 6
/** What loading code and compiling it takes at first is no pace: less growth than this is not looked at, where there is room for it. */
const WARM_UP_BYTES = 4 * MiB
const WARM_UP_ROOM_SHARE = 1 / 16
/** Towards the end of its room a soak comes closer by an eighth at a time, and never arrives. */
const MIN_FLOORS_LEFT = 8

/**
 * How many requests may be sent until the next floor, so that a service that leaks fast lives until its verdict: a leak of 6 KB a
 * request fills a heap of 128 MB in 20 s at 1000 requests/s, and a service that died of it has told less than one that was measured.
 */
export function paceRequests({ floors, heapLimitBytes, floorsLeft }: PaceFacts): number {
  const last = floors.at(-1)
  if (!last || floors.length < 2) return Infinity
  const latest = floors.slice(-LATEST)
  const limitBytes = oldLimit(heapLimitBytes)
  const grownBytes = last[1] - floors[0]![1]
  if (grownBytes < Math.min(WARM_UP_BYTES, (limitBytes - last[1]) * WARM_UP_ROOM_SHARE)) return Infinity
  const roomBytes = roomOf(last, heapLimitBytes)
  const bytesPerRequest = theilSen(latest).slope
  // Half full, what falls lately may rise again as it did, in one who works off slowly what he is asked: no more than there is room for.
  const worst = last[1] > limitBytes / 2 ? Math.max(...rises(latest)) : 0
  const requests = Math.min(
    bytesPerRequest > 0 ? roomBytes / bytesPerRequest / Math.max(MIN_FLOORS_LEFT, floorsLeft) : Infinity,
    worst > 0 ? roomBytes / worst : Infinity,
  )
  return Math.max(1, Math.floor(requests))
}

/**
 * How many requests fit into the room there is if each leaves what each of the last left, warming up or not: with 20 KB a request, which
 * is no more than loading code takes while there are few of them, 4000 of them end a heap of 128 MB.
 */
export function requestsAtWorst(floors: readonly Point[], heapLimitBytes: number): number {
  const [before, last] = floors.slice(-2)
  if (!before || !last || last[1] <= before[1]) return Infinity
  return Math.max(1, Math.floor((roomOf(last, heapLimitBytes) * (last[0] - before[0])) / (last[1] - before[1])))
}

/** Warming up and two dozen floors: what a verdict takes. */
const VERDICT_S = 45
const OUTLIVE_SHARE = 1 / 4

/** Requests a second of which no more than a quarter of those that killed it have come when there is a verdict. */
export function rateToOutlive(requests: number): number {
  return Math.max(2, Math.floor((requests * OUTLIVE_SHARE) / VERDICT_S))
}

/** Bytes a request, from each floor to the next. */
function rises(floors: readonly Point[]): number[] {
  return floors.slice(1).map(([requests, bytes], index) => {
    const [requestsBefore, bytesBefore] = floors[index]!
    return requests > requestsBefore ? (bytes - bytesBefore) / (requests - requestsBefore) : 0
  })
}

function roomOf([, heapBytes]: Point, heapLimitBytes: number): number {
  return Math.min(MAX_ROOM_BYTES, Math.max(0, (oldLimit(heapLimitBytes) - heapBytes) * ROOM_SHARE))
}

function oldLimit(heapLimitBytes: number): number {
  return heapLimitBytes - Math.min(YOUNG_BYTES, heapLimitBytes / 3)
}
