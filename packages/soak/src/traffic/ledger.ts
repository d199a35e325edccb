import { failureKinds, type FailureKind } from './failure.ts'
import { Histogram, type HistogramSlots } from './histogram.ts'
import type { Checkout } from './journey.ts'

/** Requests, and how long they took from the instant they were meant for. */
export interface RequestSummary {
  requestCount: number
  failureCount: number
  /** Only kinds that occurred. */
  failures: Partial<Record<FailureKind, number>>
  /** Answered, but slower than the limit. */
  slowCount: number
  responseBytes: number
  /** Over whole answers and time-outs. A connection that was refused or dropped took no time worth the name and is left out. */
  latencyMsP50: number
  latencyMsP90: number
  latencyMsP99: number
  latencyMsMax: number
}

/** Attempts to buy. Amounts are in the smallest unit of their money; `lostMinor` is what failed attempts held. */
export interface CheckoutSummary {
  attemptedCount: number
  failedCount: number
  declinedCount: number
  paidMinor: number
  lostMinor: number
}

export interface TrafficSummary extends RequestSummary {
  /** Distinct sessions that asked something. */
  sessionCount: number
  /** Distinct sessions with a failed or a slow request. */
  affectedSessionCount: number
  /** Sessions that were due and could not start because the bound on open ones was reached. */
  missedSessionCount: number
  checkouts: CheckoutSummary
  /** The latencies themselves, for {@link Histogram.fromSlots}. */
  latency: HistogramSlots
}

export interface RouteSummary extends RequestSummary {
  route: string
}

export interface PhaseSummary extends TrafficSummary {
  phase: string
  /** Since the start. A request belongs to the phase in which it was sent. */
  fromMs: number
}

/** What happened within one second. Requests stand in the second in which they ended. */
export interface TrafficSecond extends RequestSummary {
  /** Epoch of its end. */
  atMs: number
  sinceStartMs: number
  /** A second, but for the last one and for our own delays. */
  windowMs: number
  phase: string
  ratePerSec: number
  inFlightCount: number
  openSessionCount: number
  startedSessionCount: number
  /** Sessions affected for the first time. */
  newlyAffectedSessionCount: number
  missedSessionCount: number
  checkouts: CheckoutSummary
  eventLoopDelayMsMax: number
}

/** What the ledger remembers of a session while it lasts. */
export interface SessionMark {
  /** Residents are no sessions. */
  isCounted: boolean
  isSeen: boolean
  isAffected: boolean
  phaseSeen: Phase | null
  phaseAffected: Phase | null
}

/** A request that ended. `latencyMs` is null when nothing came that could be timed. */
export interface Ended {
  route: string
  phase: Phase
  failure: FailureKind | null
  /** Of its answer; null when none came. */
  status: number | null
  latencyMs: number | null
  responseBytes: number
  session: SessionMark
}

const MAX_ROUTES = 100
const MAX_PHASES = 100
const OTHER_ROUTES = 'other routes'

/** Counts, and forgets everything but the counts. Its size depends on the number of routes and phases, both bounded. */
export class Ledger {
  readonly #slowMs: number
  readonly #routes = new Map<string, RequestTally>()
  readonly #phases: Phase[]
  readonly total = new Tally()
  /** The second under way. */
  readonly second = new Tally()
  /** Since the traffic was last resumed, or a phase begun. */
  readonly lap = new Tally()
  /** Of the first answer that was a failure. */
  firstErrorStatus: number | null = null
  /** The same of the lap. */
  lapErrorStatus: number | null = null
  inFlightCount = 0

  constructor(slowMs: number, firstPhase: string) {
    this.#slowMs = slowMs
    this.#phases = [new Phase(firstPhase, 0)]
  }

  get phase(): Phase {
    return this.#phases.at(-1)!
  }

