import { createSeededRandom, messageOf, SECOND_MS, type Timer } from '@plimsoll/core'

import { createArrivals, steady, type Arrivals, type RateCurve } from './arrivals.ts'
import { RequestFailedError, TrafficEndedError } from './failure.ts'
import { createGate, type Gate } from './gate.ts'
import type { Journey } from './journey.ts'
import { JourneyMix } from './journey-mix.ts'
import { Ledger } from './ledger.ts'
import { toCurve, type ResolvedTrafficOptions } from './options.ts'
import { judgeGenerator, startEventLoopProbe, type EventLoopProbe } from './self-check.ts'
import type { Traffic, TrafficEnd, TrafficPause, TrafficReport } from './traffic.ts'
import { VirtualUser, type World } from './user.ts'

const MAX_FAULT_MESSAGES = 5

/** What {@link startTraffic} starts. */
export class Engine implements Traffic {
  readonly #options: ResolvedTrafficOptions
  readonly #world: World
  readonly #ledger: Ledger
  readonly #arrivals: Arrivals
  readonly #mix: JourneyMix
  readonly #probe: EventLoopProbe
  readonly #startMs: number
  readonly #startedAtMs: number
  readonly #users = new Set<VirtualUser>()
  readonly #faults = { count: 0, messages: [] as string[] }
  readonly #timers = new Set<Timer>()
  #arrivalTimer: Timer | null = null
  #gate: Gate | null = null
  #openSessionCount = 0
  #sessionNumber = 0
  #startedInSecond = 0
  #toldAtMs = 0
  #requestsLeft: number
  #endedBy: TrafficEnd | null = null
  #isCut = false
  #finish!: (report: TrafficReport) => void
  readonly done = new Promise<TrafficReport>((resolve) => (this.#finish = resolve))

  constructor(options: ResolvedTrafficOptions) {
    const { clock, client, target, seed } = options
    this.#options = options
    this.#startMs = clock.monotonicMs()
    this.#startedAtMs = clock.nowMs()
    this.#requestsLeft = options.maxRequests
    this.#ledger = new Ledger(options.slowMs, options.phase)
    this.#arrivals = createArrivals(options.curve, createSeededRandom(seed))
    this.#mix = new JourneyMix(options.journeys, createSeededRandom(spread(seed, -1)))
    this.#probe = startEventLoopProbe(clock)
    this.#world = {
      clock,
      client,
      target,
      ledger: this.#ledger,
      zipfs: new Map(),
      counter: { fresh: 0 },
      mayAsk: () => this.#spendRequest(),
      gate: () => this.#gate?.opened ?? null,
      onQuiet: () => this.#gate?.noteQuiet(),
      isOver: () => this.#endedBy !== null,
      isCut: () => this.#isCut,
    }
    this.#later(options.durationMs, () => this.#end('duration'))
    this.#startResidents()
    this.#awaitArrival()
    this.#awaitSecond(1)
  }

  setRate(rate: number | RateCurve): void {
    const curve = toCurve(rate)
    if (this.#endedBy) return
    this.#arrivals.follow(curve, this.#sinceStartMs())
    this.#awaitArrival()
  }

  setWeights(weights: Readonly<Record<string, number>>): void {
    this.#mix.setWeights(weights)
  }

  async pause(withinMs: number): Promise<TrafficPause> {
    this.#gate ??= createGate()
    const gate = this.#gate
    this.#arrivals.follow(steady(0), this.#sinceStartMs())
    this.#awaitArrival()
    if (this.#ledger.inFlightCount > 0 && !this.#isCut) {
      await new Promise<void>((resolve) => {
        const timer = this.#options.clock.after(withinMs, resolve, { keepAlive: true })
        gate.onQuiet = () => {
          timer.cancel()
          resolve()
        }
      })
    }
    this.#options.client.rest?.()
    const { requestCount, failureCount, failures } = this.#ledger.total.requestSummary()
    const { inFlightCount, lapErrorStatus: firstErrorStatus } = this.#ledger
    const routes = this.#ledger.counts()
    const lap = { ...this.#ledger.lap.requestSummary(), generatorLateMsP99: this.#probe.lap.quantileMs(0.99) }
    const isQuiet = inFlightCount === 0
    return { requestCount, failureCount, failures, routes, firstErrorStatus, isQuiet, inFlightCount, lap }
  }

  resume(rate: number | RateCurve): void {
    const curve = toCurve(rate)
    const gate = this.#gate
    this.#gate = null
    this.#beginLap()
    gate?.open()
    if (this.#endedBy) return
    this.#arrivals.follow(curve, this.#sinceStartMs())
    this.#awaitArrival()
  }

  setPhase(name: string): void {
    if (this.#endedBy) return
    this.#beginLap()
    this.#ledger.enterPhase(name, this.#sinceStartMs())
  }

  stop(): Promise<TrafficReport> {
    this.#end('stopped')
    return this.done
  }

  #beginLap(): void {
    this.#ledger.beginLap()
    this.#probe.lap.clear()
  }

  #sinceStartMs(): number {
    return this.#options.clock.monotonicMs() - this.#startMs
  }

  #later(delayMs: number, act: () => void): void {
    const timer = this.#options.clock.after(
      delayMs,
      () => {
        this.#timers.delete(timer)
        act()
      },
      { keepAlive: true },
    )
    this.#timers.add(timer)
  }

  #awaitArrival(): void {
    this.#arrivalTimer?.cancel()
    this.#arrivalTimer = null
    const { nextAtMs } = this.#arrivals
    if (this.#endedBy || this.#mix.isEmpty || nextAtMs > this.#options.durationMs) return
    const delayMs = Math.max(0, nextAtMs - this.#sinceStartMs())
    this.#arrivalTimer = this.#options.clock.after(delayMs, () => this.#admitArrivals(), { keepAlive: true })
  }

  #admitArrivals(): void {
    const untilMs = Math.min(this.#sinceStartMs(), this.#options.durationMs)
    while (!this.#endedBy && this.#arrivals.nextAtMs <= untilMs) {
      const intendedMs = this.#startMs + this.#arrivals.nextAtMs
      this.#arrivals.advance()
      // The visitor is drawn before the bound is looked at, so that who comes next does not depend on who could not.
      const journey = this.#mix.choose()
      const number = ++this.#sessionNumber
      if (this.#openSessionCount >= this.#options.maxSessions) this.#ledger.recordMissedSession()
      else this.#startSession(journey, number, intendedMs)
    }
    this.#awaitArrival()
  }

  #startSession(journey: Journey, number: number, intendedMs: number): void {
    this.#openSessionCount++
    this.#startedInSecond++
    const user = this.#enter(`s${number.toString(36)}`, number, intendedMs, true)
    void this.#run(user, () => journey.run(user)).then(() => this.#openSessionCount--)
  }

  #startResidents(): void {
    let number = 0
    for (const [name, { count, startAfterMs = 0, run }] of Object.entries(this.#options.residents)) {
      for (let index = 0; index < count; index++) {
        const seedNumber = -2 - number++
        this.#later(startAfterMs + (index * 1000) / count, () => {
          const user = this.#enter(`${name}${index + 1}`, seedNumber, this.#options.clock.monotonicMs(), false)
          void this.#run(user, () => run(user))
        })
      }
    }
  }

