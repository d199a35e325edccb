import { InvalidOptionError } from '@plimsoll/core'
import type { CacheHandle, CacheReport, RemovalCause } from '@plimsoll/core/wire'
import type { FetchOptions } from '../../cache.ts'
import { announceClosed, announceOpened } from '../../channels.ts'
import { EntryTooLargeError } from '../../errors.ts'
import { Expiry } from '../../expiry/expiry.ts'
import type { EntryFacts, Governable } from '../../governor/governable.ts'
import { ReadThrough } from '../../load/read-through.ts'
import { checkTags, checkTtlMs, type EntryOptions, type ResolvedCacheOptions, type Storable } from '../../options.ts'
import { createPolicy } from '../../policy/create-policy.ts'
import type { Policy } from '../../policy/policy.ts'
import { NONE } from '../../policy/slot-rings.ts'
import { Removals } from '../../removal.ts'
import type { CacheStats } from '../../stats.ts'
import { OffHeapStore } from './off-heap-store.ts'
import { TagTable } from './tag-table.ts'
import { UnstorableValueError } from './value-bytes.ts'

/** As in the cache on the heap: the index grows by half, by a quarter when there are many, and shrinks when a quarter is in use. */
const FIRST_CAPACITY = 16
const MANY_SLOTS = 65_536

/**
 * The cache whose entries live outside V8's heap: keys and values as bytes in an arena, everything that is known of them in
 * typed arrays. Nothing that the garbage collector visits grows with the number of entries. It keeps to the same table of
 * what each call does as {@link BoundedCache}, but answers with a value of its own each time.
 *
 * What it holds to: after every call, index and segments are within `maxBytes`, the holes in the segments included.
 */
export class OffHeapCache<K, V extends Storable> implements Governable<K, V> {
  readonly name: string
  readonly #options: ResolvedCacheOptions<K, V>
  readonly #store: OffHeapStore<K, V>
  readonly #policy: Policy
  readonly #tags: TagTable
  readonly #loads: ReadThrough<K, V>
  readonly #removals: Removals<K, V>
  readonly #handle: CacheHandle
  /** Set by whoever measures it. */
  curve: () => CacheReport['curve'] = () => []
  #grantBytes: number
  /** Exists once an entry has a deadline. */
  #expiry: Expiry | null = null
  /** Bytes of the index but for the tags. */
  #slotBytes = 0
  #hitCount = 0
  #missCount = 0
  #isClosed = false

