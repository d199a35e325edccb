import { DAY_MS, MINUTE_MS } from '@plimsoll/core'
import type { DaySeries } from '../api/contract.ts'
import { valueOf, type RowValues } from './series.ts'

/** What a roll-up sums up. */
export const ROLL_UP_MS = 10 * MINUTE_MS
/** How far back roll-ups go. */
export const ROLL_UP_KEEP_MS = 7 * DAY_MS
const MAX_ROLL_UPS = ROLL_UP_KEEP_MS / ROLL_UP_MS

/** Ten minutes of a process. The lowest floor: what is still there when the most was let go. */
const columns = [
  /** Instant ÷ {@link ROLL_UP_MS}: a whole number that fits a float of 32 bits for the next 270 years. */
  'slot',
  'floorBytesMin',
  /** The same without what caches within their budget held. */
  'netFloorBytesMin',
  'rssBytesMax',
  'heapLimitBytes',
  'requestsPerSec',
  'latencyMsP99Max',
] as const
type Column = (typeof columns)[number]
const width = columns.length
const offsets = Object.fromEntries(columns.map((column, index) => [column, index])) as Record<Column, number>

/** One roll-up as numbers, in the order of the columns; null where nothing was measured. */
export type RollUpValues = readonly (number | null)[]

/**
 * A week of a process in steps of ten minutes: at most 1,008 roll-ups of 28 bytes, grown by doubling. Rows go in by time; what is
 * complete comes out once, to be kept on disk.
 */
export class RollUpRing {
  #values = new Float32Array(8 * width)
  #count = 0
  #start = 0
  #open: Gathering | null = null

  get count(): number {
    return this.#count
  }

  /** Begin of the newest complete roll-up. */
  get lastAtMs(): number {
    return this.#lastSlot() * ROLL_UP_MS
  }

  /** Takes a row in. Answers the roll-up it completes, or null. */
  add(row: RowValues, boundedBytes: number): RollUpValues | null {
    const slot = Math.floor(valueOf(row, 'atMs') / ROLL_UP_MS)
    if (slot <= this.#lastSlot()) return null
    let completed: RollUpValues | null = null
    if (this.#open && slot > this.#open.slot) {
      completed = valuesOf(this.#open)
      this.push(completed)
      this.#open = null
    }
    this.#open ??= { slot, floor: Infinity, netFloor: Infinity, rss: 0, limit: 0, requests: 0, p99: 0, spanMs: 0 }
    gather(this.#open, row, boundedBytes)
    return completed
  }

  /** Takes up one that was kept. An older one than the newest is left out. */
  push(rollUp: RollUpValues): void {
    if ((rollUp[offsets.slot] ?? 0) <= this.#lastSlot()) return
    if (this.#count === this.#values.length / width) this.#makeRoom()
    const at = (this.#start + this.#count) % (this.#values.length / width)
    for (let column = 0; column < width; column++) this.#values[at * width + column] = rollUp[column] ?? NaN
    this.#count++
  }

  /** The lowest net floors, for judging days. */
  netFloors(): [atMs: number, bytes: number][] {
    const points: [number, number][] = []
    for (let index = 0; index < this.#count; index++) {
      const bytes = this.#read(index, 'netFloorBytesMin')
      if (!Number.isNaN(bytes)) points.push([this.#read(index, 'slot') * ROLL_UP_MS, bytes])
    }
    return points
  }

  series(): DaySeries {
    const all = <Value>(read: (index: number) => Value) =>
      Array.from({ length: this.#count }, (_, index) => read(index))
    const column = (name: Column) =>
      all((index) => {
        const value = this.#read(index, name)
        return Number.isNaN(value) ? null : value
      })
    return {
      atMs: all((index) => this.#read(index, 'slot') * ROLL_UP_MS),
      floorBytes: column('floorBytesMin'),
      rssBytes: column('rssBytesMax'),
      heapLimitBytes: column('heapLimitBytes'),
      requestsPerSec: column('requestsPerSec'),
      latencyMsP99: column('latencyMsP99Max'),
    }
  }

  #lastSlot(): number {
    return this.#count === 0 ? -Infinity : this.#read(this.#count - 1, 'slot')
  }

  #read(index: number, column: Column): number {
    return this.#values[((this.#start + index) % (this.#values.length / width)) * width + offsets[column]]!
  }

  #makeRoom(): void {
    const capacity = this.#values.length / width
    if (capacity === MAX_ROLL_UPS) {
      this.#start = (this.#start + 1) % capacity
      this.#count--
      return
    }
    // Before it is at its full capacity the ring never turned, so all lies in order from the start.
    const grown = new Float32Array(Math.min(MAX_ROLL_UPS, capacity * 2) * width)
    grown.set(this.#values)
    this.#values = grown
  }
}

interface Gathering {
  slot: number
  floor: number
  netFloor: number
  rss: number
  limit: number
  requests: number
  p99: number
  spanMs: number
}

function gather(open: Gathering, row: RowValues, boundedBytes: number): void {
  const floor = valueOf(row, 'floorBytes')
  if (!Number.isNaN(floor)) {
    open.floor = Math.min(open.floor, floor)
    open.netFloor = Math.min(open.netFloor, floor - boundedBytes)
  }
  open.rss = Math.max(open.rss, valueOf(row, 'rssBytes'))
  open.limit = valueOf(row, 'heapLimitBytes')
  open.requests += valueOf(row, 'requestCount') || 0
  open.p99 = Math.max(open.p99, valueOf(row, 'latencyMsP99') || 0)
  open.spanMs += valueOf(row, 'windowMs')
}

function valuesOf({ slot, floor, netFloor, rss, limit, requests, p99, spanMs }: Gathering): RollUpValues {
  const seconds = Math.max(spanMs, 1) / 1000
  const rounded = (value: number) => (Number.isFinite(value) ? Math.round(value * 100) / 100 : null)
  return [slot, rounded(floor), rounded(netFloor), rss, limit, rounded(requests / seconds), rounded(p99)]
}
