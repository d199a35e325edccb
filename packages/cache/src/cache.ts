import { InvalidOptionError, messageOf, type Clock, type Timer } from '@plimsoll/core'
import type { CacheHandle, RemovalCause } from '@plimsoll/core/wire'
import { announceClosed, announceOpened, callSiteOf } from './channels.ts'
import { EntryTooLargeError, InvalidWeightError, UnweighableValueError } from './errors.ts'
import { TimerWheel } from './expiry/timer-wheel.ts'
import { SingleFlight, type FlightControls } from './load/single-flight.ts'
import {
  resolveOptions,
  type CacheOptions,
  type EntryOptions,
  type Loader,
  type ResolvedCacheOptions,
  type Storable,
} from './options.ts'
import { createPolicy } from './policy/create-policy.ts'
import { hashKey } from './policy/hash-key.ts'
import type { Policy } from './policy/policy.ts'
import { NONE } from './policy/slot-list.ts'
import { Counters, type CacheStats } from './stats.ts'
import { HeapStore } from './store/heap-store.ts'
import { MOST_TAGS, TagIndex } from './store/tag-index.ts'
import { detachedCopy } from './weigh/string.ts'
import { Weigher } from './weigh/weigh.ts'

/** How one value is fetched. What is given for the entry counts when the value is loaded, and not for one that is here. */
export interface FetchOptions<K, V extends Storable> extends EntryOptions {
  /** Default: the cache's own. Ignored when a load of the key is under way. */
  load?: Loader<K, V>
  /** Lets this caller leave. The load goes on while anybody else waits for it. */
  abortSignal?: AbortSignal
}

/**
 * Hot values under a ceiling in bytes. After every call it holds no more than `maxBytes` and `maxEntries`.
 *
 * A value that was stored belongs to the cache's answer: what `get` gives is the same object that was `set` (a string, or a
 * small view of a large buffer, may be an equal copy).
 */
export interface Cache<K, V extends Storable> extends Disposable {
  readonly name: string
  /** Entries here, those among them that are no longer fresh too until they are released. */
  readonly size: number
  /** Bytes charged for values, keys and the index; null without `maxBytes`, as nothing is weighed then. */
  readonly bytes: number | null
  /** The fresh value, or undefined. Counts as a lookup, and as use. */
  get(key: K): V | undefined
  /** As `get`, but nobody notices. */
  peek(key: K): V | undefined
  has(key: K): boolean
  /**
   * Stores a value, making room first. The newest entry is never the one that has to go; `undefined` deletes.
   * @throws {@link EntryTooLargeError} when it could not fit even alone; what stood under the key is gone then
   * @throws {@link UnweighableValueError} when its weight cannot be known and no `weigh` was given
   */
  set(key: K, value: V | undefined, options?: EntryOptions): this
  /**
   * The fresh value, else the loaded one: one load serves all who ask meanwhile. A value that is too large or cannot be
   * weighed is answered all the same, only not kept. The loader's own error passes through untouched.
   */
  fetch(key: K, options?: FetchOptions<K, V>): Promise<V | undefined>
  /** Answers whether there was something to delete. A load under way will not bring it back. */
  delete(key: K): boolean
  clear(): void
  /** Removes every entry with this tag; answers how many. A load under way that turns out to have it is not kept. */
  invalidateTag(tag: string): number
  /** Keys of fresh entries, oldest first. */
  keys(): IterableIterator<K>
  entries(): IterableIterator<[K, V]>
  stats(): CacheStats
  /** Evicts until no more than so many bytes are held; the ceiling stays. Without `maxBytes` it can only clear, at 0. */
  shrink(toBytes: number): void
  /** Forgets everything and keeps nothing from now on; those who fetch get what their loader gives. Safe to call twice. */
  close(): void
}

/**
 * Creates a cache that cannot outgrow its bound.
 * @example
 * const pages = createCache<string, Page>({ maxBytes: 64 * 1024 * 1024, ttlMs: 300_000, load: (id) => render(id) })
 * const page = await pages.fetch('/p/42')
 * @throws InvalidOptionError with every fault at once; without `maxBytes` and `maxEntries` it says why a bound is needed
 */
export function createCache<K, V extends Storable>(options: CacheOptions<K, V>): Cache<K, V> {
  const resolved = resolveOptions(options)
  const createdAt = callSiteOf(createCache)
  return new BoundedCache(resolved, createdAt)
}

