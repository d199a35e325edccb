import { MINUTE_MS, SECOND_MS, type Clock } from '@plimsoll/core'

import { build, checkOutBase, type BaseCheckout } from './compare/base-checkout.ts'
import { compareBuilds } from './compare/compare.ts'
import { findKnee } from './compare/find-knee.ts'
import { CulpritSearch } from './culprit/culprit-search.ts'
import { SoakInvalidError, SubjectLostError } from './errors.ts'
import { concludeSoak } from './gate/conclude.ts'
import { createFacts, type Facts } from './gate/facts.ts'
import type { GrowthStep } from './gate/growth.ts'
import { slowdownLimit } from './gate/traffic-gates.ts'
import { CAPACITY_MS, keyRate, readCapacity } from './load/capacity.ts'
import { Pacing } from './load/pacing.ts'
import { startLoad, type Load } from './load/start-load.ts'
import { varyMix } from './load/vary-mix.ts'
import { resolveSoakConfig, type ResolvedSoakConfig, type SoakConfig } from './options.ts'
import type { FloorPoint, SoakResult } from './result.ts'
import { Hurry } from './subject/hurry.ts'
import { Lifeline } from './subject/lifeline.ts'
import { ProbeError, type Probe } from './subject/probe-desk.ts'
import { readFloors } from './subject/read-floors.ts'
import { startSubject, type Subject } from './subject/subject.ts'
import { TrafficProcessError, type TrafficProcess } from './traffic/traffic-process.ts'

/** Where a soak stands, for whoever looks on. */
export interface Progress {
  phase: 'start' | 'warm-up' | 'soak' | 'look-closer' | 'trace' | 'knee' | 'compare' | 'end'
  elapsedMs: number
  requestCount: number
  ratePerSec: number
  heapBytes: number | null
  /** What the last look said, in bytes a request. */
  interval: { slope: number; low: number; high: number } | null
  isSuspected: boolean
  sentence: string
  /** Processes of the service. */
  servicePids: number[]
}

export interface RunSoakOptions {
  config: SoakConfig
  /** The file `config` was read from: needed for its journeys, which run in the traffic process. */
  configFile?: string
  cwd: string
  clock: Clock
  onProgress?(progress: Progress): void
  /** Aborted: ends what was started, and rejects. */
  abortSignal?: AbortSignal
}

const WARM_UP_MS = 6 * SECOND_MS
const BATCH_MS = 1500
/** Of all time, what forced collections may take. */
const MAX_COLLECT_SHARE = 0.2
const QUIET_WITHIN_MS = 5 * SECOND_MS
const SETTLE_MS = 30
/** What is left of the cap for naming culprits and ending. */
const TRACE_MS = 8 * SECOND_MS
const TRACE_LOAD_MS = 1200
const KNEE_MS = 10 * MINUTE_MS
/** Of what grew, the part that must be removed by time for time to be hurried. */
const MIN_EXPIRING_SHARE = 0.5
const MAX_RATE_PER_SEC = 1000
const CLOSED_CLIENTS = 16
const MANY_CLIENTS = 128
/** Below this, answers take 80 ms and more with 16 clients. */
const WAITING_PER_SEC = 200
/** A first taste, so that a service of which every request takes a lot of memory is not filled up by being measured. */
const TASTE_REQUESTS = 200
const CLOSED_REQUESTS = 3000

/**
 * Soaks a service: starts it, drives it, collects its garbage between batches of load and judges what stays.
 * Whatever happens, nothing it started is left running when this settles.
 * @throws InvalidOptionError when the configuration cannot be used; what the service does wrong is in the result
 */
export async function runSoak(options: RunSoakOptions): Promise<SoakResult> {
  const config = resolveSoakConfig(options.config)
  const run = new Run(config, options)
  try {
    return await run.run()
  } finally {
    await run.end()
  }
}

