import type { Interval, RouteResult, SoakResult } from '../result.ts'
import type { TrafficPause } from '../traffic/traffic.ts'
import type { Facts } from './facts.ts'
import { regressRoutes } from './route-slopes.ts'

/** What each route was like, and left behind. */
export function describeRoutes({ traffic, routeCounts, floors, hurried }: Facts): RouteResult[] {
  const routes = traffic?.routes ?? []
  const names = routes.map(({ route }) => route)
  const countOf = (counts: TrafficPause['routes'], name: string) =>
    counts.find(({ route }) => route === name)?.requestCount ?? 0
  // The first batches still warm up.
  const from = hurried?.fromFloor ?? Math.floor(floors.length / 3)
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
export function requestRate({ config, floors, ratePerSec, drivenMs }: Facts): number {
  const [first, last] = [floors[0], floors.at(-1)]
  if (!config.hasJourneys || !first || !last || drivenMs === 0) return ratePerSec
  return Math.round((last.requestCount - first.requestCount) / (drivenMs / 1000))
}

export function timeToLimit(facts: Facts, { estimate, low, high }: Interval): SoakResult['timeToLimitMs'] {
  const last = facts.floors.at(-1)
  const { heapLimitBytes } = facts
  const ratePerSec = requestRate(facts)
  if (!last || heapLimitBytes === null || estimate === null || low === null || high === null || low <= 0) return null
  const leftMs = (bytesPerRequest: number) =>
    Math.max(0, ((heapLimitBytes - last.heapBytes) / (bytesPerRequest * ratePerSec)) * 1000)
  return { estimate: leftMs(estimate), low: leftMs(high), high: leftMs(low) }
}
