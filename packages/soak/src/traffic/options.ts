import { DAY_MS, InvalidOptionError, MiB, Reader, SECOND_MS, systemClock, type Clock } from '@plimsoll/core'

import { parseRateCurve, steady, type RateCurve } from './arrivals.ts'
import { createClient, shareConnections, type Client } from './client.ts'
import type { Scenario } from './journey.ts'
import type { TrafficSecond } from './ledger.ts'
import { parseTarget, type Target } from './loopback.ts'

/** The part of {@link TrafficOptions} that is data: it may travel to another process. */
export interface TrafficPlan {
  /** Where to, on this machine: `http://127.0.0.1:3000`. Nothing else than loopback is accepted. */
  origin: string
  /** The same seed gives the same visitors at the same instants, who make the same choices. */
  seed: number
  /** Sessions that start a second, Poisson-distributed around it. */
  ratePerSec: number | RateCurve
  /** When it ends by itself. Required; at most a day. */
  durationMs: number
  /** Sessions open at once; those that are due beyond it are counted as missed. Default 1000, at most 20,000. */
  maxSessions?: number
  /** Ends the traffic once so many requests were sent. Default 10 million, at most 1,000 million. */
  maxRequests?: number
  /** From sending to the last byte. Default 10 s, at most 10 minutes. */
  requestTimeoutMs?: number
  /** A larger answer is given up and counted as malformed. Default 4 MiB. */
  maxResponseBytes?: number
  /** A request that takes longer makes its session an affected one. Default 1 s. */
  slowMs?: number
  /** How long requests under way may go on once the end has come. Default 2 s. */
  graceMs?: number
  /** Name of the first phase. Default `run`. */
  phase?: string
  /** `own` (default): each session has a connection of its own, as a browser does. `shared`: all use kept ones, as behind a proxy. */
  connections?: 'own' | 'shared'
}

export interface TrafficOptions extends TrafficPlan, Scenario {
  /** Called once a second with what happened in it. */
  onSecond?(second: TrafficSecond): void
  /** Default: the machine's clock. */
  clock?: Clock
  /** Default: plain sockets to `origin`. */
  client?: Client
}

export type ResolvedTrafficOptions = Readonly<Required<TrafficOptions>> & { target: Target; curve: RateCurve }

/** @throws InvalidOptionError with every fault; NotLoopbackError when `origin` is another machine */
export function resolveTrafficOptions(options: TrafficOptions): ResolvedTrafficOptions {
  const reader = new Reader(options)
  const clock = options.clock ?? systemClock
  const target = parseTarget(reader.at('origin').string())
  const resolved = {
    origin: options.origin,
    seed: reader.at('seed').integer({ min: 0, max: 2 ** 32 - 1 }),
    ratePerSec: options.ratePerSec,
    durationMs: reader.at('durationMs').number({ min: 1, max: DAY_MS }),
    maxSessions: reader.at('maxSessions').integer({ min: 1, max: 20_000, fallback: 1000 }),
    maxRequests: reader.at('maxRequests').integer({ min: 1, max: 1e9, fallback: 1e7 }),
    requestTimeoutMs: reader.at('requestTimeoutMs').number({ min: 1, max: 600 * SECOND_MS, fallback: 10 * SECOND_MS }),
    maxResponseBytes: reader.at('maxResponseBytes').integer({ min: 1, max: 256 * MiB, fallback: 4 * MiB }),
    slowMs: reader.at('slowMs').number({ min: 0, fallback: SECOND_MS }),
    graceMs: reader.at('graceMs').number({ min: 0, max: 60 * SECOND_MS, fallback: 2 * SECOND_MS }),
    phase: reader.at('phase').string({ maxLength: 100, fallback: 'run' }),
    connections: reader.at('connections').oneOf(['own', 'shared'], { fallback: 'own' }),
  }
  const { journeys, residents = {} } = options
  const weights = Object.values(journeys).map(({ weight }) => weight)
  if (!weights.every((weight) => weight >= 0 && weight < Infinity))
    reader.at('journeys').fault('must have weights of 0 or more')
  if (!weights.some((weight) => weight > 0) && Object.keys(residents).length === 0) {
    reader.at('journeys').fault('must hold one with a weight above 0 (or there must be residents)')
  }
  const residentCount = Object.values(residents).reduce((sum, { count }) => sum + count, 0)
  if (!(Number.isInteger(residentCount) && residentCount >= 0 && residentCount <= 1000)) {
    reader.at('residents').fault(`must be at most 1000 clients together, and is ${residentCount}`)
  }
  reader.finish('Traffic')
  const client = options.client ?? createClient({ target, clock, ...resolved })
  return Object.freeze({
    ...resolved,
    target,
    curve: toCurve(options.ratePerSec),
    journeys,
    residents,
    onSecond: options.onSecond ?? (() => {}),
    clock,
    client: resolved.connections === 'shared' ? shareConnections(client) : client,
  })
}

/** @throws InvalidOptionError when it is no rate and no curve */
export function toCurve(rate: number | RateCurve): RateCurve {
  if (typeof rate === 'number') return parseRateCurve(steady(rate))
  if (Array.isArray(rate)) return parseRateCurve(rate)
  throw new InvalidOptionError('Traffic', [
    { where: 'ratePerSec', what: 'must be a number or a list of { atMs, ratePerSec }' },
  ])
}
