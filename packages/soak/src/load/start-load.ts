import { SECOND_MS } from '@plimsoll/core'

import type { ResolvedSoakConfig } from '../options.ts'
import { startTrafficProcess, type TrafficProcess } from '../traffic/traffic-process.ts'
import type { ConfigParameters } from './config-scenario.ts'
import type { RouteParameters } from './route-scenario.ts'

export interface Load {
  origin: string
  /** Numbers of path patterns that were asked before. */
  fromNumber: number
  /** Of an open model; 0 with `closedClientCount`, whose clients ask as fast as they are answered. */
  ratePerSec: number
  closedClientCount: number
  maxRequests: number
  maxMs: number
}

/** Starts what a configuration asks of a service, in a process of its own. */
export function startLoad(
  { routes, headers, hasJourneys, seed }: ResolvedSoakConfig,
  configFile: string | undefined,
  { origin, fromNumber, ratePerSec, closedClientCount, maxRequests, maxMs }: Load,
): TrafficProcess {
  const isOpen = closedClientCount === 0
  const usesConfig = isOpen && hasJourneys && configFile !== undefined
  const parameters: RouteParameters | ConfigParameters = {
    routes,
    headers,
    fromNumber,
    closedClientCount,
    ...(usesConfig ? { configFile } : {}),
  }
  return startTrafficProcess({
    origin,
    seed,
    ratePerSec,
    durationMs: maxMs,
    maxRequests,
    maxSessions: 2000,
    requestTimeoutMs: 10 * SECOND_MS,
    graceMs: isOpen ? 1000 : 5 * SECOND_MS,
    phase: 'warm-up',
    connections: usesConfig ? 'own' : 'shared',
    scenario: new URL(usesConfig ? './config-scenario.js' : './route-scenario.js', import.meta.url).href,
    parameters,
  })
}
