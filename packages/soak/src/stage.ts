import { SECOND_MS, type Clock } from '@plimsoll/core'

import { CulpritSearch } from './culprit/culprit-search.ts'
import { SoakInvalidError, SubjectLostError } from './errors.ts'
import { createFacts, type Facts } from './gate/facts.ts'
import { Silence } from './gate/silence.ts'
import type { HeapReading } from './load/backlog.ts'
import { describeOnlyErrors, isAnswered } from './load/capacity.ts'
import { Pacing } from './load/pacing.ts'
import { startLoad, type Load } from './load/start-load.ts'
import type { ResolvedSoakConfig } from './options.ts'
import type { FloorPoint } from './result.ts'
import { Ebb } from './subject/ebb.ts'
import { Hurry } from './subject/hurry.ts'
import { LeftByLooks } from './subject/left-by-looks.ts'
import { Lifeline } from './subject/lifeline.ts'
import type { Probe } from './subject/probe-desk.ts'
import { readFloors, type FloorReading } from './subject/read-floors.ts'
import { quote, startSubject, type Subject } from './subject/subject.ts'
import { WarmCode } from './subject/warm-code.ts'
import { TrafficProcessError, type TrafficProcess } from './traffic/traffic-process.ts'
import type { TrafficPause } from './traffic/traffic.ts'
import type { Progress, RunSoakOptions } from './run-soak.ts'

/** Requests under way get so long to be answered before a floor is read. */
export const QUIET_WITHIN_MS = 5 * SECOND_MS
const SETTLE_MS = 30
/** Who works on after it has answered is given so long before a floor, is looked at so often, and is done when it lets go of no more. */
const WORK_DONE_WITHIN_MS = 5 * SECOND_MS
const WORK_MS = 250
const STILL_BYTES = 32 * 1024

/** A reading of what stays, between two batches of load. */
export interface Pause {
  floor: FloorPoint
  probes: Probe[]
  collectMs: number
  /** Until the last request under way was answered. */
  quietMs: number
}

/** The service under soak with the load that drives it, and all that has been seen: what the acts of a soak play on. */
export class Stage {
  readonly config: ResolvedSoakConfig
  readonly options: RunSoakOptions
  readonly facts: Facts
  readonly lifeline: Lifeline
  readonly search: CulpritSearch
  readonly hurry: Hurry
  readonly ebb: Ebb
  readonly pacing: Pacing
  readonly warmCode: WarmCode
  readonly #clock: Clock
  readonly #silence = new Silence()
  #startMs: number
  #subject: Subject | null = null
  readonly #leftByLooks = new LeftByLooks()
  /** Null once what is soaked has been, whatever comes after. */
  traffic: TrafficProcess | null = null
  /** Requests before the one that runs now: numbers in paths go on from there. */
  usedNumbers = 0