  #enter(name: string, number: number, intendedMs: number, isCounted: boolean): VirtualUser {
    const { seed } = this.#options
    const random = createSeededRandom(spread(seed, number))
    const user = new VirtualUser(this.#world, `${seed.toString(36)}-${name}`, random, intendedMs, isCounted)
    this.#users.add(user)
    return user
  }

  async #run(user: VirtualUser, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      if (!(error instanceof RequestFailedError || error instanceof TrafficEndedError))
        this.#noteFault(messageOf(error))
    }
    this.#users.delete(user)
    user.leave()
    if (this.#endedBy && this.#users.size === 0) this.#conclude()
  }

  #noteFault(message: string): void {
    this.#faults.count++
    const { messages } = this.#faults
    if (messages.length < MAX_FAULT_MESSAGES && !messages.includes(message)) messages.push(message)
  }

  #spendRequest(): boolean {
    if (this.#endedBy) return false
    if (this.#requestsLeft-- > 0) return true
    this.#end('max-requests')
    return false
  }

  #end(endedBy: TrafficEnd): void {
    if (this.#endedBy) return
    this.#endedBy = endedBy
    // Whoever was held back learns that it is over.
    this.#gate?.open()
    this.#gate = null
    this.#arrivalTimer?.cancel()
    for (const timer of this.#timers) timer.cancel()
    for (const user of this.#users) user.wake()
    if (this.#users.size === 0) return this.#conclude()
    this.#later(this.#options.graceMs, () => this.#conclude())
  }

  /** Cuts what is still under way, uncounted, and reports. */
  #conclude(): void {
    if (this.#isCut) return
    this.#isCut = true
    for (const timer of this.#timers) timer.cancel()
    const unfinishedCount = this.#ledger.inFlightCount
    for (const user of this.#users) user.leave()
    this.#options.client.close?.()
    this.#probe.stop()
    if (this.#ledger.second.requestCount > 0) this.#tellSecond()
    const { seed, maxSessions } = this.#options
    const { missedSessionCount } = this.#ledger.total
    const startedSessionCount = this.#sessionNumber - missedSessionCount
    this.#finish({
      seed,
      startedAtMs: this.#startedAtMs,
      elapsedMs: this.#sinceStartMs(),
      endedBy: this.#endedBy!,
      total: this.#ledger.total.summary(),
      phases: this.#ledger.phases(),
      routes: this.#ledger.routes(),
      firstErrorStatus: this.#ledger.firstErrorStatus,
      unfinishedCount,
      journeyFaults: this.#faults,
      generator: judgeGenerator({ delays: this.#probe.delays, startedSessionCount, missedSessionCount, maxSessions }),
    })
  }

  #awaitSecond(number: number): void {
    this.#later(Math.max(0, number * SECOND_MS - this.#sinceStartMs()), () => {
      this.#tellSecond()
      // Timers may come a little early as well as late.
      this.#awaitSecond(Math.max(number, Math.floor(this.#sinceStartMs() / SECOND_MS)) + 1)
    })
  }

  #tellSecond(): void {
    const { second, phase, inFlightCount } = this.#ledger
    const sinceStartMs = this.#sinceStartMs()
    this.#options.onSecond({
      atMs: this.#options.clock.nowMs(),
      sinceStartMs,
      windowMs: sinceStartMs - this.#toldAtMs,
      phase: phase.name,
      ratePerSec: this.#endedBy ? 0 : this.#arrivals.ratePerSecAt(sinceStartMs),
      ...second.requestSummary(),
      inFlightCount,
      openSessionCount: this.#openSessionCount,
      startedSessionCount: this.#startedInSecond,
      newlyAffectedSessionCount: second.affectedSessionCount,
      missedSessionCount: second.missedSessionCount,
      checkouts: second.checkouts,
      eventLoopDelayMsMax: this.#probe.takeMaxMs(),
    })
    this.#toldAtMs = sinceStartMs
    this.#startedInSecond = 0
    second.clear()
  }
}

/** Spreads a seed and a number over 32 bits, so that neighbours draw unlike numbers (the finaliser of MurmurHash3). */
function spread(seed: number, number: number): number {
  let mixed = (seed ^ Math.imul(number, 0x9e3779b1)) >>> 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
