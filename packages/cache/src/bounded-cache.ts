import { InvalidOptionError } from '@plimsoll/core'
import type { CacheHandle, RemovalCause } from '@plimsoll/core/wire'
import type { Cache, FetchOptions } from './cache.ts'
import { announceClosed, announceOpened } from './channels.ts'
import { EntryTooLargeError, UnweighableValueError } from './errors.ts'
import { Expiry } from './expiry/expiry.ts'
import { SingleFlight, type FlightControls } from './load/single-flight.ts'
import {
  checkTags,
  checkTtlMs,
  type EntryOptions,
  type Loader,
  type ResolvedCacheOptions,
  type Storable,
} from './options.ts'
import { createPolicy } from './policy/create-policy.ts'
import type { Policy } from './policy/policy.ts'
import { NONE } from './policy/slot-rings.ts'
import { Removals } from './removal.ts'
import type { CacheStats } from './stats.ts'
import { HeapStore } from './store/heap-store.ts'
import { MapTable } from './store/map-table.ts'
import { TagIndex } from './store/tag-index.ts'
import { EntryWeigher } from './weigh/entry-weigher.ts'

/** Slots of a new index; it grows by half, by a quarter when there are many, and shrinks when no more than a quarter is in use. */
const FIRST_CAPACITY = 16
const MANY_SLOTS = 65_536

/** Once in so many hits and once in so many sets, the next entry in turn is weighed again: values may grow while they are here. */
const REWEIGH_PERIOD = 64

/** The cache's own objects, its Map and arrays without their items, measured on Node.js 20. */
const FIXED_BYTES = 4608

/**
 * The cache, put together: the store keeps entries as slots, the policy says who leaves, the weigher what an entry costs,
 * the expiry who is too old, the flights who waits for what.
 *
 * What it holds to: after every call, the weights of all entries and the bytes of the index are within `maxBytes`. Room is
 * made before anything is stored, for the entry and for what the index grows by to hold it.
 */
export class BoundedCache<K, V extends Storable> implements Cache<K, V> {
  readonly name: string
  readonly #options: ResolvedCacheOptions<K, V>
  readonly #store: HeapStore<K, V>
  readonly #policy: Policy
  readonly #weigher: EntryWeigher<K, V>
  readonly #flights: SingleFlight<K, V | undefined>
  readonly #tags = new TagIndex()
  readonly #removals: Removals<K, V>
  readonly #handle: CacheHandle
  readonly #isWeighing: boolean
  /** Exists once an entry has a deadline. */
  #expiry: Expiry | null = null
  #entryBytes = 0
  /** Bytes of the index but for the Map's table and the tags. */
  #slotBytes = 0
  /** What the index weighs with one entry. */
  #leastIndexBytes = 0
  #hitCount = 0
  #missCount = 0
  #setCount = 0
  #loadCount = 0
  #loadFailureCount = 0
  #staleCount = 0
  #uncachedCount = 0
  /** The slot that was weighed again last. */
  #reweighHand = 0
  /** The key that was missed last and is not here; most often it is set next, and need not be looked for again. */
  #absentKey: K | typeof noKey = noKey
  #isClosed = false

