import type { Clock } from '@plimsoll/core'
import type { Sample } from '@plimsoll/core/wire'
import type { Guard } from '../guard.ts'
import type { CachesSource } from './source/caches.ts'
import { EventLoopSource } from './source/event-loop.ts'
import type { FloorGauge } from './floor-gauge.ts'
import { GcSource } from './source/gc.ts'
import type { HttpSource } from './source/http.ts'
import { CpuSource, readMemory } from './source/process.ts'
import type { SqlSource } from './source/sql.ts'
import { UsualLatency } from './usual-latency.ts'

/** What the main thread can say at one moment; the watchdog adds what the kernel says and the census's sites. */
export interface Reading {
  sample: Omit<Sample, 'cpuWaitShare' | 'cgroup' | 'threadCount' | 'sites'>
  requestTotal: number
  /** Answers are slow already: nothing of ours may add to it. */
  isLatencyBad: boolean
}

export interface SamplerOptions {
  clock: Clock
  guard: Guard
  nowMs(): number
  /** How often {@link Sampler.noteBeat} is called. */
  beatMs: number
  heapLimitBytes: number
  http: HttpSource
  sql: SqlSource
  caches: CachesSource
  gauge: FloorGauge
}

/** A loop that is late by this at its median has no time for us. */
const BAD_LOOP_DELAY_MS = 80

/** Reads all sources of the main thread at once. */
export class Sampler {
  readonly #options: SamplerOptions
  readonly #cpu = new CpuSource()
  readonly #eventLoop: EventLoopSource
  readonly #gc: GcSource
  #lastAtMs: number
  readonly #latency = new UsualLatency()

  constructor(options: SamplerOptions) {
    this.#options = options
    this.#lastAtMs = options.clock.monotonicMs()
    this.#eventLoop = new EventLoopSource(options.beatMs, this.#lastAtMs)
    this.#gc = new GcSource(
      () => options.gauge.noteMajor(),
      (act) => options.guard('gc observer', act),
    )
  }

  noteBeat(): void {
    this.#eventLoop.noteBeat(this.#options.clock.monotonicMs())
  }

  read(): Reading {
    const { clock, nowMs, heapLimitBytes, http, sql, caches, gauge } = this.#options
    const now = clock.monotonicMs()
    const windowMs = now - this.#lastAtMs
    this.#lastAtMs = now
    const served = http.read()
    const eventLoop = this.#eventLoop.read()
    return {
      sample: {
        atMs: nowMs(),
        windowMs,
        memory: {
          ...readMemory(heapLimitBytes),
          floorBytes: gauge.last ? gauge.last.heapBytes + gauge.last.externalBytes : null,
          floorAtMs: gauge.last?.atMs ?? null,
        },
        gc: this.#gc.read(windowMs),
        eventLoop,
        cpuShare: this.#cpu.read(windowMs),
        ...served,
        sql: sql.read(),
        caches: caches.read(),
        handleCount: process.getActiveResourcesInfo().length,
      },
      requestTotal: http.totalCount,
      isLatencyBad: this.#judgeLatency(served.http, eventLoop),
    }
  }

  stop(): void {
    this.#gc.stop()
  }

  #judgeLatency(http: Sample['http'], eventLoop: Sample['eventLoop']): boolean {
    const isLoopLate = eventLoop.delayMsP50 > BAD_LOOP_DELAY_MS
    return http && http.requestCount > 0 ? this.#latency.isBad(http.latencyMsP99) || isLoopLate : isLoopLate
  }
}
