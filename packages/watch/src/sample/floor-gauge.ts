import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { MiB, type Clock } from '@plimsoll/core'
import { FloorNeed, readLasting } from './floor-need.ts'
import type { GcBudget } from './gc-budget.ts'
import type { GcLock } from './gc-lock.ts'
import type { BudgetedBytes } from './source/caches.ts'

/** What stayed after a full collection: the only honest line. */
export interface Floor {
  atMs: number
  heapBytes: number
  /** Contains array buffers. */
  externalBytes: number
  /** What caches that keep to a budget held of the heap by their own count: growth that is known to end. */
  budgetedBytes: number
  /** The same of external memory; absent in old recordings. */
  budgetedOffHeapBytes?: number
  /** Requests served until then. */
  requestTotal: number
  /** Requests under way at that moment, which hold what goes with them. */
  openCount?: number
  /** False for a collection V8 began by itself, which leaves what died while it marked. */
  isProvoked: boolean
}

/** A longer stop than this is never provoked. */
const MAX_PAUSE_MS = 200
/** First guess, before one was measured. */
const MS_PER_MIB = 1.5
/** Collections that come by themselves may come by the dozen near the limit. */
const NATURAL_GAP_MS = 500
/** Array buffers are freed by a helper thread after the collection. */
const EXTERNAL_DELAY_MS = 50

export interface FloorGaugeOptions {
  clock: Clock
  budget: GcBudget
  lock: GcLock
  /** The nearest limit, of the heap or of all memory. */
  limitBytes: number
  nowMs(): number
  requestTotal(): number
  openCount?(): number
  budgetedBytes(): BudgetedBytes
  tell(floor: Floor): void
}

/** Measures the floor: provokes a full collection when budget, siblings and latency allow it, and reads after those that come by themselves. */
export class FloorGauge {
  readonly #options: FloorGaugeOptions
  readonly #need: FloorNeed
  #collect: (() => void) | null | undefined
  #msPerMib = MS_PER_MIB
  #readAtMs = -Infinity
  #last: Floor | null = null

  constructor(options: FloorGaugeOptions) {
    this.#options = options
    this.#need = new FloorNeed(options.limitBytes, options.clock.monotonicMs())
  }

  get last(): Floor | null {
    return this.#last
  }

  /** Provokes a collection if one is due and now is a good moment; to be called every second. `isLatencyBad` says that people wait already. */
  consider(isLatencyBad: boolean, isSuspicious: boolean, isUnexplained: boolean): void {
    const { clock, budget, lock } = this.#options
    const lasting = readLasting()
    if (!this.#need.isDue(lasting, clock.monotonicMs(), isSuspicious, isUnexplained)) return
    const predictedMs = (getHeapStatistics().used_heap_size / MiB) * this.#msPerMib
    if (isLatencyBad || predictedMs > MAX_PAUSE_MS || !budget.allows(predictedMs, clock.monotonicMs())) return
    const collect = (this.#collect ??= findCollector())
    if (collect === null) return
    lock.tryRun(() => {
      const beganAtMs = clock.monotonicMs()
      const before = process.memoryUsage()
      const cpuBefore = process.cpuUsage()
      collect()
      const endedAtMs = clock.monotonicMs()
      const { user, system } = process.cpuUsage(cpuBefore)
      // On a machine that has no time for us a collection seems to take long, though it takes nothing that was ours.
      const tookMs = Math.min(endedAtMs - beganAtMs, (user + system) / 1000)
      budget.spend(tookMs, endedAtMs)
      const measured = tookMs / Math.max(1, before.heapUsed / MiB)
      this.#msPerMib = 0.5 * this.#msPerMib + 0.5 * measured
      this.#need.note(lasting, readLasting(), endedAtMs)
      this.#read(true)
    })
  }

  /** Collects by other means from now on (a profile's reading collects as well), or by V8's own again. */
  collectWith(collect: (() => void) | null): void {
    this.#collect = collect ?? undefined
  }

  /**
   * Heap and external memory that stay, for measuring what an action did. Collects now, outside of the budget, unless that
   * would stop the service for too long; then what is used now is told. After something was let go a collection is short,
   * since it takes time for what lives and not for what died.
   */
  measureNow(hasLetGo: boolean): number {
    const predictedMs = (process.memoryUsage().heapUsed / MiB) * this.#msPerMib
    const collect = (this.#collect ??= findCollector())
    if (hasLetGo || predictedMs <= MAX_PAUSE_MS) collect?.()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }

  /** To be called after every major collection. */
  noteMajor(): void {
    // The observer also tells of the one we provoked.
    const now = this.#options.clock.monotonicMs()
    if (now - this.#readAtMs < NATURAL_GAP_MS) return
    this.#need.noteNatural(now)
    this.#read(false)
  }

  #read(isProvoked: boolean): void {
    const { clock, nowMs, requestTotal, budgetedBytes, tell } = this.#options
    this.#readAtMs = clock.monotonicMs()
    const { heapUsed, external } = process.memoryUsage()
    const budgeted = budgetedBytes()
    const floor: Floor = {
      atMs: nowMs(),
      heapBytes: heapUsed,
      externalBytes: external,
      budgetedBytes: budgeted.heap,
      budgetedOffHeapBytes: budgeted.offHeap,
      requestTotal: requestTotal(),
      openCount: this.#options.openCount?.(),
      isProvoked,
    }
    clock.after(EXTERNAL_DELAY_MS, () => {
      this.#last = { ...floor, externalBytes: Math.min(external, process.memoryUsage().external) }
      tell(this.#last)
    })
  }
}

/** V8's own full collection, without asking the host to start with `--expose-gc`; null where V8 has none to give. */
function findCollector(): (() => void) | null {
  try {
    setFlagsFromString('--expose-gc')
    const collect: unknown = runInNewContext('gc')
    return typeof collect === 'function' ? () => void collect() : null
  } catch {
    return null
  } finally {
    // Contexts that the host opens later must not find a `gc` of ours.
    if (!process.execArgv.some((argument) => /^--expose[-_]gc$/.test(argument))) setFlagsFromString('--no-expose-gc')
  }
}