  constructor(options: ResolvedCacheOptions<K, V>, createdAt: string | null) {
    this.name = options.name ?? createdAt ?? 'cache'
    this.#options = options
    this.#isWeighing = options.maxBytes !== Infinity
    this.#store = new HeapStore({ isWeighing: this.#isWeighing })
    this.#policy = createPolicy(options.policy, {
      slots: this.#store,
      isByDensity: options.optimize === 'objects',
      hashSeed: (options.random.next() * 2 ** 32) | 0,
    })
    this.#weigher = new EntryWeigher(options.maxBytes, options.weigh)
    this.#flights = new SingleFlight({ clock: options.clock, timeoutMs: options.loadTimeoutMs })
    this.#removals = new Removals(this.name, options.onRemoval)
    this.#resize(this.#leastCapacity)
    this.#handle = this.#createHandle(createdAt)
    announceOpened(this.#handle)
  }

  get size(): number {
    return this.#store.count
  }

  get bytes(): number | null {
    return this.#isWeighing ? Math.ceil(this.#bytes) : null
  }

  get(key: K): V | undefined {
    const slot = this.#store.slots.get(key)
    if (slot === undefined || !this.#isFresh(slot)) {
      this.#missCount++
      if (slot === undefined) this.#absentKey = key
      return undefined
    }
    this.#policy.hit(slot)
    const value = this.#store.values[slot]
    if ((++this.#hitCount & (REWEIGH_PERIOD - 1)) === 0) this.#reweighNext()
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
    if (value === undefined) this.#removeKey(key, 'deletion')
    else {
      try {
        this.#put(key, value, options)
      } catch (error) {
        // What stands here is not the truth any more, and the truth cannot be kept.
        this.#removeKey(key, 'replacement')
        this.#finish()
        throw error
      }
    }
    this.#finish()
    return this
  }

  fetch(key: K, options: FetchOptions<K, V> = noOptions): Promise<V | undefined> {
    const slot = this.#store.slots.get(key)
    if (slot !== undefined && this.#isFresh(slot)) return Promise.resolve(this.get(key))
    this.#missCount++
    const load = options.load ?? this.#options.load
    if (!load) return Promise.reject(new InvalidOptionError('fetch', [{ where: 'load', what: noLoader }]))
    const start = (controls: FlightControls) => this.#load(key, load, options, controls)
    if (slot !== undefined && this.#expiry!.isServedStale(slot)) {
      this.#staleCount++
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
    for (const [key, slot] of this.#store.slots) this.#removals.note(key, this.#store.values[slot]!, 'deletion')
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
    const lookupCount = this.#hitCount + this.#missCount
    return {
      entryCount: this.size,
      bytes: this.bytes,
      maxBytes: this.#isWeighing ? this.#options.maxBytes : null,
      maxEntries: this.#options.maxEntries,
      hitCount: this.#hitCount,
      missCount: this.#missCount,
      hitRatio: lookupCount === 0 ? 0 : this.#hitCount / lookupCount,
      loadCount: this.#loadCount,
      loadFailureCount: this.#loadFailureCount,
      staleCount: this.#staleCount,
      uncachedCount: this.#uncachedCount,
      removals: { ...this.#removals.counts },
      listenerFailureCount: this.#removals.listenerFailureCount,
    }
  }

  shrink(toBytes: number): void {
    if (toBytes <= 0) return this.clear()
    if (this.#isWeighing) this.#evictDownTo(toBytes)
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
    const ttlMs = options.ttlMs === undefined ? this.#options.ttlMs : checkTtlMs(options.ttlMs)
    const tags = options.tags === undefined ? noTags : checkTags(options.tags)
    const tagBytes = tags === noTags ? 0 : TagIndex.bytesOf(tags)
    const isExact = this.#isWeighing && options.bytes !== undefined
    let weight = 1
    let kept = value
    if (isExact) weight = this.#weigher.exact(key, options.bytes)
    else if (this.#isWeighing) {
      weight = this.#weigher.weigh(key, value)
      kept = this.#weigher.takeSettled(value)
    }

    let slot = this.#slotToReplace(key, weight, tagBytes, isExact)
    if (slot === NONE) {
      if (ttlMs !== Infinity) this.#startExpiry()
      this.#makeRoom(key, weight, tagBytes, isExact)
      slot = this.#store.add(this.#isWeighing && !isExact ? this.#weigher.settleKey(key) : key, kept, weight, isExact)
      this.#entryBytes += weight
      this.#policy.insert(slot)
    } else {
      this.#removals.note(this.#store.keyOf(slot), this.#store.values[slot]!, 'replacement')
      this.#store.values[slot] = kept
      this.#changeWeight(slot, weight - this.#store.weightOf(slot))
      this.#policy.hit(slot)
    }
    if (tags !== noTags || this.#tags.bytes > 0) this.#tags.set(slot, tags)
    if (ttlMs !== Infinity) this.#startExpiry()
    if (this.#expiry !== null) this.#expiry.file(slot, ttlMs)
    if ((++this.#setCount & (REWEIGH_PERIOD - 1)) === 0) this.#reweighNext()
  }

  /** The entry under this key if the new one can take its place as it is; else what stands there goes. */
  #slotToReplace(key: K, weight: number, tagBytes: number, isExact: boolean): number {
    const isAbsent = key === this.#absentKey
    this.#absentKey = noKey
    if (isAbsent) return NONE
    const slot = this.#store.slots.get(key)
    if (slot === undefined) return NONE
    if (!this.#isFresh(slot) && !this.#expiry!.isServedStale(slot)) {
      this.#remove(slot, 'expiration')
      return NONE
    }
    const moreBytes = weight - this.#store.weightOf(slot) + tagBytes
    const fits = moreBytes <= 0 || this.#bytes + moreBytes <= this.#options.maxBytes
    if (fits && (!this.#isWeighing || (this.#store.exact[slot] === 1) === isExact)) return slot
    this.#remove(slot, 'replacement')
    return NONE
  }

  #changeWeight(slot: number, difference: number): void {
    if (difference === 0) return
    this.#store.weights![slot]! += difference
    this.#entryBytes += difference
    this.#policy.reweigh(slot, difference)
  }

  // How much room there is.

  /** Evicts until one more entry fits: its weight, its tags, and what it makes the index grow by. */
  #makeRoom(key: K, weight: number, tagBytes: number, isExact: boolean): void {
    const { maxBytes, maxEntries } = this.#options
    const aloneBytes = weight + tagBytes + (isExact ? 0 : this.#leastIndexBytes)
    if (aloneBytes > maxBytes) {
      throw new EntryTooLargeError({ key, entryBytes: weight > maxBytes ? weight : aloneBytes, maxBytes })
    }
    for (;;) {
      const { table, count, hasFreeSlot } = this.#store
      if (count < maxEntries) {
        const share = this.#indexShare(1, isExact)
        const leftBytes = maxBytes - this.#entryBytes - weight - tagBytes - this.#indexBytes * share
        if (leftBytes >= 0) {
          if (hasFreeSlot && !table.isFull) return
          const capacity = hasFreeSlot ? this.#store.capacity : this.#nextCapacity(weight, leftBytes, share)
          const slotBytes = (this.#slotBytesAt(capacity) - this.#slotBytes) * share
          const tableBytes = (table.bytesAfterAdd - table.bytes) * share
          if (slotBytes + tableBytes <= leftBytes) {
            if (!hasFreeSlot) this.#resize(capacity)
            return
          }
          // Rather a new Map than half of the entries, which it would take for V8 to make do with the table that it has.
          if (slotBytes <= leftBytes && table.isWorthRebuilding) {
            this.#store.rebuildMap()
            continue
          }
        }
      }
      if (!this.#evictOne(weight)) {
        // Nobody is here, and yet there is no room: the index is as large as those who were here needed it.
        this.#reset()
        return
      }
      if (this.#store.isSparse) this.#compact()
    }
  }

  get #bytes(): number {
    return this.#entryBytes + this.#indexBytes * this.#indexShare(0, false)
  }

  get #indexBytes(): number {
    return this.#slotBytes + this.#store.table.bytes + this.#tags.bytes
  }

  /**
   * Whether the index is charged (1) or not (0) with so many more entries, of that kind or not: where the caller gave the bytes
   * of every entry, nothing is added. All or nothing, so that what leaves never makes the rest heavier.
   */
  #indexShare(count: number, isExact: boolean): number {
    const exactCount = isExact ? this.#store.exactCount + count : this.#store.exactCount
    return exactCount === this.#store.count + count ? 0 : 1
  }

  /** Half as many slots again, a quarter when there are many, but not many more than the bytes that are left can use. */
  #nextCapacity(weight: number, leftBytes: number, share: number): number {
    const { capacity, count } = this.#store
    const growth = Math.max(FIRST_CAPACITY, capacity >> (capacity < MANY_SLOTS ? 1 : 2))
    const most = Math.min(growth, this.#options.maxEntries - capacity)
    if (!this.#isWeighing) return capacity + most
    const meanBytes = (this.#entryBytes + weight) / (count + 1) + (share * this.#slotBytes) / capacity
    return capacity + Math.min(most, Math.max(FIRST_CAPACITY, capacity >> 5, Math.ceil(leftBytes / meanBytes)))
  }

  #slotBytesAt(capacity: number): number {
    const expiryBytes = this.#expiry === null ? 0 : Expiry.bytesAt(capacity)
    return FIXED_BYTES + this.#store.bytesAt(capacity) + this.#policy.bytesAt(capacity) + expiryBytes
  }

  get #leastCapacity(): number {
    return Math.min(FIRST_CAPACITY, this.#options.maxEntries)
  }

  #resize(capacity: number): void {
    this.#store.resize(capacity)
    this.#policy.resize(capacity)
    this.#expiry?.resize(capacity)
    this.#slotBytes = this.#slotBytesAt(capacity)
    this.#leastIndexBytes = this.#slotBytesAt(this.#leastCapacity) + MapTable.leastBytes
  }

  /** Gives the index's room back when no more than a quarter of it is in use: O(entries), after three times as many have left. */
  #compact(): void {
    this.#store.compact((from, to) => {
      this.#policy.relocate(from, to)
      this.#expiry?.relocate(from, to)
      this.#tags.relocate(from, to)
    })
    this.#resize(Math.max(4 * FIRST_CAPACITY, 2 * this.#store.count))
  }

  #reset(): void {
    this.#store.clear()
    this.#policy.clear()
    this.#tags.clear()
    this.#expiry?.stop()
    this.#expiry = null
    this.#entryBytes = 0
    this.#resize(this.#leastCapacity)
  }

  // Who leaves.

  #evictDownTo(bytes: number): void {
    while (this.#bytes > bytes && this.#evictOne(0)) if (this.#store.isSparse) this.#compact()
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
    const store = this.#store
    this.#removals.note(store.keyOf(slot), store.values[slot]!, cause)
    this.#policy.remove(slot)
    if (this.#expiry !== null) this.#expiry.forget(slot)
    if (this.#tags.bytes > 0) this.#tags.remove(slot)
    this.#entryBytes -= store.weightOf(slot)
    store.remove(slot)
  }

  /** The end of every act that removes: the index gives room back, and listeners hear of it when all is in order again. */
  #finish(): void {
    if (this.#store.isSparse) this.#compact()
    this.#removals.tell()
  }

  /** Weighs the next entry in turn again; one that grew makes others go, or itself. */
  #reweighNext(): void {
    const { values, exact, weights, capacity } = this.#store
    if (weights === null || !this.#weigher.isOwn) return
    const slot = (this.#reweighHand = (this.#reweighHand + 1) % capacity)
    const value = values[slot]
    if (typeof value !== 'object' || value === null || exact[slot] === 1) return
    try {
      this.#changeWeight(slot, this.#weigher.weigh(this.#store.keyOf(slot), value) - weights[slot]!)
      this.#evictDownTo(this.#options.maxBytes)
    } catch {
      // It has become too large, or holds what nobody can weigh.
      this.#remove(slot, 'eviction')
    }
    this.#finish()
  }

  // How old an entry is.

  #freshSlot(key: K): number {
    const slot = this.#store.slots.get(key)
    return slot !== undefined && this.#isFresh(slot) ? slot : NONE
  }

  #isFresh(slot: number): boolean {
    return this.#expiry === null || this.#expiry.isFresh(slot)
  }

  #startExpiry(): void {
    if (this.#expiry !== null) return
    this.#expiry = new Expiry({
      clock: this.#options.clock,
      staleMs: this.#options.staleMs,
      remove: (slot) => this.#remove(slot, 'expiration'),
      finish: () => this.#removals.tell(),
      rest: () => this.#finish(),
    })
    this.#resize(this.#store.capacity)
  }

  // Loading.

  async #load(key: K, load: Loader<K, V>, options: EntryOptions, controls: FlightControls): Promise<V | undefined> {
    this.#loadCount++
    const entry: EntryOptions = { ttlMs: options.ttlMs, tags: options.tags, bytes: options.bytes }
    let value: V | undefined
    try {
      value = await load(key, { abortSignal: controls.abortSignal, entry })
    } catch (error) {
      this.#loadFailureCount++
      throw error
    }
    if (value !== undefined && controls.mayKeep(entry.tags)) this.#keepLoaded(key, value, entry)
    return value
  }

  #keepLoaded(key: K, value: V, entry: EntryOptions): void {
    try {
      this.#put(key, value, entry)
    } catch (error) {
      this.#removeKey(key, 'replacement')
      if (!(error instanceof EntryTooLargeError || error instanceof UnweighableValueError)) throw error
      this.#uncachedCount++
    } finally {
      this.#finish()
    }
  }

  #createHandle(createdAt: string | null): CacheHandle {
    return {
      name: this.name,
      createdAt,
      report: () => {
        const { bytes, maxBytes, entryCount, hitCount, missCount, loadCount, removals } = this.stats()
        const counts = { entryCount, hitCount, missCount, loadCount, removals }
        return { name: this.name, createdAt, bytes, budgetBytes: maxBytes, ...counts, curve: [] }
      },
      clear: () => this.clear(),
      ...(this.#isWeighing && { shrink: (toBytes: number) => this.shrink(toBytes) }),
    }
  }
}

const noKey = Symbol('no key')
const noOptions: EntryOptions = Object.freeze({})
const noTags: readonly string[] = Object.freeze([])
const noLoader = 'is needed: give createCache or this fetch a load function'