  constructor(config: ResolvedSoakConfig, options: RunSoakOptions) {
    this.config = config
    this.options = options
    this.#clock = options.clock
    this.#startMs = options.clock.monotonicMs()
    this.facts = createFacts(config)
    this.pacing = new Pacing(this.facts)
    const wait = (ms: number) => this.wait(ms)
    this.lifeline = new Lifeline(() => this.#subject, wait)
    this.hurry = new Hurry(this.facts, this.lifeline, wait, () => this.#readFloors(SETTLE_MS))
    this.ebb = new Ebb(this.facts, this.lifeline)
    this.warmCode = new WarmCode(this.facts, this.lifeline)
    this.search = new CulpritSearch(this.facts, this.lifeline, options.cwd)
  }

  /** The service; it runs from {@link start} to {@link end}. */
  get subject(): Subject {
    return this.#subject!
  }

  get elapsedMs(): number {
    return this.#clock.monotonicMs() - this.#startMs
  }

  get nowMs(): number {
    return this.#clock.monotonicMs()
  }

  async start(): Promise<void> {
    this.#startMs = this.#clock.monotonicMs()
    const { start, ready, readyWithinMs, environment, capMs } = this.config
    this.tell('start', `starting ${start}`)
    this.#subject = await startSubject({
      command: start,
      cwd: this.options.cwd,
      environment,
      readyPath: ready,
      readyWithinMs: Math.min(readyWithinMs, capMs),
      abortSignal: this.options.abortSignal,
    })
    this.facts.notes.push(...this.#subject.notes)
    // Seen here, nobody waits for a load that can tell nothing.
    if (this.#subject.probes().length === 0) throw new SoakInvalidError(describeNoProbe(start))
  }

  async end(): Promise<void> {
    await this.finishTraffic()
    const subject = this.#subject
    this.#subject = null
    await subject?.stop()
  }

  startLoad(load: Partial<Load>): TrafficProcess {
    return startLoad(this.config, this.options.configFile, {
      origin: this.#subject?.origin ?? '',
      fromNumber: this.usedNumbers,
      ratePerSec: 0,
      closedClientCount: 0,
      maxRequests: 1e9,
      maxMs: this.config.capMs + 60 * SECOND_MS,
      ...load,
    })
  }

  /** What the heap holds before there are batches of load. */
  async noteCourse(): Promise<HeapReading> {
    const { floor } = await this.#readFloors(0)
    this.pacing.note(this.usedNumbers, floor.heapBytes)
    this.facts.heapLimitBytes ??= this.subject.probes()[0]?.hello.heapLimitBytes ?? null
    return { requestCount: this.usedNumbers, heapBytes: floor.heapBytes, atMs: this.nowMs }
  }

  /** Right after the heap was looked at, with no load since: what the look has left behind is not the service's. */
  async discountLook(): Promise<void> {
    const last = this.facts.floors.at(-1)
    if (!last || this.subject.ended()) return
    const { floor } = await readFloors(this.subject.probes(), this.lifeline, SETTLE_MS)
    this.#leftByLooks.note(last, floor)
  }

  /** As every floor is read, so that each can be compared with each: with caches emptied, and without what looks have left. */
  async #readFloors(settleMs: number): Promise<FloorReading> {
    const everyone = this.subject.probes()
    await this.ebb.pass(everyone)
    const reading = await readFloors(everyone, this.lifeline, settleMs)
    return { ...reading, floor: this.#leftByLooks.takeOff(reading.floor) }
  }

  /** Stops the load, collects garbage in every process that serves, and adds up what stays. */
  async pause(): Promise<Pause> {
    const beganMs = this.nowMs
    const pause = await this.lifeline.orLost(this.traffic!.pause(QUIET_WITHIN_MS))
    const quietMs = this.nowMs - beganMs
    this.lifeline.throwIfEnded()
    this.facts.lastPause = pause
    const silent = this.#silence.add(pause.lap)
    if (silent && isAnswered(pause.lap, pause.firstErrorStatus))
      throw new SoakInvalidError(describeOnlyErrors({ ...pause, total: pause.lap }, this.#hasAnswered(pause)))
    if (silent) throw new SubjectLostError('hangs', `${silent}.${quote(this.subject.lastWords())}`)
    if (this.subject.probes().length === 0) await this.lifeline.throwGone()
    await this.hurry.pass(this.subject)
    if (this.facts.backlog) await this.#awaitWorkDone()
    const { floor: memory, cachedBytes, probes, collectMs } = await this.#readFloors(SETTLE_MS)
    // What was answered, by our own count: requests of others (health checks of an orchestrator) leave things behind as well, but few.
    const floor = { requestCount: pause.requestCount, atMs: this.elapsedMs, ...memory }
    this.facts.floors.push(floor)
    this.ebb.note(cachedBytes)
    this.pacing.note(this.usedNumbers + floor.requestCount, floor.heapBytes)
    this.facts.routeCounts.push(pause.routes)
    return { floor, collectMs, quietMs, probes }
  }

  /** Before it was driven, too: whoever answers nothing while it is asked what it can do gets no further. */
  #hasAnswered({ requestCount, failureCount }: TrafficPause): boolean {
    return this.usedNumbers > 0 || requestCount > failureCount
  }

  /** What was answered may not be done yet, for as long as the heap falls while nobody asks. */
  async #awaitWorkDone(): Promise<void> {
    const untilMs = this.nowMs + WORK_DONE_WITHIN_MS
    for (let last = Infinity; this.nowMs < untilMs;) {
      const { heapBytes } = (await this.#readFloors(SETTLE_MS)).floor
      if (last - heapBytes < STILL_BYTES) return
      last = heapBytes
      await this.wait(WORK_MS)
    }
  }

  async finishTraffic(): Promise<void> {
    const traffic = this.traffic
    this.traffic = null
    if (!traffic) return
    try {
      this.facts.traffic = await traffic.stop()
    } catch (error) {
      if (!(error instanceof TrafficProcessError)) throw error
      this.facts.invalidBecause.push(error.message)
    }
  }

  async wait(ms: number): Promise<void> {
    const { abortSignal } = this.options
    const untilMs = this.#clock.monotonicMs() + ms
    // In steps, so that an end of the service or of the patience is noticed.
    for (let leftMs = ms; leftMs > 0; leftMs = untilMs - this.#clock.monotonicMs()) {
      abortSignal?.throwIfAborted()
      await new Promise<void>((resolve) => void this.#clock.after(Math.min(200, leftMs), resolve, { keepAlive: true }))
      if (this.#subject?.ended()) return
    }
  }

  tell(phase: Progress['phase'], sentence: string): void {
    const { heap, floors, ratePerSec } = this.facts
    const last = floors.at(-1)
    this.options.onProgress?.({
      phase,
      sentence,
      elapsedMs: this.elapsedMs,
      requestCount: last?.requestCount ?? 0,
      ratePerSec,
      heapBytes: last?.heapBytes ?? null,
      interval: Number.isFinite(heap.last.interval.low) ? heap.last.interval : null,
      isSuspected: heap.isSuspected,
      servicePids: this.#subject?.probes().map(({ hello }) => hello.pid) ?? [],
    })
  }
}

function describeNoProbe(command: string): string {
  return `The probe was not loaded by "${command}", so its memory cannot be read: NODE_OPTIONS does not reach it, or it is no Node service.`
}
