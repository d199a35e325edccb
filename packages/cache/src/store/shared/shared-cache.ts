import { InvalidOptionError, MINUTE_MS, systemClock, type Clock, type Fault } from '@plimsoll/core'
import type { CacheHandle } from '@plimsoll/core/wire'
import type { FetchOptions } from '../../cache.ts'
import { announceClosed, announceOpened, callSiteOf } from '../../channels.ts'
import { EntryTooLargeError } from '../../errors.ts'
import { SingleFlight, type FlightControls } from '../../load/single-flight.ts'
import { checkTags, checkTtlMs, type EntryOptions, type Loader, type Storable } from '../../options.ts'
import { KeyBytes } from '../off-heap/key-bytes.ts'
import {
  UnstorableValueError,
  ValueBytes,
  codecNames,
  finishPlain,
  isPlain,
  readPlain,
  readValue,
  type CodecName,
} from '../off-heap/value-bytes.ts'
import { LogReader } from './log-reader.ts'
import { HEAD_WORDS, unitsOf, writeHead, type Draft } from './record.ts'
import { SharedLog, napOn, type Pace } from './shared-log.ts'
import { SharedLayout, TAG_COUNTERS, UNIT_BYTES, checkSharedMemory } from './shared-memory.ts'
import { TagCounters } from './tag-counters.ts'
import { ThreadSlot, sumCounts } from './thread-slot.ts'
import { watchThreads } from './watch-threads.ts'

export interface SharedCacheOptions<K, V extends Storable> {
  /** What `createSharedMemory` answered, the same in every thread. */
  memory: SharedArrayBuffer
  /** What people see in reports. Default: the file and line that opened it. */
  name?: string
  /** How values become bytes; the same in every thread. Default `v8`. */
  codec?: CodecName
  /** Age in ms at which an entry is no longer fresh, by the clock on the wall, as each thread's own begins when it does. Default `Infinity`. */
  ttlMs?: number
  /** Used by `fetch` for a key that is not here. */
  load?: Loader<K, V>
  /** Time in ms after which a load is given up. Default 60 s. */
  loadTimeoutMs?: number
  /** Default: the machine's. */
  clock?: Clock
}

/** Counts of all threads, those that have ended too, modulo 2³². */
export interface SharedCacheStats {
  readonly maxBytes: number
  /** Threads that have the memory open. */
  readonly threadCount: number
  readonly hitCount: number
  readonly missCount: number
  readonly setCount: number
  /** 0..1; 0 before the first lookup. */
  readonly hitRatio: number
  /** Of this thread: loads, and turns taken over from threads that did not go on. */
  readonly loadCount: number
  readonly takeOverCount: number
}

/** One thread's door to entries that all threads share. Each call means what it means for other caches; `get` answers an equal value of its own. */
export interface SharedCache<K, V extends Storable> extends Disposable {
  readonly name: string
  get(key: K): V | undefined
  has(key: K): boolean
  /**
   * Stores a value for all threads; `undefined` deletes.
   * @throws {@link EntryTooLargeError} when it is larger than the memory's `maxEntryBytes`; what stood under the key is gone then
   */
  set(key: K, value: V | undefined, options?: Omit<EntryOptions, 'bytes'>): this
  /** The fresh value, else the loaded one: one load a thread serves all who ask there meanwhile. */
  fetch(key: K, options?: FetchOptions<K, V>): Promise<V | undefined>
  delete(key: K): void
  clear(): void
  /** Removes every entry with this tag, in every thread at once. A rare other tag may lose its entries with it. */
  invalidateTag(tag: string): void
  stats(): SharedCacheStats
  /** Leaves; the entries stay for the others. */
  close(): void
}

/**
 * Opens memory that threads share, once in each of them. Open it before you start workers, so that they are seen to end.
 * @example
 * const memory = createSharedMemory({ maxBytes: 256 * 1024 * 1024 })
 * const pages = openSharedCache<string, string>({ memory, load: render }) // here, and in each worker
 * new Worker(new URL('./worker.js', import.meta.url), { workerData: { memory } })
 * @throws InvalidOptionError with every fault at once
 */
