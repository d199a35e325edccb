import { MINUTE_MS, SECOND_MS, type Clock } from '@plimsoll/core'

import { build, checkOutBase, type BaseCheckout } from './compare/base-checkout.ts'
import { compareBuilds } from './compare/compare.ts'
import { Investigation, type Findings } from './culprit/investigate.ts'
import { SoakInvalidError, SubjectLostError } from './errors.ts'
import { GrowthCourse, type GrowthStep } from './gate/growth.ts'
import { concludeSoak, slowdownLimit, type Facts } from './gate/conclude.ts'
import { paceRequests } from './gate/pace.ts'
import type { ConfigParameters } from './load/config-scenario.ts'
import { parsePathPattern } from './load/path-pattern.ts'
import { routeName, type RouteParameters } from './load/route-scenario.ts'
import { resolveSoakConfig, type ResolvedSoakConfig, type SoakConfig } from './options.ts'
import type { FloorPoint, SoakResult } from './result.ts'
import { ProbeError, type Probe } from './subject/probe-desk.ts'
import type { Floor, ProbeCalls } from './probe/probe-protocol.ts'
import { quote, startSubject, type Subject } from './subject/subject.ts'
import { startTrafficProcess, TrafficProcessError, type TrafficProcess } from './traffic/traffic-process.ts'
import type { TrafficPause, TrafficReport } from './traffic/traffic.ts'

/** Where a soak stands, for whoever looks on. */
export interface Progress {
  phase: 'start' | 'warm-up' | 'soak' | 'look-closer' | 'trace' | 'compare' | 'end'
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
const MAX_RATE_PER_SEC = 1000
const MANY_KEYS = 30_000
const KEYS_LAST_S = 60
const CLOSED_CLIENTS = 16
const MANY_CLIENTS = 128
/** Below this, answers take 80 ms and more with 16 clients. */
const WAITING_PER_SEC = 200
/** A first taste, so that a service of which every request takes a lot of memory is not filled up by being measured. */
const TASTE_REQUESTS = 200
const CLOSED_REQUESTS = 3000
/** Floors from the first one to a verdict of LEAK: a look at 12 and a confirmation. */
const FLOORS_TO_VERDICT = 24
const CLOSED_MS = 3 * SECOND_MS
const MAX_INVESTIGATIONS = 4

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
  #investigation: Investigation | null = null
  #investigationCount = 0
  /** Requests and heap from before any load on. */
  readonly #course: [number, number][] = []
  #isPaced = false