/** Slots of a new index; it grows by half, and is halved when a quarter of it is left. */
const FIRST_CAPACITY = 16

/** One in so many hits and one in so many sets, the next entry in turn is weighed again: values may grow while they are here. */
const REWEIGH_PERIOD = 64

/** Entries released before the clock is looked at again, and how long one turn of releasing may take. */
const RELEASE_BATCH = 256
const RELEASE_TURN_MS = 2

const HEAVIEST_BYTES = 2 ** 32 - 1

class BoundedCache<K, V extends Storable> implements Cache<K, V> {
  readonly name: string
  readonly #options: ResolvedCacheOptions<K, V>
  readonly #clock: Clock
  readonly #store = new HeapStore<K, V>()
  readonly #policy: Policy
  readonly #flights: SingleFlight<K, V | undefined>
  readonly #tags = new TagIndex()
  readonly #weigher = new Weigher()
  readonly #keyWeigher = new Weigher()
  readonly #counters = new Counters()
  readonly #handle: CacheHandle
  readonly #hashSeed: number
  readonly #isWeighing: boolean
  /** Exists once an entry has a deadline. */
  #wheel: TimerWheel | null = null
  #timer: Timer | null = null
  #timerAtMs = Infinity
  #entryBytes = 0
  /** Bytes of the index but for the Map's table and the tags. */
  #slotBytes = 0
  #removed: [K, V, RemovalCause][] = []
  #isTelling = false
  #reweighHand = 0
  #setCount = 0
  #isClosed = false