export function openSharedCache<K, V extends Storable>(options: SharedCacheOptions<K, V>): SharedCache<K, V> {
  return new ThreadsCache(options, callSiteOf(openSharedCache))
}

/** Room for what is written; one that needed more gives it back. */
const DRAFT_WORDS = 4096

class ThreadsCache<K, V extends Storable> implements SharedCache<K, V> {
  readonly name: string
  readonly #memory: SharedArrayBuffer
  readonly #layout: SharedLayout
  readonly #slot: ThreadSlot
  readonly #tags: TagCounters
  readonly #reader: LogReader
  readonly #log: SharedLog
  readonly #key: KeyBytes
  readonly #tagKey: KeyBytes
  readonly #value: ValueBytes
  readonly #flights: SingleFlight<K, V | undefined>
  readonly #clock: Clock
  readonly #ttlMs: number
  readonly #ownLoad: Loader<K, V> | undefined
  readonly #handle: CacheHandle
  readonly #unwatch: () => void
  readonly #shortDraft = new Int32Array(DRAFT_WORDS)
  #copy: Buffer = Buffer.alloc(0)
  #loadCount = 0
  #isClosed = false

  constructor(options: SharedCacheOptions<K, V>, createdAt: string | null) {
    const { memory, name, codec, ttlMs, load, loadTimeoutMs, clock } = resolve(options)
    this.name = name ?? createdAt ?? 'shared cache'
    this.#memory = memory
    const words = new Int32Array(memory)
    const layout = (this.#layout = new SharedLayout(words))
    this.#slot = new ThreadSlot(words, layout)
    this.#tags = new TagCounters(words, layout)
    this.#reader = new LogReader(memory, layout, this.#slot, this.#tags)
    this.#log = new SharedLog(memory, layout, this.#slot, this.#reader, paceOf(clock))
    this.#key = new KeyBytes(layout.seeds[0], layout.seeds[1])
    this.#tagKey = new KeyBytes(layout.seeds[2], layout.seeds[3])
    this.#value = new ValueBytes(codec)
    this.#flights = new SingleFlight({ clock, timeoutMs: loadTimeoutMs })
    this.#clock = clock
    this.#ttlMs = ttlMs
    this.#ownLoad = load
    this.#unwatch = watchThreads(words, layout)
    this.#handle = {
      name: this.name,
      createdAt,
      report: () => {
        const { maxBytes, hitCount, missCount, loadCount } = this.stats()
        const counts = { entryCount: null, hitCount, missCount, loadCount, removals: {} }
        const memory = { bytes: maxBytes, offHeapBytes: maxBytes, budgetBytes: maxBytes }
        return { name: this.name, createdAt, ...memory, ...counts, curve: [] }
      },
      clear: () => this.clear(),
    }
    announceOpened(this.#handle)
  }

  get(key: K): V | undefined {
    this.#key.put(key)
    const value = this.#read()
    if (value === undefined) this.#slot.countMiss()
    else this.#slot.countHit()
    return value
  }

  has(key: K): boolean {
    this.#key.put(key)
    return this.#findFresh() && this.#reader.isIntact()
  }

  set(key: K, value: V | undefined, options: Omit<EntryOptions, 'bytes'> = noOptions): this {
    this.#flights.overtake(key)
    if (value === undefined) {
      this.delete(key)
      return this
    }
    try {
      this.#put(key, value, options, this.#tags.count, null)
    } catch (error) {
      // What stands here is not the truth any more, and the truth cannot be kept.
      this.delete(key)
      throw error
    }
    this.#slot.countSet()
    return this
  }

  fetch(key: K, options: FetchOptions<K, V> = noOptions): Promise<V | undefined> {
    try {
      const value = this.get(key)
      if (value !== undefined) return Promise.resolve(value)
      const load = options.load ?? this.#ownLoad
      if (!load) throw new InvalidOptionError('fetch', [{ where: 'load', what: noLoader }])
      const start = (controls: FlightControls) => this.#load(key, load, options, controls)
      return this.#flights.join(key, start, options.abortSignal)
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  delete(key: K): void {
    this.#flights.overtake(key)
    if (this.#isClosed) return
    this.#key.put(key)
    const hash = this.#key.hash()
    if (!this.#fits(0, 0)) return
    // Where nothing is known of the key too: another thread may be loading it just now.
    this.#append({ hash, valueBytes: 0, isDeleted: true, born: 0, freshUntilMs: Infinity, tags: noTags }, null)
  }

  clear(): void {
    this.#flights.overtakeAll()
    if (!this.#isClosed) this.#log.clear()
  }

  invalidateTag(tag: string): void {
    this.#flights.overtakeTag(tag)
    if (!this.#isClosed) this.#tags.invalidate(this.#tagCounter(tag))
  }

  stats(): SharedCacheStats {
    const counts = sumCounts(new Int32Array(this.#memory), this.#layout)
    const lookupCount = counts.hitCount + counts.missCount
    return {
      maxBytes: this.#memory.byteLength,
      ...counts,
      hitRatio: lookupCount === 0 ? 0 : counts.hitCount / lookupCount,
      loadCount: this.#loadCount,
      takeOverCount: this.#log.takeOverCount,
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#flights.overtakeAll()
    this.#flights.release()
    this.#isClosed = true
    this.#unwatch()
    this.#slot.leave()
    announceClosed(this.#handle)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  // Reading.

  #findFresh(): boolean {
    const reader = this.#reader
    if (this.#isClosed || !reader.find(this.#key.hash(), this.#key) || reader.isDeleted) return false
    return (reader.freshUntilMs === Infinity || this.#clock.nowMs() < reader.freshUntilMs) && !reader.isInvalidated()
  }

  /** The value of the key that was put. What was overwritten while it was read is not here any more. */
  #read(): V | undefined {
    if (!this.#findFresh()) return undefined
    const reader = this.#reader
    const { valueAt, valueBytes, valueKind } = reader
    // One letter a byte, or bytes: what is made of them cannot be harmed by a change on the way. The rest is copied first.
    if (isPlain(valueKind)) {
      const plain = readPlain(valueKind, reader.bytes, valueAt, valueAt + valueBytes)
      if (!reader.isIntact()) return undefined
      reader.mark()
      return finishPlain(valueKind, plain) as V
    }
    if (this.#copy.length < valueBytes) this.#copy = Buffer.alloc(2 * valueBytes)
    reader.bytes.copy(this.#copy, 0, valueAt, valueAt + valueBytes)
    if (!reader.isIntact()) return undefined
    reader.mark()
    return readValue(valueKind, this.#copy, 0, valueBytes) as V
  }

  // Writing.

  #put(key: K, value: V, options: EntryOptions, born: number, since: number | null): void {
    if (this.#isClosed) return
    const ttlMs = options.ttlMs === undefined ? this.#ttlMs : checkTtlMs(options.ttlMs)
    const tags = options.tags === undefined ? noTags : checkTags(options.tags).map((tag) => this.#tagCounter(tag))
    // A value's own code may run, and use this cache: the key comes after it.
    this.#value.prepare(value)
    try {
      this.#key.put(key)
      const hash = this.#key.hash()
      const { byteLength } = this.#value
      const freshUntilMs = ttlMs === Infinity ? Infinity : this.#clock.nowMs() + ttlMs
      if (!this.#fits(tags.length, byteLength)) {
        const entryBytes = byteLength + this.#bytesBefore(tags.length)
        throw new EntryTooLargeError({ key, entryBytes, maxBytes: this.#layout.mostUnits * UNIT_BYTES })
      }
      this.#append({ hash, valueBytes: byteLength, isDeleted: false, born, freshUntilMs, tags }, since)
    } finally {
      this.#value.release()
    }
  }

  #append(head: Parameters<typeof writeHead>[1], since: number | null): void {
    const keyAt = HEAD_WORDS + head.tags.length
    const valueAt = this.#bytesBefore(head.tags.length)
    const byteLength = valueAt + head.valueBytes
    const words = 4 * DRAFT_WORDS < byteLength ? new Int32Array((byteLength + 3) >> 2) : this.#shortDraft
    const bytes = Buffer.from(words.buffer)
    writeHead(words, head)
    this.#key.writeTo(bytes, 4 * keyAt, head.isDeleted ? 0 : this.#value.kind)
    if (!head.isDeleted) this.#value.writeTo(bytes, valueAt)
    const draft: Draft = { hash: head.hash, key: this.#key, words, byteLength }
    this.#log.append(draft, since)
  }

  /** Bytes of a record up to its value. */
  #bytesBefore(tagCount: number): number {
    return 4 * (HEAD_WORDS + tagCount + this.#key.count)
  }

  #fits(tagCount: number, valueBytes: number): boolean {
    return unitsOf(this.#bytesBefore(tagCount) + valueBytes) <= this.#layout.mostUnits
  }

  #tagCounter(tag: string): number {
    this.#tagKey.put(tag)
    return this.#tagKey.hash() & (TAG_COUNTERS - 1)
  }

  // Loading.

  async #load(key: K, load: Loader<K, V>, options: EntryOptions, controls: FlightControls): Promise<V | undefined> {
    this.#loadCount++
    const entry: EntryOptions = { ttlMs: options.ttlMs, tags: options.tags }
    this.#key.put(key)
    const since = this.#reader.frontOf(this.#reader.stripeOf(this.#key.hash()))
    const born = this.#tags.count
    const value = await load(key, { abortSignal: controls.abortSignal, entry })
    if (value !== undefined && controls.mayKeep(entry.tags)) this.#keepLoaded(key, value, entry, born, since)
    return value
  }

  #keepLoaded(key: K, value: V, entry: EntryOptions, born: number, since: number): void {
    try {
      this.#put(key, value, entry, born, since)
    } catch (error) {
      if (!(error instanceof EntryTooLargeError || error instanceof UnstorableValueError)) throw error
    }
  }
}

function paceOf(clock: Clock): Pace {
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms, words) => napOn(words, ms),
  }
}

function resolve<K, V extends Storable>(options: SharedCacheOptions<K, V>) {
  const given = options ?? {}
  const memory = checkSharedMemory(given.memory)
  const faults: Fault[] = []
  for (const where of Object.keys(given)) if (!known.includes(where)) faults.push({ where, what: 'is unknown' })
  const span = (where: 'ttlMs' | 'loadTimeoutMs', value: unknown) => {
    if (typeof value !== 'number' || !(value > 0)) faults.push({ where, what: 'must be a number above 0' })
  }
  const { name, codec = 'v8', ttlMs = Infinity, load, loadTimeoutMs = MINUTE_MS, clock = systemClock } = given
  span('ttlMs', ttlMs)
  span('loadTimeoutMs', loadTimeoutMs)
  if (!codecNames.includes(codec)) faults.push({ where: 'codec', what: `must be one of ${codecNames.join(', ')}` })
  if (load !== undefined && typeof load !== 'function') faults.push({ where: 'load', what: 'must be a function' })
  if (name !== undefined && (typeof name !== 'string' || name.length > 200)) {
    faults.push({ where: 'name', what: 'must be a string of at most 200 characters' })
  }
  if (faults.length > 0) throw new InvalidOptionError('openSharedCache', faults)
  return { memory, name, codec, ttlMs, load, loadTimeoutMs, clock }
}

const known = ['memory', 'name', 'codec', 'ttlMs', 'load', 'loadTimeoutMs', 'clock']
const noOptions = Object.freeze({})
const noTags: readonly number[] = Object.freeze([])
const noLoader = 'is needed: give openSharedCache or this fetch a load function'
