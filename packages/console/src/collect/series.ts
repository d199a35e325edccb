import { MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import type { Sample } from '@plimsoll/core/wire'
import type { ProcessSeries, SeriesPoint } from '../api/contract.ts'
import { hadTime, MIN_SPAN_MS, slowStatementLineMs, type Window } from '../rule/facts.ts'

const columns = [
  'atMs',
  'windowMs',
  'floorAtMs',
  'floorBytes',
  'heapUsedBytes',
  'externalBytes',
  'rssBytes',
  'heapLimitBytes',
  'gcCpuShare',
  'eventLoopUtilization',
  'eventLoopDelayMsP99',
  'cpuShare',
  'requestCount',
  'errorCount',
  'latencyMsP50',
  'latencyMsP99',
  'sqlCount',
  'sqlErrorCount',
  'sqlWaitMsP99',
  'sqlRunMsP50',
  'sqlRunMsP99',
  'cpuWaitShare',
  'arrivedCount',
] as const
type Column = (typeof columns)[number]
/** One sample as numbers, in the order of the columns; NaN where nothing was measured. */
export type RowValues = ArrayLike<number>

const width = columns.length
const offsets = Object.fromEntries(columns.map((column, index) => [column, index])) as Record<Column, number>

/** A quarter of an hour at one sample a second. */
export const MAX_ROWS = 900
/** Older rows are not served even when there is room. */
export const HOT_MS = 15 * MINUTE_MS

/**
 * The hot quarter of an hour of one process: a ring of at most {@link MAX_ROWS} rows of doubles, 140 kB when full, grown by
 * doubling so that a short life costs little. What was not measured is NaN inside and null outside.
 */
export class SeriesRing {
  #rows = new Float64Array(32 * width)
  #capacity = 32
  #start = 0
  #count = 0

  get count(): number {
    return this.#count
  }

  get firstAtMs(): number {
    return this.#count === 0 ? Infinity : this.#read(0, 'atMs')
  }

  get lastAtMs(): number {
    return this.#count === 0 ? -Infinity : this.#read(this.#count - 1, 'atMs')
  }

  push(sample: Sample): void {
    this.pushRow(rowOf(sample))
  }

  pushRow(row: RowValues): void {
    if (this.#count === this.#capacity) this.#makeRoom()
    const at = ((this.#start + this.#count) % this.#capacity) * width
    this.#rows.set(row, at)
    // A journal of the version before has shorter rows.
    this.#rows.fill(NaN, at + row.length, at + width)
    this.#count++
  }

  /** Puts a row where its time belongs, which mostly is the end. Answers whether there was none of that instant yet, and room. */
  insertRow(row: RowValues): boolean {
    const atMs = valueOf(row, 'atMs')
    let laterCount = 0
    while (laterCount < this.#count && this.#read(this.#count - 1 - laterCount, 'atMs') > atMs) laterCount++
    const isOlderThanAll = laterCount === this.#count && this.#count === MAX_ROWS
    if (isOlderThanAll || (laterCount < this.#count && this.#read(this.#count - 1 - laterCount, 'atMs') === atMs))
      return false
    this.pushRow(row)
    for (let index = this.#count - 1; laterCount > 0; index--, laterCount--) this.#swap(index, index - 1)
    return true
  }

  #swap(one: number, other: number): void {
    const [left, right] = [one, other].map((index) => {
      const at = ((this.#start + index) % this.#capacity) * width
      return this.#rows.subarray(at, at + width)
    })
    const kept = left!.slice()
    left!.set(right!)
    right!.set(kept)
  }

  /** Means and sums over the rows that ended in (`fromMs`, `untilMs`]; null when there are none. */
  window(
    fromMs: number,
    untilMs: number,
    objectiveMs: number,
    usualSqlRunMsP50: number | null = null,
  ): Omit<Window, 'usualSqlRunMsP50'> | null {
    const slowLineMs = slowStatementLineMs(usualSqlRunMsP50)
    const slowRows: number[] = []
    const newest = { arrived: 0, spanMs: 0 }
    let spanMs = 0
    let rowCount = 0
    const sum = {
      request: 0,
      arrived: 0,
      error: 0,
      slow: 0,
      p50: 0,
      gc: 0,
      loop: 0,
      delay: 0,
      cpu: 0,
      sql: 0,
      sqlError: 0,
      sqlP50: 0,
      cpuWait: 0,
    }
    let cpuWaitCount = 0
    const believed = { queryCount: 0, p50: 0, spanMs: 0, arrivalsPerSec: 0 }
    const worst = { p99: 0, sqlWait: 0, sqlRun: 0 }
    for (let index = this.#count - 1; index >= 0; index--) {
      const atMs = this.#read(index, 'atMs')
      if (atMs <= fromMs) break
      if (atMs > untilMs) continue
      rowCount++
      spanMs += this.#read(index, 'windowMs')
      const requestCount = orZero(this.#read(index, 'requestCount'))
      const arrivedCount = this.#arrivedCount(index)
      sum.request += requestCount
      sum.arrived += arrivedCount
      if (newest.spanMs < MIN_SPAN_MS) {
        newest.arrived += arrivedCount
        newest.spanMs += this.#read(index, 'windowMs')
      }
      sum.error += orZero(this.#read(index, 'errorCount'))
      sum.p50 += requestCount * orZero(this.#read(index, 'latencyMsP50'))
      const p99 = orZero(this.#read(index, 'latencyMsP99'))
      sum.slow += requestCount * slowShare(orZero(this.#read(index, 'latencyMsP50')), p99, objectiveMs)
      worst.p99 = Math.max(worst.p99, p99)
      sum.gc += this.#read(index, 'gcCpuShare')
      sum.loop += this.#read(index, 'eventLoopUtilization')
      sum.delay += this.#read(index, 'eventLoopDelayMsP99')
      sum.cpu += this.#read(index, 'cpuShare')
      const sqlCount = orZero(this.#read(index, 'sqlCount'))
      sum.sql += sqlCount
      sum.sqlError += orZero(this.#read(index, 'sqlErrorCount'))
      sum.sqlP50 += sqlCount * orZero(this.#read(index, 'sqlRunMsP50'))
      worst.sqlWait = Math.max(worst.sqlWait, orZero(this.#read(index, 'sqlWaitMsP99')))
      worst.sqlRun = Math.max(worst.sqlRun, orZero(this.#read(index, 'sqlRunMsP99')))
      const cpuWaitShare = this.#read(index, 'cpuWaitShare')
      if (!Number.isNaN(cpuWaitShare)) {
        sum.cpuWait += cpuWaitShare
        cpuWaitCount++
      }
      if (sqlCount === 0 || !this.#hadTime(index, cpuWaitShare)) continue
      const runMs = sqlCount * this.#read(index, 'sqlRunMsP50')
      if (this.#read(index, 'sqlRunMsP50') >= slowLineMs) slowRows.push(index)
      const sampleMs = this.#read(index, 'windowMs')
      believed.queryCount += sqlCount
      believed.p50 += runMs
      believed.spanMs += sampleMs
      believed.arrivalsPerSec += (runMs * arrivedCount * SECOND_MS) / Math.max(1, sampleMs)
    }
    if (rowCount === 0) return null
    const seconds = Math.max(spanMs, SECOND_MS) / SECOND_MS
    return {
      requestCount: sum.request,
      slowCount: sum.slow,
      requestsPerSec: sum.request / seconds,
      arrivalsPerSec: sum.arrived / seconds,
      newestArrivalsPerSec: (newest.arrived * SECOND_MS) / Math.max(newest.spanMs, SECOND_MS),
      errorsPerSec: sum.error / seconds,
      latencyMsP50: sum.request === 0 ? 0 : sum.p50 / sum.request,
      latencyMsP99: worst.p99,
      gcCpuShare: sum.gc / rowCount,
      eventLoopUtilization: sum.loop / rowCount,
      eventLoopDelayMsP99: sum.delay / rowCount,
      cpuShare: sum.cpu / rowCount,
      cpuWaitShare: cpuWaitCount === 0 ? null : sum.cpuWait / cpuWaitCount,
      sql:
        sum.sql === 0
          ? null
          : {
              queryCount: sum.sql,
              errorCount: sum.sqlError,
              waitMsP99: worst.sqlWait,
              runMsP50: sum.sqlP50 / sum.sql,
              runMsP99: worst.sqlRun,
            },
      believedSql: {
        queryCount: believed.queryCount,
        runMsP50: believed.queryCount === 0 ? 0 : believed.p50 / believed.queryCount,
        spanMs: believed.spanMs,
        arrivalsPerSec: believed.p50 === 0 ? 0 : believed.arrivalsPerSec / believed.p50,
        onset: this.#onsetOf(slowRows),
      },
    }
  }

  /** @param slowRows in which statements were slow, the newest first */
  #onsetOf(slowRows: readonly number[]): Window['believedSql']['onset'] {
    if (slowRows.length === 0) return null
    const onset = { queryCount: 0, runMs: 0, spanMs: 0, arrivedCount: 0 }
    for (let at = slowRows.length - 1; at >= 0 && onset.spanMs < MIN_SPAN_MS; at--) {
      const index = slowRows[at]!
      const queryCount = this.#read(index, 'sqlCount')
      onset.queryCount += queryCount
      onset.runMs += queryCount * this.#read(index, 'sqlRunMsP50')
      onset.spanMs += this.#read(index, 'windowMs')
      onset.arrivedCount += this.#arrivedCount(index)
    }
    const { queryCount, runMs, spanMs, arrivedCount } = onset
    const arrivalsPerSec = (arrivedCount * SECOND_MS) / Math.max(1, spanMs)
    return { queryCount, runMsP50: runMs / queryCount, spanMs, arrivalsPerSec }
  }

  /** What hangs is asked for all the same; of an agent that does not tell, only what it answered is known. */
  #arrivedCount(index: number): number {
    const arrivedCount = this.#read(index, 'arrivedCount')
    return Number.isNaN(arrivedCount) ? orZero(this.#read(index, 'requestCount')) : arrivedCount
  }

  /**
   * Each sample by itself: over the whole window a process whose traffic has just ended looks free, and its slow statements are all
   * of the time when it was not.
   */
  #hadTime(index: number, cpuWaitShare: number): boolean {
    return hadTime({
      eventLoopDelayMsP99: this.#read(index, 'eventLoopDelayMsP99'),
      eventLoopUtilization: this.#read(index, 'eventLoopUtilization'),
      gcCpuShare: this.#read(index, 'gcCpuShare'),
      cpuWaitShare: Number.isNaN(cpuWaitShare) ? null : cpuWaitShare,
    })
  }

  /** Median of a column over (`fromMs`, `untilMs`]; null with fewer than `minCount` values. */
  median(column: Column, fromMs: number, untilMs: number, minCount: number): number | null {
    const values: number[] = []
    for (let index = 0; index < this.#count; index++) {
      const atMs = this.#read(index, 'atMs')
      const value = this.#read(index, column)
      if (atMs > fromMs && atMs <= untilMs && !Number.isNaN(value)) values.push(value)
    }
    return medianOf(values, minCount)
  }

  points(sinceMs: number): ProcessSeries {
    const series = Object.fromEntries(
      seriesColumns.map((column) => [column, [] as unknown[]]),
    ) as unknown as ProcessSeries
    for (let index = 0; index < this.#count; index++) {
      if (this.#read(index, 'atMs') <= sinceMs) continue
      const point = this.#pointAt(index)
      for (const column of seriesColumns) (series[column] as (number | null)[]).push(point[column])
    }
    return series
  }

  lastPoint(): SeriesPoint | null {
    return this.#count === 0 ? null : this.#pointAt(this.#count - 1)
  }

  #pointAt(index: number): SeriesPoint {
    const seconds = Math.max(this.#read(index, 'windowMs'), 1) / SECOND_MS
    const value = (column: Column) => {
      const read = this.#read(index, column)
      return Number.isNaN(read) ? null : read
    }
    const rate = (column: Column) => {
      const count = value(column)
      return count === null ? null : count / seconds
    }
    return {
      atMs: this.#read(index, 'atMs'),
      floorBytes: value('floorBytes'),
      heapUsedBytes: this.#read(index, 'heapUsedBytes'),
      externalBytes: this.#read(index, 'externalBytes'),
      rssBytes: this.#read(index, 'rssBytes'),
      heapLimitBytes: this.#read(index, 'heapLimitBytes'),
      gcCpuShare: this.#read(index, 'gcCpuShare'),
      eventLoopUtilization: this.#read(index, 'eventLoopUtilization'),
      eventLoopDelayMsP99: this.#read(index, 'eventLoopDelayMsP99'),
      cpuShare: this.#read(index, 'cpuShare'),
      requestsPerSec: rate('requestCount'),
      errorsPerSec: rate('errorCount'),
      latencyMsP50: value('latencyMsP50'),
      latencyMsP99: value('latencyMsP99'),
    }
  }

  #read(index: number, column: Column): number {
    return this.#rows[((this.#start + index) % this.#capacity) * width + offsets[column]]!
  }

  #makeRoom(): void {
    if (this.#capacity === MAX_ROWS) {
      this.#start = (this.#start + 1) % this.#capacity
      this.#count--
      return
    }
    // Before the ring is at its full capacity it never turned, so the rows lie in order from the start.
    this.#capacity = Math.min(MAX_ROWS, this.#capacity * 2)
    const grown = new Float64Array(this.#capacity * width)
    grown.set(this.#rows)
    this.#rows = grown
  }
}

const seriesColumns: readonly (keyof ProcessSeries)[] = [
  'atMs',
  'floorBytes',
  'heapUsedBytes',
  'externalBytes',
  'rssBytes',
  'heapLimitBytes',
  'gcCpuShare',
  'eventLoopUtilization',
  'eventLoopDelayMsP99',
  'cpuShare',
  'requestsPerSec',
  'errorsPerSec',
  'latencyMsP50',
  'latencyMsP99',
]

export function rowOf(sample: Sample): number[] {
  const { memory, gc, eventLoop, http, sql } = sample
  const row: Record<Column, number> = {
    atMs: sample.atMs,
    windowMs: sample.windowMs,
    floorAtMs: memory.floorAtMs ?? NaN,
    floorBytes: memory.floorBytes ?? NaN,
    heapUsedBytes: memory.heapUsedBytes,
    externalBytes: memory.externalBytes,
    rssBytes: memory.rssBytes,
    heapLimitBytes: memory.heapLimitBytes,
    gcCpuShare: gc.cpuShare,
    eventLoopUtilization: eventLoop.utilization,
    eventLoopDelayMsP99: eventLoop.delayMsP99,
    cpuShare: sample.cpuShare,
    requestCount: http?.requestCount ?? NaN,
    errorCount: http?.errorCount ?? NaN,
    latencyMsP50: http?.latencyMsP50 ?? NaN,
    latencyMsP99: http?.latencyMsP99 ?? NaN,
    sqlCount: sql?.queryCount ?? NaN,
    sqlErrorCount: sql?.errorCount ?? NaN,
    sqlWaitMsP99: sql?.waitMsP99 ?? NaN,
    sqlRunMsP50: sql?.runMsP50 ?? NaN,
    sqlRunMsP99: sql?.runMsP99 ?? NaN,
    cpuWaitShare: sample.cpuWaitShare ?? NaN,
    arrivedCount: http?.arrivedCount ?? NaN,
  }
  return columns.map((column) => row[column])
}

/** One value of a row. */
export function valueOf(row: RowValues, column: Column): number {
  return row[offsets[column]] ?? NaN
}

/**
 * Which share of requests took longer than the objective, when all that is known is p50 and p99: as if latencies were
 * log-normal, which they roughly are. Without it one slow request in a quiet window would count as a slow window.
 */
export function slowShare(latencyMsP50: number, latencyMsP99: number, objectiveMs: number): number {
  if (latencyMsP50 >= objectiveMs) return 1
  if (latencyMsP50 <= 0 || latencyMsP99 <= latencyMsP50) return 0
  const sigma = Math.log(latencyMsP99 / latencyMsP50) / 2.326
  return tailOf(Math.log(objectiveMs / latencyMsP50) / sigma)
}

/** What lies above z in a standard normal distribution; Bowling's approximation, wrong by 0.0002 at most. */
function tailOf(z: number): number {
  return 1 / (1 + Math.exp(0.07056 * z ** 3 + 1.5976 * z))
}

export function medianOf(values: number[], minCount = 1): number | null {
  if (values.length < minCount || values.length === 0) return null
  const sorted = values.sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)]!
}

function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value
}