class Run {
  readonly #config: ResolvedSoakConfig
  readonly #options: RunSoakOptions
  readonly #clock: Clock
  #startMs: number
  #base: BaseCheckout | null = null
  readonly #facts: Facts
  #subject: Subject | null = null
  #traffic: TrafficProcess | null = null
  #usedNumbers = 0
  #capacityPerSec: number | null = null
  readonly #lifeline = new Lifeline(
    () => this.#subject,
    (ms) => this.#wait(ms),
  )
  readonly #search: CulpritSearch
  readonly #hurry: Hurry
  readonly #pacing: Pacing

  constructor(config: ResolvedSoakConfig, options: RunSoakOptions) {
    this.#config = config
    this.#options = options
    this.#clock = options.clock
    this.#startMs = options.clock.monotonicMs()
    this.#facts = createFacts(config)
    this.#pacing = new Pacing(this.#facts)
    this.#hurry = new Hurry(this.#facts, this.#lifeline, (ms) => this.#wait(ms))
    this.#search = new CulpritSearch(this.#facts, this.#lifeline, options.cwd)
  }

  async run(): Promise<SoakResult> {
    try {
      await this.#buildBoth()
      this.#startMs = this.#clock.monotonicMs()
      await this.#start()
      await this.#warmUp()
      await this.#soak()
      if (this.#config.findsKnee) await this.#findKnee()
      if (this.#base) await this.#compare(this.#base)
    } catch (error) {
      this.#noteFailure(error)
    }
    await this.#finishTraffic()
    this.#facts.elapsedMs = this.#elapsedMs
    return concludeSoak(this.#facts)
  }

  async end(): Promise<void> {
    await this.#endSubject()
    await this.#base?.remove()
  }

  async #endSubject(): Promise<void> {
    await this.#finishTraffic()
    const subject = this.#subject
    this.#subject = null
    await subject?.stop()
  }

  async #buildBoth(): Promise<void> {
    const { against } = this.#config
    if (!against) return
    const { cwd, abortSignal } = this.#options
    this.#tell('start', `checking ${against.ref} out`)
    this.#base = await checkOutBase(against.ref, cwd)
    this.#facts.notes.push(...this.#base.notes)
    if (against.build === null) return
    this.#tell('start', `building ${against.ref}: ${against.build}`)
    await build(against.build, this.#base.cwd, against.ref, abortSignal)
    this.#tell('start', `building this version: ${against.build}`)
    await build(against.build, cwd, 'this version', abortSignal)
  }

  /** Memory is judged; is it slower? Both versions start anew, so that nothing of the soak before weighs on one of them. */
  async #compare({ cwd: baseCwd, commit }: BaseCheckout): Promise<void> {
    const { start, ready, readyWithinMs, environment, seed, against } = this.#config
    await this.#endSubject()
    const { ratePerSec } = this.#facts
    const { ref, capMs } = against!
    const comparing = compareBuilds({
      ref,
      commit,
      baseCwd,
      hereCwd: this.#options.cwd,
      service: { command: start, environment, readyPath: ready, readyWithinMs, abortSignal: this.#options.abortSignal },
      startTraffic: (origin) => this.#startLoad({ origin, maxMs: 2 * capMs + 10 * MINUTE_MS }),
      ratePerSec,
      limit: slowdownLimit(this.#config),
      capMs,
      seed,
      clock: this.#clock,
      wait: (ms) => this.#wait(ms),
      tell: (sentence) => this.#tell('compare', sentence),
    })
    this.#facts.comparison = await comparing.catch((error: unknown) => {
      if (!(error instanceof ProbeError)) throw error
      throw new SubjectLostError(
        'died',
        `While this version and ${ref} were compared, one of them was lost: ${error.message}.`,
      )
    })
  }

  async #findKnee(): Promise<void> {
    // With traffic of its own: here the generator may be brought to its limits, which is no fault of the soak before.
    await this.#finishTraffic()
    const traffic = this.#startLoad({ maxMs: KNEE_MS })
    try {
      const search = findKnee({
        subject: this.#subject!,
        traffic,
        capacityPerSec: this.#capacityPerSec ?? 2 * this.#facts.ratePerSec,
        cwd: this.#options.cwd,
        wait: (ms) => this.#wait(ms),
        tell: (sentence) => this.#tell('knee', sentence),
      })
      this.#facts.knee = await this.#lifeline.orLost(search)
    } finally {
      await traffic.stop().catch(() => {})
    }
  }

  get #elapsedMs(): number {
    return this.#clock.monotonicMs() - this.#startMs
  }

  async #start(): Promise<void> {
    const { start, ready, readyWithinMs, environment } = this.#config
    this.#tell('start', `starting ${start}`)
    this.#subject = await startSubject({
      command: start,
      cwd: this.#options.cwd,
      environment,
      readyPath: ready,
      readyWithinMs: Math.min(readyWithinMs, this.#config.capMs),
      abortSignal: this.#options.abortSignal,
    })
    this.#facts.notes.push(...this.#subject.notes)
    // Seen here, nobody waits for a load that can tell nothing.
    if (this.#subject.probes().length === 0) throw new SoakInvalidError(describeNoProbe(start))
  }

  async #warmUp(): Promise<void> {
    this.#tell('warm-up', 'warming up')
    const { ratePerSec, routes } = this.#config
    let rate = ratePerSec
    if (routes.length > 0) {
      await this.#noteCourse()
      let capacity = await this.#measureCapacity(TASTE_REQUESTS)
      await this.#noteCourse()
      // Who waits for something else while answering can do more for more clients at once.
      for (const clients of [CLOSED_CLIENTS, MANY_CLIENTS]) {
        if (this.#pacing.requestsToNextFloor() <= CLOSED_REQUESTS) break
        if (clients > CLOSED_CLIENTS && capacity > WAITING_PER_SEC) break
        capacity = Math.max(capacity, await this.#measureCapacity(CLOSED_REQUESTS, clients))
      }
      this.#capacityPerSec = capacity
      rate ??= Math.round(Math.max(2, Math.min(MAX_RATE_PER_SEC, capacity / 2, keyRate(routes))))
    }
    rate ??= 10
    this.#facts.ratePerSec = rate
    this.#traffic = this.#startLoad({ ratePerSec: this.#pacing.rate(WARM_UP_MS) })
    await this.#wait(WARM_UP_MS)
    const { probes } = await this.#pause()
    const [first] = probes
    this.#facts.nodeVersion = first?.hello.nodeVersion ?? null
    this.#facts.heapLimitBytes = first?.hello.heapLimitBytes ?? null
    if (first && !first.hello.hasInspector) {
      this.#facts.notes.push('the inspector is refused in this process: growth is measured, but no line can be named')
    }
    for (const probe of probes) if (probe.hello.hasInspector) await this.#lifeline.ask(probe, 'startSampling', null)
    this.#traffic.setPhase('soak')
  }

  /** Asks as fast as it is answered, for a moment: what can it do? */
  async #measureCapacity(maxRequests: number, closedClientCount = CLOSED_CLIENTS): Promise<number> {
    this.#traffic = this.#startLoad({ closedClientCount, maxRequests, maxMs: CAPACITY_MS })
    const report = await this.#lifeline.orLost(this.#traffic.done)
    this.#traffic = null
    const { requestCount, failureCount } = report.total
    this.#usedNumbers += requestCount
    if (requestCount === failureCount) this.#lifeline.throwIfEnded()
    return readCapacity(report, requestCount === failureCount ? await this.#subject!.ask(this.#config.ready) : null)
  }

  #startLoad(load: Partial<Load>): TrafficProcess {
    return startLoad(this.#config, this.#options.configFile, {
      origin: this.#subject?.origin ?? '',
      fromNumber: this.#usedNumbers,
      ratePerSec: 0,
      closedClientCount: 0,
      maxRequests: 1e9,
      maxMs: this.#config.capMs + 60 * SECOND_MS,
      ...load,
    })
  }

  async #soak(): Promise<void> {
    const { routes } = this.#config
    const { heap, external } = this.#facts
    let collectMs = 0
    let pauseMs = 0
    for (let batch = 0; !this.#isTimeUp(pauseMs); batch++) {
      if (routes.length > 1) this.#traffic!.setWeights(varyMix(routes, batch))
      // Of the time that collecting takes, not of that which slow answers take.
      const batchMs = Math.max(BATCH_MS, collectMs * (1 / MAX_COLLECT_SHARE - 1))
      this.#traffic!.resume(this.#pacing.rate(batchMs))
      await this.#wait(batchMs)
      this.#facts.drivenMs += batchMs
      const beganMs = this.#clock.monotonicMs()
      const paused = await this.#pause()
      const { floor } = paused
      collectMs = paused.collectMs
      pauseMs = this.#clock.monotonicMs() - beganMs
      const steps = [
        heap.add([floor.requestCount, floor.heapBytes]).step,
        external.add([floor.requestCount, floor.externalBytes]).step,
      ]
      const floorMs = pauseMs + batchMs
      const floorCount = batch + (this.#config.capMs - this.#elapsedMs - TRACE_MS) / floorMs
      for (const course of [heap, external]) course.plan(floorCount)
      this.#tell('soak', '')
      if (steps.includes('suspect')) {
        this.#tell('look-closer', 'it rises: looking at what the heap holds')
        await this.#search.begin(this.#subject!)
      }
      if (steps.includes('rising') && (await this.#trace())) return
      if (this.#isDecided(steps)) return
    }
  }

  /** What the heap holds before there are batches of load. */
  async #noteCourse(): Promise<void> {
    const { floor } = await readFloors(this.#subject!.probes(), this.#lifeline, 0)
    this.#pacing.note(this.#usedNumbers, floor.heapBytes)
    this.#facts.heapLimitBytes ??= this.#subject!.probes()[0]?.hello.heapLimitBytes ?? null
  }

  #isTimeUp(pauseMs: number): boolean {
    const { forMs, capMs } = this.#config
    if (forMs !== null) return this.#elapsedMs >= forMs
    return this.#elapsedMs + pauseMs + BATCH_MS >= capMs - (this.#search.isUnderWay ? TRACE_MS : 3000)
  }

  #isDecided(steps: readonly GrowthStep[]): boolean {
    if (this.#config.forMs !== null) return false
    const { heap, external } = this.#facts
    return steps.length > 0 && [heap, external].every((course) => course.hasBeenFlat)
  }

  /** Stops the load, collects garbage in every process that serves, and adds up what stays. */
  async #pause(): Promise<{ floor: FloorPoint; probes: Probe[]; collectMs: number }> {
    const pause = await this.#lifeline.orLost(this.#traffic!.pause(QUIET_WITHIN_MS))
    this.#lifeline.throwIfEnded()
    this.#facts.lastPause = pause
    const everyone = this.#subject!.probes()
    if (everyone.length === 0) throw new SoakInvalidError(describeNoProbe(this.#config.start))
    await this.#hurry.pass(this.#subject!)
    const { floor: memory, probes, collectMs } = await readFloors(everyone, this.#lifeline, SETTLE_MS)
    // What was answered, by our own count: requests of others (health checks of an orchestrator) leave things behind as well, but few.
    const floor = { requestCount: pause.requestCount, atMs: this.#elapsedMs, ...memory }
    this.#facts.floors.push(floor)
    this.#pacing.note(this.#usedNumbers + floor.requestCount, floor.heapBytes)
    this.#facts.routeCounts.push(pause.routes)
    return { floor, collectMs, probes }
  }

  /** It still rises: who holds it? Answers whether that settles it. */
  async #trace(): Promise<boolean> {
    this.#tell('trace', 'it still rises: naming who holds it')
    const { forMs, capMs, hasJourneys } = this.#config
    const drive = async (): Promise<void> => {
      this.#traffic!.resume(this.#pacing.rate(TRACE_LOAD_MS))
      await this.#wait(TRACE_LOAD_MS)
      await this.#traffic!.pause(QUIET_WITHIN_MS)
    }
    const leftMs = forMs === null ? capMs - this.#elapsedMs - TRACE_MS : Infinity
    if (await this.#search.conclude(drive, leftMs)) return true
    const expiringShare = this.#facts.explained?.expiringShare ?? 0
    // Visitors who come back would find that their sessions have ended.
    if (expiringShare < MIN_EXPIRING_SHARE || hasJourneys || forMs !== null) return false
    this.#tell('trace', 'what it keeps expires: moving its clock forward')
    await this.#hurry.find(this.#subject!, expiringShare, drive)
    return false
  }

  #noteFailure(error: unknown): void {
    if (error instanceof SubjectLostError && this.#hurry.hasBegun)
      this.#facts.notes.push(
        `its clock was moved forward, and it did not survive that, which is not its fault: ${error.message}`,
      )
    else if (error instanceof SubjectLostError) this.#facts.lost = error
    else if (error instanceof SoakInvalidError || error instanceof TrafficProcessError)
      this.#facts.invalidBecause.push(error.message)
    else throw error
  }

  async #finishTraffic(): Promise<void> {
    const traffic = this.#traffic
    this.#traffic = null
    if (!traffic) return
    try {
      this.#facts.traffic = await traffic.stop()
    } catch (error) {
      if (!(error instanceof TrafficProcessError)) throw error
      this.#facts.invalidBecause.push(error.message)
    }
  }

  async #wait(ms: number): Promise<void> {
    const { abortSignal } = this.#options
    const untilMs = this.#clock.monotonicMs() + ms
    // In steps, so that an end of the service or of the patience is noticed.
    for (let leftMs = ms; leftMs > 0; leftMs = untilMs - this.#clock.monotonicMs()) {
      abortSignal?.throwIfAborted()
      await new Promise<void>((resolve) => void this.#clock.after(Math.min(200, leftMs), resolve, { keepAlive: true }))
      if (this.#subject?.ended()) return
    }
  }

  #tell(phase: Progress['phase'], sentence: string): void {
    const { heap, floors, ratePerSec } = this.#facts
    const last = floors.at(-1)
    this.#options.onProgress?.({
      phase,
      sentence,
      elapsedMs: this.#elapsedMs,
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