  constructor(options: ResolvedCacheOptions<K, V>, createdAt: string | null) {
    this.name = options.name ?? createdAt ?? 'cache'
    this.#options = options
    this.#grantBytes = options.maxBytes
    const seed = () => (options.random.next() * 2 ** 32) | 0
    this.#store = new OffHeapStore({ maxBytes: options.maxBytes, codec: options.codec, seed0: seed(), seed1: seed() })
    this.#tags = new TagTable(seed(), seed())
    this.#policy = createPolicy(options.policy, {
      slots: this.#store,
      isByDensity: options.optimize === 'objects',
      hashSeed: seed(),
    })
    this.#loads = new ReadThrough(options, {
      put: (key, value, entry) => this.#put(key, value, entry),
      drop: (key) => this.#removeKey(key, 'replacement'),
      finish: () => this.#finish(),
      isUnkept: (error) => error instanceof UnstorableValueError,
    })
    this.#removals = new Removals(this.name, options.onRemoval)
    this.#resize(this.#leastCapacity)
    this.#handle = this.#createHandle(createdAt)
    announceOpened(this.#handle)
  }

  get size(): number {
    return this.#store.count
  }

  get bytes(): number {
    return this.#slotBytes + this.#tags.bytes + this.#store.arena.heldBytes
  }

  get(key: K): V | undefined {
    const slot = this.#freshSlot(key)
    if (slot === NONE) {
      this.#missCount++
      return undefined
    }
    this.#hitCount++
    this.#policy.hit(slot)
    return this.#store.valueOf(slot)
  }

  peek(key: K): V | undefined {
    const slot = this.#freshSlot(key)
    return slot === NONE ? undefined : this.#store.valueOf(slot)
  }

  has(key: K): boolean {
    return this.#freshSlot(key) !== NONE
  }

  set(key: K, value: V | undefined, options: EntryOptions = noOptions): this {
    this.#loads.flights.overtake(key)
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
    try {
      return this.#fetch(key, options)
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  delete(key: K): boolean {
    this.#loads.flights.overtake(key)
    const wasHere = this.#removeKey(key, 'deletion')
    this.#finish()
    return wasHere
  }

  clear(): void {
    this.#loads.flights.overtakeAll()
    if (this.#options.onRemoval) for (const slot of this.#usedSlots()) this.#note(slot, 'deletion')
    else this.#removals.counts.deletion += this.size
    this.#reset()
    this.#finish()
  }

  invalidateTag(tag: string): number {
    this.#loads.flights.overtakeTag(tag)
    const slots = this.#tags.slotsOf(tag)
    for (const slot of slots) this.#remove(slot, 'invalidation')
    this.#finish()
    return slots.length
  }

  *keys(): IterableIterator<K> {
    for (const slot of this.#usedSlots()) if (this.#isFresh(slot)) yield this.#store.keyOf(slot)
  }

  *entries(): IterableIterator<[K, V]> {
    for (const slot of this.#usedSlots()) {
      if (this.#isFresh(slot)) yield [this.#store.keyOf(slot), this.#store.valueOf(slot)]
    }
  }

  stats(): CacheStats {
    const lookupCount = this.#hitCount + this.#missCount
    return {
      entryCount: this.size,
      bytes: this.bytes,
      maxBytes: this.#options.maxBytes,
      maxEntries: this.#options.maxEntries,
      hitCount: this.#hitCount,
      missCount: this.#missCount,
      hitRatio: lookupCount === 0 ? 0 : this.#hitCount / lookupCount,
      loadCount: this.#loads.loadCount,
      loadFailureCount: this.#loads.loadFailureCount,
      staleCount: this.#loads.staleCount,
      uncachedCount: this.#loads.uncachedCount,
      removals: { ...this.#removals.counts },
      listenerFailureCount: this.#removals.listenerFailureCount,
    }
  }

  shrink(toBytes: number): void {
    if (toBytes <= 0) return this.clear()
    this.#evictDownTo(toBytes)
    this.#finish()
  }

  grant(bytes: number): void {
    this.#grantBytes = Math.min(bytes, this.#options.maxBytes)
    this.#evictDownTo(this.#grantBytes)
    this.#finish()
  }

  inspect(key: K): EntryFacts | null {
    const slot = this.#freshSlot(key)
    if (slot === NONE) return null
    const freshUntilMs = this.#expiry === null ? Infinity : this.#expiry.freshUntilMs(slot)
    return { weight: this.#store.weights[slot]!, freshUntilMs }
  }

  get entryIndexBytes(): number | null {
    return this.size === 0 ? null : this.#slotBytes / this.size
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
    if (options.bytes !== undefined) throw new InvalidOptionError('entry', [{ where: 'bytes', what: bytesAreKnown }])
    const store = this.#store
    try {
      // Before the key is looked for: a value's own code may run, and use this cache.
      store.prepare(value)
      if (ttlMs !== Infinity) this.#startExpiry()
      let slot = store.find(key)
      const payloadBytes = store.payloadBytes
      if (slot !== NONE && !this.#canReplace(slot, payloadBytes, tags.length)) {
        const isOver = !this.#isFresh(slot) && !this.#expiry!.isServedStale(slot)
        this.#remove(slot, isOver ? 'expiration' : 'replacement')
        slot = NONE
      }
      if (slot === NONE) {
        this.#makeRoom(key, payloadBytes, tags.length)
        slot = store.add()
        this.#policy.insert(slot)
        // Making room may have begun anew.
        if (ttlMs !== Infinity) this.#startExpiry()
      } else {
        this.#note(slot, 'replacement')
        const weight = store.weights[slot]!
        store.replace(slot)
        if (store.weights[slot] !== weight) this.#policy.reweigh(slot, store.weights[slot]! - weight)
        this.#policy.hit(slot)
      }
      this.#tags.set(slot, tags)
      if (this.#expiry !== null) this.#expiry.file(slot, ttlMs)
    } finally {
      store.forgetPrepared()
    }
  }

  /** Whether a new record can take the old one's place without anybody leaving for it. */
  #canReplace(slot: number, payloadBytes: number, tagCount: number): boolean {
    if (!this.#isFresh(slot) && !this.#expiry!.isServedStale(slot)) return false
    const { arena, weights, capacity } = this.#store
    return this.#settle(capacity, arena.recordBytes(payloadBytes) - weights[slot]!, payloadBytes, tagCount)
  }

  // How much room there is.

  /** Evicts until one more entry fits: its record, its tags, and what it makes the index grow by. */
  #makeRoom(key: K, payloadBytes: number, tagCount: number): void {
    const { arena } = this.#store
    const entryBytes = arena.recordBytes(payloadBytes)
    this.#checkFitsAlone(key, entryBytes, payloadBytes, tagCount)
    for (;;) {
      if (this.#store.count < this.#options.maxEntries) {
        const capacity = this.#store.hasFreeSlot ? this.#store.capacity : this.#nextCapacity(entryBytes)
        if (this.#settle(capacity, entryBytes, payloadBytes, tagCount)) return
      }
      if (!this.#evictOne(entryBytes)) {
        // Nobody is here, and yet there is no room: the index is as large as those who were here needed it.
        this.#reset()
      } else if (this.#store.isSparse) this.#compact()
    }
  }

  #checkFitsAlone(key: K, entryBytes: number, payloadBytes: number, tagCount: number): void {
    const { arena } = this.#store
    const indexBytes = this.#slotBytesAt(this.#leastCapacity) + TagTable.leastBytes(tagCount, this.#leastCapacity)
    const segments = arena.segmentsWithin(this.#grantBytes - indexBytes - arena.leastTableBytes(payloadBytes))
    if (arena.usableBytes(segments) >= entryBytes && entryBytes < 2 ** 32) return
    throw new EntryTooLargeError({ key, entryBytes: entryBytes + indexBytes, maxBytes: this.#grantBytes })
  }

  /** Lays index and arena out so that so many bytes of records more fit, if they do. */
  #settle(capacity: number, moreBytes: number, payloadBytes: number, tagCount: number): boolean {
    const { arena } = this.#store
    const slotBytes = capacity === this.#store.capacity ? this.#slotBytes : this.#slotBytesAt(capacity)
    const indexBytes = slotBytes + this.#tags.bytesAfter(tagCount, capacity) + arena.tableBytesAfter(payloadBytes)
    const segments = arena.segmentsWithin(this.#grantBytes - indexBytes)
    if (arena.liveBytes + moreBytes > arena.usableBytes(segments)) return false
    arena.limit(segments)
    if (capacity !== this.#store.capacity) this.#resize(capacity)
    return true
  }

  /** Half as many slots again, a quarter when there are many, but not many more than the bytes that are left can use. */
  #nextCapacity(entryBytes: number): number {
    const { capacity, count, arena } = this.#store
    const growth = Math.max(FIRST_CAPACITY, capacity >> (capacity < MANY_SLOTS ? 1 : 2))
    const most = Math.min(growth, this.#options.maxEntries - capacity)
    const leftBytes = Math.max(0, this.#grantBytes - this.#slotBytes - arena.liveBytes)
    const meanBytes = (arena.liveBytes + entryBytes) / (count + 1) + this.#slotBytes / Math.max(1, capacity)
    return capacity + Math.min(most, Math.max(FIRST_CAPACITY, capacity >> 5, Math.ceil(leftBytes / meanBytes)))
  }

  #slotBytesAt(capacity: number): number {
    const expiryBytes = this.#expiry === null ? 0 : Expiry.bytesAt(capacity)
    return OffHeapStore.bytesAt(capacity) + this.#policy.bytesAt(capacity) + expiryBytes
  }

  get #leastCapacity(): number {
    return Math.min(FIRST_CAPACITY, this.#options.maxEntries)
  }

  #resize(capacity: number): void {
    this.#store.resize(capacity)
    this.#policy.resize(capacity)
    this.#expiry?.resize(capacity)
    this.#tags.resize(capacity)
    this.#slotBytes = this.#slotBytesAt(capacity)
  }

  /** Gives the index's room back when no more than a quarter of it is in use. */
  #compact(): void {
    this.#store.compact((from, to) => {
      this.#policy.relocate(from, to)
      this.#expiry?.relocate(from, to)
      this.#tags.relocate(from, to)
    })
    this.#resize(Math.min(this.#store.capacity, Math.max(4 * FIRST_CAPACITY, 2 * this.#store.count)))
    this.#tags.trim()
  }

  #reset(): void {
    this.#store.clear()
    this.#policy.clear()
    this.#tags.clear()
    this.#expiry?.stop()
    this.#expiry = null
    this.#resize(this.#leastCapacity)
  }

  // Who leaves.

  /** Evicts, and lets segments go, until no more than so many bytes are held. */
  #evictDownTo(bytes: number): void {
    const { arena } = this.#store
    for (;;) {
      if (this.bytes <= bytes) return
      const segments = arena.segmentsWithin(bytes - this.#slotBytes - this.#tags.bytes - arena.tableBytes)
      if (segments > 0 && arena.liveBytes <= arena.usableBytes(segments)) return arena.limit(segments)
      if (!this.#evictOne(0)) return this.#reset()
      if (this.#store.isSparse) this.#compact()
    }
  }

  #evictOne(weight: number): boolean {
    const victim = this.#policy.victim(weight)
    if (victim < 0) return false
    this.#remove(victim, 'eviction')
    return true
  }

  #removeKey(key: K, cause: RemovalCause): boolean {
    const slot = this.#store.find(key)
    if (slot === NONE) return false
    this.#remove(slot, cause)
    return true
  }

  #remove(slot: number, cause: RemovalCause): void {
    this.#note(slot, cause)
    this.#policy.remove(slot)
    if (this.#expiry !== null) this.#expiry.forget(slot)
    this.#tags.remove(slot)
    this.#store.remove(slot)
  }

  /** Reads what leaves only where somebody listens. */
  #note(slot: number, cause: RemovalCause): void {
    if (this.#options.onRemoval) this.#removals.note(this.#store.keyOf(slot), this.#store.valueOf(slot), cause)
    else this.#removals.counts[cause]++
  }

  /** The end of every act that removes: the index gives room back, and listeners hear of it when all is in order again. */
  #finish(): void {
    if (this.#store.isSparse) this.#compact()
    this.#removals.tell()
  }

  *#usedSlots(): IterableIterator<number> {
    for (let slot = 0; slot < this.#store.capacity; slot++) if (this.#store.isUsed(slot)) yield slot
  }

  // How old an entry is.

  #freshSlot(key: K): number {
    const slot = this.#store.find(key)
    return slot !== NONE && this.#isFresh(slot) ? slot : NONE
  }

  #isFresh(slot: number): boolean {
    return this.#expiry === null || this.#expiry.isFresh(slot)
  }

  #startExpiry(): void {
    if (this.#expiry !== null) return
    this.#expiry = new Expiry({
      clock: this.#options.clock,
      staleMs: this.#options.staleMs,
      begin: () => {},
      remove: (slot) => this.#remove(slot, 'expiration'),
      rest: () => {
        if (this.#store.isSparse) this.#compact()
        return true
      },
      finish: () => this.#removals.tell(),
    })
    this.#resize(this.#store.capacity)
    this.#evictDownTo(this.#grantBytes)
  }

  // Loading.

  #fetch(key: K, options: FetchOptions<K, V>): Promise<V | undefined> {
    const slot = this.#store.find(key)
    if (slot !== NONE && this.#isFresh(slot)) {
      this.#hitCount++
      this.#policy.hit(slot)
      return Promise.resolve(this.#store.valueOf(slot))
    }
    this.#missCount++
    if (slot === NONE || !this.#expiry!.isServedStale(slot)) return this.#loads.fetch(key, options, undefined)
    this.#policy.hit(slot)
    return this.#loads.fetch(key, options, this.#store.valueOf(slot))
  }

  #createHandle(createdAt: string | null): CacheHandle {
    return {
      name: this.name,
      createdAt,
      report: () => {
        const { bytes, entryCount, hitCount, missCount, loadCount, removals } = this.stats()
        const counts = { entryCount, hitCount, missCount, loadCount, removals }
        const memory = { bytes, offHeapBytes: bytes ?? 0, budgetBytes: this.#grantBytes }
        return { name: this.name, createdAt, ...memory, ...counts, curve: this.curve() }
      },
      clear: () => this.clear(),
      keeper: this,
      shrink: (toBytes: number) => this.shrink(toBytes),
    }
  }
}

const noOptions: EntryOptions = Object.freeze({})
const noTags: readonly string[] = Object.freeze([])
const bytesAreKnown =
  'is for values on the heap; an off-heap store knows to the byte what an entry takes, so leave it out'