  /** Begins a phase; once there are 100, the last one goes on. */
  enterPhase(name: string, sinceStartMs: number): void {
    if (this.#phases.length < MAX_PHASES) this.#phases.push(new Phase(name, sinceStartMs))
  }

  beginLap(): void {
    this.lap.clear()
    this.lapErrorStatus = null
  }

  recordRequest(ended: Ended): void {
    const { phase, session, latencyMs, failure, status } = ended
    const isSlow = latencyMs !== null && latencyMs > this.#slowMs
    for (const tally of [this.total, this.second, this.lap, phase.tally, this.#route(ended.route)])
      tally.recordRequest(ended, isSlow)
    if (failure) {
      this.firstErrorStatus ??= status
      this.lapErrorStatus ??= status
    }
    this.#see(phase, session)
    if (isSlow || failure) this.#affect(phase, session)
  }

  /** A request that was counted as answered turned out to be answered wrongly. */
  recordCheckFailed(route: string, phase: Phase, session: SessionMark): void {
    for (const tally of [this.total, this.second, this.lap, phase.tally, this.#route(route)])
      tally.recordFailure('check-failed')
    this.#affect(phase, session)
  }

  recordMissedSession(): void {
    for (const tally of this.#currentTallies()) tally.missedSessionCount++
  }

  recordCheckout(checkout: Checkout): void {
    for (const tally of this.#currentTallies()) tally.recordCheckout(checkout)
  }

  routes(): RouteSummary[] {
    return [...this.#routes].map(([route, tally]) => ({ route, ...tally.requestSummary() }))
  }

  counts(): { route: string; requestCount: number; failureCount: number }[] {
    return [...this.#routes].map(([route, tally]) => ({
      route,
      requestCount: tally.requestCount,
      failureCount: [...tally.failures.values()].reduce((sum, count) => sum + count, 0),
    }))
  }

  phases(): PhaseSummary[] {
    return this.#phases.map(({ name, fromMs, tally }) => ({ phase: name, fromMs, ...tally.summary() }))
  }

  #currentTallies(): Tally[] {
    return [this.total, this.second, this.phase.tally]
  }

  #see(phase: Phase, session: SessionMark): void {
    if (!session.isCounted) return
    if (!session.isSeen) {
      session.isSeen = true
      this.total.sessionCount++
    }
    if (session.phaseSeen !== phase) {
      session.phaseSeen = phase
      phase.tally.sessionCount++
    }
  }

  #affect(phase: Phase, session: SessionMark): void {
    if (!session.isCounted) return
    if (!session.isAffected) {
      session.isAffected = true
      this.total.affectedSessionCount++
      this.second.affectedSessionCount++
    }
    if (session.phaseAffected !== phase) {
      session.phaseAffected = phase
      phase.tally.affectedSessionCount++
    }
  }

  #route(name: string): RequestTally {
    const known = this.#routes.get(name)
    if (known) return known
    if (this.#routes.size >= MAX_ROUTES && name !== OTHER_ROUTES) return this.#route(OTHER_ROUTES)
    const tally = new RequestTally()
    this.#routes.set(name, tally)
    return tally
  }
}

class RequestTally {
  readonly latency = new Histogram()
  requestCount = 0
  slowCount = 0
  responseBytes = 0
  readonly failures = new Map<FailureKind, number>()

  recordRequest({ latencyMs, failure, responseBytes }: Ended, isSlow: boolean): void {
    this.requestCount++
    this.responseBytes += responseBytes
    if (isSlow) this.slowCount++
    if (latencyMs !== null) this.latency.record(latencyMs)
    if (failure) this.recordFailure(failure)
  }

  recordFailure(kind: FailureKind): void {
    this.failures.set(kind, (this.failures.get(kind) ?? 0) + 1)
  }

  requestSummary(): RequestSummary {
    const failures: RequestSummary['failures'] = {}
    let failureCount = 0
    for (const kind of failureKinds) {
      const count = this.failures.get(kind)
      if (count === undefined) continue
      failures[kind] = count
      failureCount += count
    }
    return {
      requestCount: this.requestCount,
      failureCount,
      failures,
      slowCount: this.slowCount,
      responseBytes: this.responseBytes,
      latencyMsP50: this.latency.quantileMs(0.5),
      latencyMsP90: this.latency.quantileMs(0.9),
      latencyMsP99: this.latency.quantileMs(0.99),
      latencyMsMax: this.latency.maxMs,
    }
  }
}

class Tally extends RequestTally {
  sessionCount = 0
  affectedSessionCount = 0
  missedSessionCount = 0
  checkouts = noCheckouts()

  recordCheckout({ outcome, amountMinor }: Checkout): void {
    this.checkouts.attemptedCount++
    if (outcome === 'paid') this.checkouts.paidMinor += amountMinor
    if (outcome === 'declined') this.checkouts.declinedCount++
    if (outcome === 'failed') {
      this.checkouts.failedCount++
      this.checkouts.lostMinor += amountMinor
    }
  }

  summary(): TrafficSummary {
    return {
      ...this.requestSummary(),
      sessionCount: this.sessionCount,
      affectedSessionCount: this.affectedSessionCount,
      missedSessionCount: this.missedSessionCount,
      checkouts: { ...this.checkouts },
      latency: this.latency.toSlots(),
    }
  }

  clear(): void {
    this.latency.clear()
    this.failures.clear()
    this.requestCount = this.slowCount = this.responseBytes = 0
    this.sessionCount = this.affectedSessionCount = this.missedSessionCount = 0
    this.checkouts = noCheckouts()
  }
}

/** A named stretch of the run. */
export class Phase {
  readonly name: string
  readonly fromMs: number
  readonly tally = new Tally()

  constructor(name: string, fromMs: number) {
    this.name = name
    this.fromMs = fromMs
  }
}

function noCheckouts(): CheckoutSummary {
  return { attemptedCount: 0, failedCount: 0, declinedCount: 0, paidMinor: 0, lostMinor: 0 }
}