  constructor(config: ResolvedSoakConfig, options: RunSoakOptions) {
    this.#config = config
    this.#options = options
    this.#clock = options.clock
    this.#startMs = options.clock.monotonicMs()
    const { retainedBytes, externalBytes } = config.gates
    this.#facts = {
      config,
      heap: new GrowthCourse({ marginBytes: retainedBytes }),
      external: new GrowthCourse({ marginBytes: externalBytes }),
      floors: [],
      routeCounts: [],
      culprits: [],
      untouchedFloors: null,
      leak: null,
      explained: null,
      lost: null,
      invalidBecause: [],
      notes: [],
      traffic: null,
      lastPause: null,
      ratePerSec: 0,
      drivenMs: 0,
      elapsedMs: 0,
      nodeVersion: null,
      heapLimitBytes: null,
      comparison: null,
    }
  }

  async run(): Promise<SoakResult> {
    try {
      await this.#buildBoth()
      this.#startMs = this.#clock.monotonicMs()
      await this.#start()
      await this.#warmUp()
      await this.#soak()
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
      startTraffic: (origin) => this.#startTraffic(origin, 0, 0, 1e9, 2 * capMs + 10 * MINUTE_MS),
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
        if (this.#requestsToNextFloor() <= CLOSED_REQUESTS) break
        if (clients > CLOSED_CLIENTS && capacity > WAITING_PER_SEC) break
        capacity = Math.max(capacity, await this.#measureCapacity(CLOSED_REQUESTS, clients))
      }
      rate ??= Math.round(Math.max(2, Math.min(MAX_RATE_PER_SEC, capacity / 2, keyRate(routes))))
    }
    rate ??= 10
    this.#facts.ratePerSec = rate
    this.#traffic = this.#startTraffic(this.#subject!.origin, this.#pacedRate(WARM_UP_MS), 0)
    await this.#wait(WARM_UP_MS)
    const { probes } = await this.#pause()
    const [first] = probes
    this.#facts.nodeVersion = first?.hello.nodeVersion ?? null
    this.#facts.heapLimitBytes = first?.hello.heapLimitBytes ?? null
    if (first && !first.hello.hasInspector) {
      this.#facts.notes.push('the inspector is refused in this process: growth is measured, but no line can be named')
    }
    for (const probe of probes) if (probe.hello.hasInspector) await this.#ask(probe, 'startSampling', null)
    this.#traffic.setPhase('soak')
  }

  /** Asks as fast as it is answered, for a moment: what can it do? */
  async #measureCapacity(maxRequests: number, clientCount = CLOSED_CLIENTS): Promise<number> {
    const traffic = this.#startTraffic(this.#subject!.origin, 0, clientCount, maxRequests)
    this.#traffic = traffic
    const report = await this.#orLost(traffic.done)
    this.#traffic = null
    this.#usedNumbers += report.total.requestCount
    const { requestCount, failureCount, failures } = report.total
    if (requestCount === 0 || failureCount === requestCount) {
      this.#throwIfEnded()
      throw new SoakInvalidError(describeOnlyErrors(report, failures, await this.#subject!.ask(this.#config.ready)))
    }
    return (requestCount - failureCount) / (report.elapsedMs / 1000)
  }

  #startTraffic(
    origin: string,
    ratePerSec: number,
    closedClientCount: number,
    maxRequests = 1e9,
    maxMs = this.#config.capMs + 60 * SECOND_MS,
  ): TrafficProcess {
    const { routes, hasJourneys, seed } = this.#config
    const { configFile } = this.#options
    const isOpen = closedClientCount === 0
    const usesConfig = isOpen && hasJourneys && configFile !== undefined
    const parameters: RouteParameters | ConfigParameters = {
      routes,
      fromNumber: this.#usedNumbers,
      closedClientCount,
      ...(usesConfig ? { configFile } : {}),
    }
    return startTrafficProcess({
      origin,
      seed,
      ratePerSec,
      durationMs: isOpen ? maxMs : CLOSED_MS,
      maxRequests,
      maxSessions: 2000,
      requestTimeoutMs: 10 * SECOND_MS,
      graceMs: isOpen ? 1000 : 5 * SECOND_MS,
      phase: 'warm-up',
      connections: usesConfig ? 'own' : 'shared',
      scenario: new URL(usesConfig ? './load/config-scenario.js' : './load/route-scenario.js', import.meta.url).href,
      parameters,
    })
  }

  async #soak(): Promise<void> {
    const { heap, external } = this.#facts
    let collectMs = 0
    let pauseMs = 0
    for (let batch = 0; !this.#isTimeUp(pauseMs); batch++) {
      this.#varyMix(batch)
      // Of the time that collecting takes, not of that which slow answers take.
      const batchMs = Math.max(BATCH_MS, collectMs * (1 / MAX_COLLECT_SHARE - 1))
      this.#traffic!.resume(this.#pacedRate(batchMs))
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
      if (steps.includes('suspect')) await this.#lookCloser()
      if (steps.includes('rising') && (await this.#trace())) return
      if (this.#isDecided(steps)) return
    }
  }

  /** Requests a second, so that the heap lasts until a verdict. */
  #pacedRate(forMs: number): number {
    const { ratePerSec, notes } = this.#facts
    const paced = (this.#requestsToNextFloor() / forMs) * 1000
    if (paced >= ratePerSec) return ratePerSec
    if (!this.#isPaced && this.#facts.floors.length > 0)
      notes.push('the heap fills so fast that less was asked of it than it can do, to keep it alive until the verdict')
    this.#isPaced ||= this.#facts.floors.length > 0
    return paced
  }

  #requestsToNextFloor(): number {
    const heapLimitBytes = this.#facts.heapLimitBytes
    if (heapLimitBytes === null || this.#config.forMs !== null) return Infinity
    const floorsLeft = FLOORS_TO_VERDICT - this.#facts.floors.length
    return paceRequests({ floors: this.#course, heapLimitBytes, floorsLeft })
  }

  /** What the heap holds before there are batches of load. */
  async #noteCourse(): Promise<void> {
    let heapBytes = 0
    for (const probe of this.#subject!.probes())
      heapBytes += (await this.#ask(probe, 'floor', { settleMs: 0 })).heapBytes
    this.#course.push([this.#usedNumbers, heapBytes])
    this.#facts.heapLimitBytes ??= this.#subject!.probes()[0]?.hello.heapLimitBytes ?? null
  }

  #isTimeUp(pauseMs: number): boolean {
    const { forMs, capMs } = this.#config
    if (forMs !== null) return this.#elapsedMs >= forMs
    return this.#elapsedMs + pauseMs + BATCH_MS >= capMs - (this.#investigation ? TRACE_MS : 3000)
  }

  #isDecided(steps: readonly GrowthStep[]): boolean {
    if (this.#config.forMs !== null) return false
    const { heap, external } = this.#facts
    return steps.length > 0 && [heap, external].every((course) => course.hasBeenFlat)
  }

  /** Weights of the routes go up and down by 30 % from batch to batch, so that what each leaves behind can be told apart. */
  #varyMix(batch: number): void {
    const { routes } = this.#config
    if (routes.length < 2) return
    const weights = routes.map(({ path, weight }, index): [string, number] => {
      // A two-valued sequence for each route, unlike those of the others (rows of a Walsh matrix).
      const sign = popCount(batch & (index + 1)) % 2 === 0 ? 1 : -1
      return [routeName(path), weight * (1 + 0.3 * sign)]
    })
    this.#traffic!.setWeights(Object.fromEntries(weights))
  }

  /** Stops the load, collects garbage in every process that serves, and adds up what stays. */
  async #pause(): Promise<{ floor: FloorPoint; probes: Probe[]; collectMs: number }> {
    const pause = await this.#orLost(this.#traffic!.pause(QUIET_WITHIN_MS))
    this.#throwIfEnded()
    this.#facts.lastPause = pause
    const probes = this.#subject!.probes()
    if (probes.length === 0) throw new SoakInvalidError(describeNoProbe(this.#config.start))
    const floors: Floor[] = []
    for (const probe of probes) floors.push(await this.#ask(probe, 'floor', { settleMs: SETTLE_MS }))
    // Wrappers such as npm load the probe too, and answer nothing.
    const serving = probes.filter((_, index) => floors[index]!.requestCount > 0)
    const counted = serving.length > 0 ? floors.filter(({ requestCount }) => requestCount > 0) : floors
    const floor = addUp(counted, pause, this.#elapsedMs)
    this.#facts.floors.push(floor)
    this.#course.push([this.#usedNumbers + floor.requestCount, floor.heapBytes])
    this.#facts.routeCounts.push(pause.routes)
    const collectMs = floors.reduce((sum, { collectMs: one }) => sum + one, 0)
    return { floor, collectMs, probes: serving.length > 0 ? serving : probes }
  }

  /** It rises: remember what the heap holds now. */
  async #lookCloser(): Promise<void> {
    if (this.#investigation || this.#investigationCount >= MAX_INVESTIGATIONS) return
    this.#tell('look-closer', 'it rises: looking at what the heap holds')
    const probes = this.#subject!.probes().filter(({ hello }) => hello.hasInspector)
    const [probe] = await this.#busiest(probes)
    if (!probe) return
    this.#investigationCount++
    this.#facts.untouchedFloors ??= this.#facts.floors.length
    const { folder, probes: everyone } = this.#subject!
    this.#investigation = new Investigation(probe, everyone, folder, this.#options.cwd)
    await this.#orLost(this.#investigation.begin())
  }

  async #busiest(probes: readonly Probe[]): Promise<Probe[]> {
    const counts = new Map<Probe, number>()
    for (const probe of probes) counts.set(probe, (await this.#ask(probe, 'floor', { settleMs: 0 })).requestCount)
    return [...probes].sort((left, right) => counts.get(right)! - counts.get(left)!)
  }

  /** It still rises: who holds it? Answers whether that settles it. */
  async #trace(): Promise<boolean> {
    const investigation = this.#investigation
    const { heap, external } = this.#facts
    if (!investigation) {
      this.#facts.leak = { why: 'it rises, and nothing could be asked about who holds it' }
      return true
    }
    this.#tell('trace', 'it still rises: naming who holds it')
    const traffic = this.#traffic!
    const found = await this.#orLost(
      investigation.conclude(async () => {
        traffic.resume(this.#pacedRate(TRACE_LOAD_MS))
        await this.#wait(TRACE_LOAD_MS)
        await traffic.pause(QUIET_WITHIN_MS)
      }),
    )
    this.#investigation = null
    this.#facts.culprits = found.culprits
    if (found.boundedShare < 0.5 || this.#investigationCount >= MAX_INVESTIGATIONS) {
      this.#facts.leak = found.boundedShare < 0.5 ? { why: 'it rises, and what holds it lets nothing go' } : null
      if (this.#facts.leak) return true
    }
    // What grows says that it will end. Look on, as long as there is time: full, it is flat.
    this.#facts.explained = found
    if (found.fillingShare > 0.8 && !this.#canFill(found)) return true
    heap.dismissSuspicion()
    external.dismissSuspicion()
    return false
  }

  #ask<Name extends keyof ProbeCalls>(
    probe: Probe,
    name: Name,
    parameters: ProbeCalls[Name]['parameters'],
  ): Promise<ProbeCalls[Name]['result']> {
    return this.#orLost(probe.call(name, parameters))
  }

  /** Whether what has a known bound can reach it before the time is up: an entry a request at most. */
  #canFill({ judgements }: Findings): boolean {
    const left = judgements.map(({ judgement: { cap, entryCount } }) => (cap === null ? 0 : cap - (entryCount ?? 0)))
    const leftS = (this.#config.capMs - this.#elapsedMs - TRACE_MS) / SECOND_MS
    return this.#config.forMs !== null || Math.max(...left) < 0.5 * leftS * this.#facts.ratePerSec
  }

  /** Turns the end of the service into what it means. */
  async #orLost<T>(promise: Promise<T>): Promise<T> {
    try {
      return await promise
    } catch (error) {
      if (error instanceof ProbeError && error.why !== 'refused') {
        if (error.why === 'gone') await this.#wait(200)
        this.#throwIfEnded()
        if (error.why === 'silent')
          throw new SubjectLostError(
            'hangs',
            `The service hangs: ${error.message}.${quote(this.#subject!.lastWords())}`,
          )
        throw new SubjectLostError(
          'died',
          `A process of the service ended under load.${quote(this.#subject!.lastWords())}`,
        )
      }
      throw error
    }
  }

  #throwIfEnded(): void {
    const ending = this.#subject?.ended()
    if (!ending) return
    const how = ending.signal ? `was ended by ${ending.signal}` : `ended with exit code ${ending.code}`
    throw new SubjectLostError('died', `The service ${how} under load.${quote(this.#subject!.lastWords())}`)
  }

  #noteFailure(error: unknown): void {
    if (error instanceof SubjectLostError) this.#facts.lost = error
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

/** Keys should last a soak: what keeps every key stops growing when they begin anew. Few keys cannot, and are not made to. */
function keyRate(routes: ResolvedSoakConfig['routes']): number {
  const counts = routes.map(({ path }) => parsePathPattern(path).count).filter((count) => count >= MANY_KEYS)
  return counts.length === 0 ? Infinity : counts.reduce((sum, count) => sum + count, 0) / KEYS_LAST_S
}

function addUp(floors: readonly Floor[], pause: TrafficPause, atMs: number): FloorPoint {
  const sum = (read: (floor: Floor) => number) => floors.reduce((total, floor) => total + read(floor), 0)
  return {
    // What was answered, by our own count: requests of others (health checks of an orchestrator) leave things behind as well, but few.
    requestCount: pause.requestCount,
    atMs,
    heapBytes: sum(({ heapBytes }) => heapBytes),
    externalBytes: sum(({ externalBytes }) => externalBytes),
    nativeBytes: sum(({ nativeBytes }) => nativeBytes),
    rssBytes: sum(({ rssBytes }) => rssBytes),
    descriptorCount: floors.some(({ descriptorCount }) => descriptorCount === null)
      ? null
      : sum(({ descriptorCount }) => descriptorCount!),
  }
}

function describeOnlyErrors(
  report: TrafficReport,
  failures: TrafficReport['total']['failures'],
  status: number | null,
): string {
  const kinds = Object.entries(failures)
    .map(([kind, count]) => `${kind} ${count} times`)
    .join(', ')
  const routes = report.routes.map(({ route }) => route).join(', ')
  if (report.total.requestCount === 0)
    return `Not one request was answered within ${CLOSED_MS / 1000} s: the service hangs.`
  const example = status === null ? '' : ` (the first with status ${status})`
  return `Every request failed: ${kinds}${example}. So nothing was soaked: is ${routes} right?`
}

function describeNoProbe(command: string): string {
  return `The probe was not loaded by "${command}", so its memory cannot be read: NODE_OPTIONS does not reach it, or it is no Node service.`
}

function popCount(bits: number): number {
  let count = 0
  for (let left = bits; left > 0; left >>= 1) count += left & 1
  return count
}
