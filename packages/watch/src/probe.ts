import { systemClock } from '@plimsoll/core'
import { AllocationProfile } from './attribute/allocation-profile.ts'
import { Census } from './attribute/census.ts'
import { catchFrame, chooseStart, type FunctionStart } from './attribute/frame-catcher.ts'
import { findRoots } from './attribute/roots.ts'
import { openScopeReader } from './attribute/scope-reader.ts'
import { WalkNeed } from './attribute/walk-need.ts'
import { WalkPace } from './attribute/walk-pace.ts'
import { trapWriters } from './attribute/writer-trap.ts'
import type { Guard } from './guard.ts'
import { ownFolder } from './own-folder.ts'
import type { ProfileFiles } from './report/profile-files.ts'
import { FloorGauge } from './sample/floor-gauge.ts'
import { readLasting } from './sample/floor-need.ts'
import { GcBudget } from './sample/gc-budget.ts'
import { GcLock } from './sample/gc-lock.ts'
import { Sampler } from './sample/sampler.ts'
import type { CachesSource } from './sample/source/caches.ts'
import type { HttpSource } from './sample/source/http.ts'
import type { SqlSource } from './sample/source/sql.ts'
import { noteInspector } from './watchdog/looks.ts'
import type { MainMessage } from './watchdog/messages.ts'

/** The heartbeat's period; everything else happens at multiples of it, since each timer of its own would wake a service once more. */
const BEAT_MS = 500
const BEATS_PER_SECOND = 2
/** In seconds: a sample, and counting known collections. */
const CALM_PACE = 2
/** Under suspicion collections are counted at this pace; samples come at it only while nobody knows what grows, or the heap is half full. */
const CLOSE_PACE = 1
const FILLING_SHARE = 0.5

export interface ProbeOptions {
  guard: Guard
  http: HttpSource
  sql: SqlSource
  caches: CachesSource
  heapLimitBytes: number
  /** Of the container or of the machine, or as it was told. */
  memoryLimitBytes: number
  /** Shared by the workers of one primary: they never collect at the same time. */
  lockKey: string | null
  heartbeat: Int32Array
  /** Gets what the allocation sampler reads; null for nobody. */
  profileFiles: ProfileFiles | null
  send(message: MainMessage): void
}

/** The watch's hands on the main thread: samples, floors, census, traps. Has no opinion; the watchdog has them. */
export class Probe {
  readonly #options: ProbeOptions
  readonly #clock = systemClock
  readonly #budget: GcBudget
  readonly #gauge: FloorGauge
  readonly #sampler: Sampler
  readonly #census: Census
  readonly #profile: AllocationProfile
  readonly #nowMs: () => number
  readonly #walkPace = new WalkPace()
  readonly #walkNeed: WalkNeed
  #isSuspicious = false
  #isUnexplained = false
  #isLatencyBad = false
  #isReaching = false
  /** Functions looked into: as few as the watchdog may ask for. */
  readonly #looked: FunctionStart[] = []
  #isFilling = false
  #hasGrown = false
  #second = 0
  #beat = 0

