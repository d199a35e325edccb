import type { RateCurve } from './arrivals.ts'
import { Engine } from './engine.ts'
import type { PhaseSummary, RequestSummary, RouteSummary, TrafficSummary } from './ledger.ts'
import { resolveTrafficOptions, type TrafficOptions } from './options.ts'
import type { GeneratorVerdict } from './self-check.ts'

export type TrafficEnd = 'duration' | 'max-requests' | 'stopped'

/** What a run of traffic was like. All latencies are from the instant a request was meant for. */
export interface TrafficReport {
  seed: number
  startedAtMs: number
  elapsedMs: number
  endedBy: TrafficEnd
  total: TrafficSummary
  phases: PhaseSummary[]
  routes: RouteSummary[]
  /** Of the first answer that was a failure; null when none was. */
  firstErrorStatus: number | null
  /** Requests that were under way when the end came and were not waited for. They are in no count. */
  unfinishedCount: number
  /** Mistakes in journeys: what they threw that was no failed request. The first five different ones. */
  journeyFaults: { count: number; messages: string[] }
  generator: GeneratorVerdict
}

/** What was done until a pause: counts since the start. */
export interface TrafficPause {
  requestCount: number
  failureCount: number
  failures: RequestSummary['failures']
  routes: { route: string; requestCount: number; failureCount: number }[]
  /** Of the lap's first answer that was a failure; null when none was. */
  firstErrorStatus: number | null
  /** False when requests were still under way as the time for it ran out. */
  isQuiet: boolean
  inFlightCount: number
  /** Since the resumption before, or the phase that was begun since: what it was like, and how late the generator itself was. */
  lap: RequestSummary & { generatorLateMsP99: number }
}

/** Traffic under way. It ends by itself. */
export interface Traffic {
  /** Other weights for some journeys, from the next arrival on; a name that is unknown is passed over. */
  setWeights(weights: Readonly<Record<string, number>>): void
  /**
   * Nobody arrives and nobody asks any more, until {@link Traffic.resume}. Answers as soon as no request is under way, or after
   * `withinMs`. A request that was held back counts as meant for the instant of the resumption.
   */
  pause(withinMs: number): Promise<TrafficPause>
  resume(rate: number | RateCurve): void
  /** Another rate from now on: sessions a second, or a curve that begins now. @throws InvalidOptionError */
  setRate(rate: number | RateCurve): void
  /** Requests sent from now on are counted in a phase of this name. */
  setPhase(name: string): void
  /** Ends it early: nobody arrives any more, requests under way get their grace. */
  stop(): Promise<TrafficReport>
  /** Resolves when it has ended; never rejects. */
  readonly done: Promise<TrafficReport>
}

/**
 * Starts traffic in an open model: sessions arrive when chance says so, however slow the service is, so that a stall is felt by
 * everyone who would have felt it. (A closed model, whose next request waits for the answer before, stops asking exactly when
 * it hurts.)
 * @throws InvalidOptionError with every fault of the options; NotLoopbackError when `origin` is another machine
 */
export function startTraffic(options: TrafficOptions): Traffic {
  return new Engine(resolveTrafficOptions(options))
}