  constructor(options: ResolvedCacheOptions<K, V>, createdAt: string | null) {
    this.#options = options
    this.#clock = options.clock
    this.#isWeighing = options.maxBytes !== Infinity
    this.#hashSeed = (options.random.next() * 2 ** 32) | 0
    this.#policy = createPolicy(options.policy, {
      slots: this.#store,
      isByDensity: options.optimize === 'objects',
    })
    this.#flights = new SingleFlight({ clock: options.clock, timeoutMs: options.loadTimeoutMs })
    this.name = options.name ?? createdAt ?? 'cache'
    this.#resize(Math.min(FIRST_CAPACITY, options.maxEntries))
    this.#handle = this.#createHandle(createdAt)
    announceOpened(this.#handle)
  }

  get size(): number {
    return this.#store.count
  }

  get bytes(): number | null {
    return this.#isWeighing ? Math.ceil(this.#bytesWith(0, 0, false)) : null
  }

  get(key: K): V | undefined {
    const slot = this.#store.slots.get(key)
    if (slot === undefined || (this.#wheel !== null && !this.#isFresh(slot))) {
      this.#counters.missCount++
      return undefined
    }
    this.#policy.hit(slot)
    const value = this.#store.values[slot]
    if ((++this.#counters.hitCount & (REWEIGH_PERIOD - 1)) === 0) this.#reweighNext()
    return value
  }

  peek(key: K): V | undefined {
    const slot = this.#freshSlot(key)
    return slot === NONE ? undefined : this.#store.values[slot]
  }

  has(key: K): boolean {
    return this.#freshSlot(key) !== NONE
  }

  set(key: K, value: V | undefined, options: EntryOptions = noOptions): this {
    this.#flights.overtake(key)
    if (value === undefined) this.delete(key)
    else {
      try {
        this.#put(key, value, options)
      } catch (error) {
        // What stood here is not the truth any more, and the truth cannot be kept.
        this.#removeKey(key, 'replacement')
        throw error
      } finally {
        this.#finish()
      }
    }
    return this
  }

  fetch(key: K, options: FetchOptions<K, V> = noOptions): Promise<V | undefined> {
    const slot = this.#store.slots.get(key)
    if (slot !== undefined && this.#isFresh(slot)) return Promise.resolve(this.get(key))
    this.#counters.missCount++
    const load = options.load ?? this.#options.load
    if (!load) return Promise.reject(new InvalidOptionError('fetch', [{ where: 'load', what: noLoader }]))
    const start = (controls: FlightControls) => this.#load(key, load, options, controls)
    if (slot !== undefined && this.#isServedStale(slot)) {
      this.#counters.staleCount++
      this.#policy.hit(slot)
      const value = this.#store.values[slot]
      this.#flights.refresh(key, start)
      return Promise.resolve(value)
    }
    return this.#flights.join(key, start, options.abortSignal)
  }

  delete(key: K): boolean {
    this.#flights.overtake(key)
    const wasHere = this.#removeKey(key, 'deletion')
    this.#finish()
    return wasHere
  }

  clear(): void {
    this.#flights.overtakeAll()
    const { keys, values } = this.#store
    for (const slot of this.#store.slots.values()) this.#noteRemoval(keys[slot]!, values[slot]!, 'deletion')
    this.#reset()
    this.#finish()
  }

  invalidateTag(tag: string): number {
    this.#flights.overtakeTag(tag)
    const slots = this.#tags.slotsOf(tag)
    for (const slot of slots) this.#remove(slot, 'invalidation')
    this.#finish()
    return slots.length
  }

  *keys(): IterableIterator<K> {
    for (const [key] of this.entries()) yield key
  }

  *entries(): IterableIterator<[K, V]> {
    // Looked up again: entries come and go, and change their slots, while somebody iterates.
    for (const key of this.#store.slots.keys()) {
      const slot = this.#freshSlot(key)
      if (slot !== NONE) yield [key, this.#store.values[slot]!]
    }
  }

  stats(): CacheStats {
    const { hitCount, missCount, removals, ...others } = this.#counters
    return {
      entryCount: this.size,
      bytes: this.bytes,
      maxBytes: this.#isWeighing ? this.#options.maxBytes : null,
      maxEntries: this.#options.maxEntries,
      hitCount,
      missCount,
      hitRatio: hitCount === 0 ? 0 : hitCount / (hitCount + missCount),
      ...others,
      removals: { ...removals },
    }
  }

  shrink(toBytes: number): void {
    if (toBytes <= 0 || !this.#isWeighing) {
      if (toBytes <= 0) this.clear()
      return
    }
    while (this.#bytesWith(0, 0, false) > toBytes && this.#evictOne(0)) this.#compact()
    this.#finish()
  }

  close(): void {
    if (this.#isClosed) return
    this.clear()
    this.#isClosed = true
    announceClosed(this.#handle)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #put(key: K, value: V, options: EntryOptions): void {
    if (this.#isClosed) return
    const { ttlMs, tags } = this.#checkEntryOptions(options)
    const isExact = options.bytes !== undefined
    const weight = this.#isWeighing ? this.#weigh(key, value, options) : 1
    const tagBytes = tags.length === 0 ? 0 : TagIndex.bytesOf(tags)
    const kept = this.#isWeighing && !isExact && !this.#options.weigh ? (this.#weigher.settled as V) : value

    let slot = this.#store.slots.get(key)
    if (slot !== undefined && !this.#isFresh(slot) && !this.#isServedStale(slot)) {
      this.#remove(slot, 'expiration')
      slot = undefined
    }
    if (slot !== undefined && !this.#replaceInPlace(slot, kept, weight, tagBytes, isExact)) {
      this.#remove(slot, 'replacement')
      slot = undefined
    }
    if (slot === undefined) {
      if (ttlMs !== Infinity) this.#startWheel()
      this.#makeRoom(key, weight, tagBytes, isExact)
      slot = this.#store.add(this.#settleKey(key), kept, weight, isExact)
      this.#entryBytes += weight
      this.#policy.insert(slot, hashKey(key, this.#hashSeed, this.#random))
    }
    if (tags.length > 0 || this.#tags.bytes > 0) this.#tags.set(slot, tags)
    if (ttlMs !== Infinity || this.#wheel !== null) this.#file(slot, ttlMs)
    if ((++this.#setCount & (REWEIGH_PERIOD - 1)) === 0) this.#reweighNext()
  }

  /** The path of a value that is set again and again. Answers false when room would have to be made. */
  #replaceInPlace(slot: number, value: V, weight: number, tagBytes: number, isExact: boolean): boolean {
    const { keys, values, weights, exact } = this.#store
    const difference = weight - weights[slot]!
    if ((exact[slot] === 1) !== isExact) return false
    const moreBytes = difference + tagBytes
    if (moreBytes > 0 && this.#bytesWith(moreBytes, 0, false) > this.#options.maxBytes) return false
    this.#noteRemoval(keys[slot]!, values[slot]!, 'replacement')
    values[slot] = value
    this.#changeWeight(slot, difference)
    this.#policy.hit(slot)
    return true
  }

  #changeWeight(slot: number, difference: number): void {
    if (difference === 0) return
    this.#store.weights[slot]! += difference
    this.#entryBytes += difference
    this.#policy.reweigh(slot, difference)
  }

  /** Evicts until one more entry fits: its weight, and what it makes the index grow by. */
  #makeRoom(key: K, weight: number, tagBytes: number, isExact: boolean): void {
    const { maxBytes, maxEntries } = this.#options
    const aloneBytes = isExact
      ? weight
      : weight + tagBytes + this.#slotBytesAt(FIRST_CAPACITY) + this.#store.table.leastBytes
    if (aloneBytes > maxBytes) throw new EntryTooLargeError({ key, entryBytes: weight, maxBytes })
    for (;;) {
      const isFull = this.#store.count >= maxEntries
      if (!isFull && this.#bytesWith(weight + tagBytes, 1, isExact) <= maxBytes) break
      // Rather a new Map than half of the entries, which it would take for V8 to make do with the table that it has.
      if (this.#store.table.isDoubling && this.#store.table.isWorthRebuilding) {
        this.#store.rebuildMap()
        continue
      }
      if (!this.#evictOne(weight)) {
        // Nobody is here, and yet there is no room: the index is as large as those who were here needed it.
        this.#reset()
        break
      }
      this.#compact()
    }
    if (!this.#store.hasFreeSlot) this.#resize(this.#nextCapacity(weight))
  }

  /** Bytes charged if the entries weighed so much more and were so many more. Entries of an exact weight carry no share of the index. */
  #bytesWith(weight: number, count: number, isExact: boolean): number {
    const { table, exactCount } = this.#store
    const total = this.#store.count + count
    const entryBytes = this.#entryBytes + weight
    const exact = exactCount + (isExact ? count : 0)
    let indexBytes = this.#slotBytes + this.#tags.bytes + (count === 0 ? table.bytes : table.bytesAfterAdd)
    if (count > 0 && !this.#store.hasFreeSlot) {
      indexBytes += this.#slotBytesAt(this.#nextCapacity(weight)) - this.#slotBytes
    }
    return exact === 0 ? entryBytes + indexBytes : entryBytes + (indexBytes * (total - exact)) / total
  }

  /** Half as many slots again, but no more than the room that is left can use. */
  #nextCapacity(weight: number): number {
    const { capacity, count } = this.#store
    const { maxBytes, maxEntries } = this.#options
    const more = Math.min(Math.max(FIRST_CAPACITY, capacity >> 1), maxEntries - capacity)
    if (!this.#isWeighing || more <= FIRST_CAPACITY) return capacity + more
    const meanBytes = (this.#entryBytes + weight) / (count + 1) + this.#slotBytes / Math.max(1, capacity)
    const leftBytes = maxBytes - this.#entryBytes - this.#slotBytes - this.#store.table.bytesAfterAdd - this.#tags.bytes
    return capacity + Math.max(FIRST_CAPACITY, Math.min(more, Math.ceil(leftBytes / meanBytes)))
  }

  #slotBytesAt(capacity: number): number {
    return (
      FIXED_BYTES +
      this.#store.bytesAt(capacity) +
      this.#policy.bytesAt(capacity) +
      (this.#wheel === null ? 0 : TimerWheel.bytesAt(capacity))
    )
  }

  #resize(capacity: number): void {
    this.#store.resize(capacity)
    this.#policy.resize(capacity)
    this.#wheel?.resize(capacity)
    this.#slotBytes = this.#slotBytesAt(capacity)
  }

  #evictOne(weight: number): boolean {
    const victim = this.#policy.victim(weight)
    if (victim === NONE) return false
    this.#remove(victim, 'eviction')
    return true
  }

  #removeKey(key: K, cause: RemovalCause): boolean {
    const slot = this.#store.slots.get(key)
    if (slot === undefined) return false
    this.#remove(slot, cause)
    return true
  }

  #remove(slot: number, cause: RemovalCause): void {
    this.#noteRemoval(this.#store.keys[slot]!, this.#store.values[slot]!, cause)
    this.#policy.remove(slot)
    this.#wheel?.remove(slot)
    if (this.#tags.bytes > 0) this.#tags.remove(slot)
    this.#entryBytes -= this.#store.weights[slot]!
    this.#store.remove(slot)
  }

  /** Gives the index's room back when a quarter of it is left. */
  #compact(): void {
    const { capacity, count } = this.#store
    if (capacity <= 4 * FIRST_CAPACITY || count > capacity / 4) return
    this.#store.compact((from, to) => {
      this.#policy.relocate(from, to)
      this.#wheel?.relocate(from, to)
      this.#tags.relocate(from, to)
    })
    this.#resize(capacity >> 1)
  }

  #reset(): void {
    this.#store.clear()
    this.#policy.clear()
    this.#tags.clear()
    this.#wheel = null
    this.#timer?.cancel()
    this.#timer = null
    this.#timerAtMs = Infinity
    this.#entryBytes = 0
    this.#reweighHand = 0
    this.#resize(Math.min(FIRST_CAPACITY, this.#options.maxEntries))
  }

  // What an entry weighs.

  #weigh(key: K, value: V, options: EntryOptions): number {
    const { maxBytes } = this.#options
    if (options.bytes !== undefined) return this.#checkedWeight(key, options.bytes, 'bytes')
    const valueBytes = this.#weighValue(key, value)
    const bytes = valueBytes + this.#weighKey(key)
    if (bytes > HEAVIEST_BYTES)
      throw new EntryTooLargeError({ key, entryBytes: bytes, maxBytes: Math.min(maxBytes, HEAVIEST_BYTES) })
    return bytes
  }

  #weighValue(key: K, value: V): number {
    const { weigh, maxBytes } = this.#options
    return weigh ? this.#checkedWeight(key, weigh(value, key), 'weigh') : this.#weigher.weigh(value, maxBytes)
  }

  #checkedWeight(key: K, weight: unknown, from: 'weigh' | 'bytes'): number {
    if (typeof weight !== 'number' || !(weight > 0) || weight === Infinity)
      throw new InvalidWeightError({ key, weight, from })
    if (weight > HEAVIEST_BYTES)
      throw new EntryTooLargeError({
        key,
        entryBytes: weight,
        maxBytes: Math.min(this.#options.maxBytes, HEAVIEST_BYTES),
      })
    return Math.ceil(weight)
  }

  #weighKey(key: K): number {
    if (typeof key === 'number') return (key | 0) === key ? 0 : 16
    try {
      return this.#keyWeigher.weigh(key, this.#options.maxBytes)
    } catch (error) {
      // A function as a key is known by who it is; its weight is for the caller's weigh to know.
      if (error instanceof UnweighableValueError && this.#options.weigh) return 64
      throw error
    }
  }

  /** A key that is a slice of a request must not keep the request alive. */
  #settleKey(key: K): K {
    return typeof key === 'string' ? (detachedCopy(key) as K) : key
  }

  /** Weighs the next entry in turn again; an entry that grew makes others go, or itself. */
  #reweighNext(): void {
    if (!this.#isWeighing || this.#options.weigh || this.#store.count === 0) return
    const { keys, values, exact, weights, capacity } = this.#store
    this.#reweighHand = (this.#reweighHand + 1) % capacity
    const slot = this.#reweighHand
    const value = values[slot]
    if (typeof value !== 'object' || value === null || exact[slot] === 1) return
    try {
      const weight = this.#weigh(keys[slot]!, value, noOptions)
      this.#changeWeight(slot, weight - weights[slot]!)
    } catch {
      // It has become too large, or holds what nobody can weigh.
      this.#remove(slot, 'eviction')
    }
    while (this.#bytesWith(0, 0, false) > this.#options.maxBytes && this.#evictOne(0)) this.#compact()
  }

  // How old an entry is.

  #freshSlot(key: K): number {
    const slot = this.#store.slots.get(key)
    return slot !== undefined && this.#isFresh(slot) ? slot : NONE
  }

  #isFresh(slot: number): boolean {
    return this.#wheel === null || this.#wheel.deadlines[slot]! - this.#options.staleMs > this.#clock.monotonicMs()
  }

  #isServedStale(slot: number): boolean {
    return this.#options.staleMs > 0 && this.#wheel !== null && this.#wheel.deadlines[slot]! > this.#clock.monotonicMs()
  }

  #startWheel(): void {
    if (this.#wheel !== null) return
    this.#wheel = new TimerWheel(this.#clock.monotonicMs())
    this.#resize(this.#store.capacity)
  }

  #file(slot: number, ttlMs: number): void {
    this.#startWheel()
    const deadlineMs = this.#clock.monotonicMs() + ttlMs + this.#options.staleMs
    this.#wheel!.file(slot, deadlineMs)
    if (deadlineMs < this.#timerAtMs) this.#arm(deadlineMs)
  }

  #arm(atMs: number): void {
    this.#timer?.cancel()
    this.#timerAtMs = atMs
    // A timer can wait for 2³¹ − 1 ms at most; it looks again then.
    const delayMs = Math.min(2 ** 31 - 1, Math.max(1, atMs - this.#clock.monotonicMs()))
    this.#timer = atMs === Infinity ? null : this.#clock.after(delayMs, () => this.#release())
  }

  /** Removes what is too old, for a short while at a time. */
  #release(): void {
    this.#timer = null
    this.#timerAtMs = Infinity
    const startedMs = this.#clock.monotonicMs()
    let isDone = false
    while (!isDone && this.#clock.monotonicMs() - startedMs < RELEASE_TURN_MS) {
      isDone = this.#wheel!.advance(startedMs, RELEASE_BATCH, (slot) => this.#remove(slot, 'expiration'))
      this.#compact()
    }
    this.#finish()
    if (this.#wheel !== null) this.#arm(isDone ? this.#wheel.nextMs() : startedMs)
  }

  // Loading.

  async #load(key: K, load: Loader<K, V>, options: EntryOptions, controls: FlightControls): Promise<V | undefined> {
    this.#counters.loadCount++
    const entry: EntryOptions = { ttlMs: options.ttlMs, tags: options.tags, bytes: options.bytes }
    let value: V | undefined
    try {
      value = await load(key, { abortSignal: controls.abortSignal, entry })
    } catch (error) {
      this.#counters.loadFailureCount++
      throw error
    }
    if (value === undefined || !controls.mayKeep(entry.tags)) return value
    return this.#keepLoaded(key, value, entry)
  }

  #keepLoaded(key: K, value: V, entry: EntryOptions): V {
    try {
      this.#put(key, value, entry)
    } catch (error) {
      if (!(error instanceof EntryTooLargeError || error instanceof UnweighableValueError)) throw error
      this.#counters.uncachedCount++
      this.#removeKey(key, 'replacement')
    } finally {
      this.#finish()
    }
    return value
  }

  #checkEntryOptions(options: EntryOptions): { ttlMs: number; tags: readonly string[] } {
    const { ttlMs = this.#options.ttlMs, tags = noTags } = options
    if (typeof ttlMs !== 'number' || !(ttlMs > 0)) {
      throw new InvalidOptionError('set', [
        { where: 'ttlMs', what: `must be a number above 0, and is ${String(ttlMs)}` },
      ])
    }
    if (!Array.isArray(tags) || tags.length > MOST_TAGS || !tags.every((tag) => typeof tag === 'string')) {
      throw new InvalidOptionError('set', [{ where: 'tags', what: `must be a list of at most ${MOST_TAGS} strings` }])
    }
    return { ttlMs, tags }
  }

  // Telling others.

  #noteRemoval(key: K, value: V, cause: RemovalCause): void {
    this.#counters.removals[cause]++
    if (this.#options.onRemoval) this.#removed.push([key, value, cause])
  }

  /** The end of every act that removes: the index gives room back, and listeners hear of it when all is in order again. */
  #finish(): void {
    this.#compact()
    if (this.#removed.length === 0 || this.#isTelling) return
    this.#isTelling = true
    for (let next = this.#removed.shift(); next; next = this.#removed.shift()) {
      try {
        this.#options.onRemoval!(...next)
      } catch (error) {
        if (this.#counters.listenerFailureCount++ === 0)
          process.emitWarning(`onRemoval of cache ${this.name} threw: ${messageOf(error)}`)
      }
    }
    this.#isTelling = false
  }

  #createHandle(createdAt: string | null): CacheHandle {
    const shrink = (toBytes: number) => this.shrink(toBytes)
    return {
      name: this.name,
      createdAt,
      report: () => {
        const { bytes, maxBytes, entryCount, hitCount, missCount, loadCount, removals } = this.stats()
        return {
          name: this.name,
          createdAt,
          bytes,
          budgetBytes: maxBytes,
          entryCount,
          hitCount,
          missCount,
          loadCount,
          removals,
          curve: [],
        }
      },
      clear: () => this.clear(),
      ...(this.#isWeighing && { shrink }),
    }
  }

  readonly #random = () => this.#options.random.next()
}

const noOptions: EntryOptions = Object.freeze({})
const noTags: readonly string[] = Object.freeze([])
const noLoader = 'is needed: give createCache or this fetch a load function'

/** The cache's own objects, its Map and arrays without their items, measured on Node.js 20. */
const FIXED_BYTES = 4608