  constructor(options: ProbeOptions) {
    this.#options = options
    const { guard, http, sql, caches, heapLimitBytes, memoryLimitBytes, lockKey, send } = options
    const clock = this.#clock
    // Wall time that does not jump: where the process began, plus what has passed since.
    const originMs = clock.nowMs() - clock.monotonicMs()
    const nowMs = () => originMs + clock.monotonicMs()
    this.#nowMs = nowMs
    this.#profile = new AllocationProfile(
      isOurs,
      guard('profiles', (profile, intervalBytes) => options.profileFiles?.noteHeap(profile, intervalBytes)),
    )
    const requestTotal = () => http.totalCount
    const limitBytes = Math.min(heapLimitBytes, memoryLimitBytes)
    this.#walkNeed = new WalkNeed(limitBytes)
    this.#budget = new GcBudget(clock.monotonicMs())
    this.#gauge = new FloorGauge({
      clock,
      budget: this.#budget,
      lock: new GcLock(lockKey),
      limitBytes,
      nowMs,
      requestTotal,
      openCount: () => http.openCount,
      budgetedBytes: () => caches.budgetedBytes(),
      tell: (floor) => send({ kind: 'floor', floor }),
    })
    this.#sampler = new Sampler({
      clock,
      guard,
      nowMs,
      beatMs: BEAT_MS,
      heapLimitBytes,
      http,
      sql,
      caches,
      gauge: this.#gauge,
    })
    this.#census = new Census({
      clock,
      nowMs,
      requestTotal,
      roots: () => findRoots(http.servers()),
      accountedFor: () => caches.budgetedKeepers(),
      openReader: openScopeReader,
      isOurs,
      guard: (act) => guard('census', act),
    })
    clock.every(
      BEAT_MS,
      guard('beat', () => this.#onBeat()),
    )
  }

  /** `isUnexplained`: what grows is in no collection that we know. */
  setSuspicion(isSuspicious: boolean, isUnexplained: boolean): void {
    this.#isSuspicious = isSuspicious
    this.#isUnexplained = isUnexplained
    this.#budget.setSuspicion(isSuspicious, this.#clock.monotonicMs())
  }

  trap(holderId: number): void {
    const target = this.#census.find(holderId)
    if (!target) return
    trapWriters(target, { clock: this.#clock, guard: (act) => this.#options.guard('writer trap', act) }, (sites) =>
      this.#options.send({ kind: 'writers', holderId, sites }),
    )
  }

  /** What one of these functions can see when it is called next is walked as well. */
  reach(starts: readonly FunctionStart[]): void {
    if (this.#isReaching) return
    const start = chooseStart(starts, (script) => this.#census.hasReached(script), this.#looked)
    if (!start) return
    this.#looked.push(start)
    this.#isReaching = true
    const guard = (act: () => void): (() => void) => this.#options.guard('frame', act)
    catchFrame(start, { clock: this.#clock, guard }, (frame) => {
      this.#isReaching = false
      if (!frame) return
      this.#census.addFrame(frame)
      this.#walk()
    })
  }

  /** While the sampler runs, its readings take the place of the provoked collections. */
  setProfiling(isOn: boolean, isThorough = false): void {
    if (!isOn) {
      this.#profile.stop()
      this.#gauge.collectWith(null)
      return
    }
    const refusal = this.#profile.start()
    if (refusal !== null) {
      this.#options.send({ kind: 'trouble', where: 'allocation sampling', message: refusal })
      return
    }
    if (isThorough) this.#profile.keepFunctionsApart()
    this.#gauge.collectWith(() => {
      const report = this.#profile.read(this.#nowMs())
      if (report) this.#options.send({ kind: 'profile', report })
      else this.setProfiling(false)
    })
  }

  /** Heap and external memory that stay, in bytes: what an action is measured by. */
  measureNow(hasLetGo: boolean): number {
    return this.#gauge.measureNow(hasLetGo)
  }

  /** What was let go on our order says nothing about the host: its collections are known anew. */
  noteCleared(): void {
    this.#census.restart()
  }

  #onBeat(): void {
    Atomics.add(this.#options.heartbeat, 0, 1)
    this.#sampler.noteBeat()
    if (++this.#beat % BEATS_PER_SECOND !== 0) return
    const second = ++this.#second
    noteInspector(this.#options.heartbeat)
    if (second % (this.#isUnexplained || this.#isFilling ? CLOSE_PACE : CALM_PACE) === 0) this.#sample()
    this.#gauge.consider(this.#isLatencyBad, this.#isSuspicious, this.#isUnexplained)
    // A walk over a large service takes seconds: what grows is counted and read meanwhile as ever.
    const wantsWalks = this.#isSuspicious && this.#census.wantsWalks
    const closeness = { isUnexplained: this.#isUnexplained, wantsWalks, hasGrown: this.#hasGrown }
    if (!this.#census.isWalking && this.#walkPace.isDue(second, closeness)) this.#walk()
    else if (second % (this.#isSuspicious ? CLOSE_PACE : CALM_PACE) === 0) this.#measure()
  }

  #sample(): void {
    const reading = this.#sampler.read()
    this.#isLatencyBad = reading.isLatencyBad
    const { handleCount, memory } = reading.sample
    const { heapUsedBytes, heapLimitBytes, rssBytes } = memory
    const lasting = readLasting()
    this.#hasGrown = this.#walkNeed.hasGrown({ lastingBytes: lasting.heap + lasting.external, rssBytes, handleCount })
    this.#isFilling = heapUsedBytes >= FILLING_SHARE * heapLimitBytes
    this.#options.send({ kind: 'reading', reading })
  }

  #walk(): void {
    this.#census.walk((workedMs, isWhole) => {
      this.#walkPace.note(this.#second, workedMs)
      this.#walkNeed.noteWalk(isWhole)
      this.#hasGrown = !isWhole
      this.#measure()
    })
  }

  #measure(): void {
    const report = this.#census.measure(this.#isSuspicious)
    // Of nothing nobody need be woken.
    if (report.holders.length > 0) this.#options.send({ kind: 'census', report })
  }
}

/** Our own modules, as V8 names them: neither the census nor a profile looks at them. */
function isOurs(script: string): boolean {
  return script.startsWith(ownFolder)
}
