import type { Clock } from '@plimsoll/core'
import type { RemovalCause } from '@plimsoll/core/wire'
import { EntryTooLargeError } from '../../errors.ts'
import { Expiry } from '../../expiry/expiry.ts'
import type { Policy } from '../../policy/policy.ts'
import { NONE } from '../../policy/slot-rings.ts'
import type { Removals } from '../../removal.ts'
import { OffHeapStore } from './off-heap-store.ts'
import { TagTable } from './tag-table.ts'

/** As in the cache on the heap: the index grows by half, by a quarter when there are many, and shrinks when a quarter is in use. */
const FIRST_CAPACITY = 16
const MANY_SLOTS = 65_536

export interface OffHeapEntriesOptions<K, V> {
  maxBytes: number
  maxEntries: number
  staleMs: number
  clock: Clock
  store: OffHeapStore<K, V>
  policy: Policy
  tags: TagTable
  removals: Removals<K, V>
}

/**
 * Entries off the heap under a ceiling: the store keeps them, the policy says who leaves, the expiry who is too old.
 *
 * What it holds to: after every call, index and segments are within `maxBytes`, the holes in the segments included.
 */
export class OffHeapEntries<K, V> {
  /** What it may hold: the ceiling, or what a governor grants of it. */
  #maxBytes: number
  readonly #maxEntries: number
  readonly #staleMs: number
  readonly #clock: Clock
  readonly #store: OffHeapStore<K, V>
  readonly #policy: Policy
  readonly #tags: TagTable
  readonly #removals: Removals<K, V>
  /** Exists once an entry has a deadline. */
  #expiry: Expiry | null = null
  /** Bytes of the index but for the tags. */
  #slotBytes = 0

  constructor({ maxBytes, maxEntries, staleMs, clock, store, policy, tags, removals }: OffHeapEntriesOptions<K, V>) {
    this.#maxBytes = maxBytes
    this.#maxEntries = maxEntries
    this.#staleMs = staleMs
    this.#clock = clock
    this.#store = store
    this.#policy = policy
    this.#tags = tags
    this.#removals = removals
    this.#resize(this.#leastCapacity)
  }

  /** Index and segments. */
  get bytes(): number {
    return this.#slotBytes + this.#tags.bytes + this.#store.arena.heldBytes
  }

  /** Of the index but for the tags. */
  get slotBytes(): number {
    return this.#slotBytes
  }

  /** The ceiling is another one from now on. */
  grant(bytes: number): void {
    this.#maxBytes = bytes
    this.evictDownTo(bytes)
  }

  freshSlotOf(key: K): number {
    const slot = this.#store.find(key)
    return slot !== NONE && this.isFresh(slot) ? slot : NONE
  }

  isFresh(slot: number): boolean {
    return this.#expiry === null || this.#expiry.isFresh(slot)
  }

  /** Whether an entry that is not fresh may still be served. */
  isServedStale(slot: number): boolean {
    return this.#expiry !== null && this.#expiry.isServedStale(slot)
  }

  /** On the clock's monotonic time; `Infinity`: for ever. */
  freshUntilMs(slot: number): number {
    return this.#expiry === null ? Infinity : this.#expiry.freshUntilMs(slot)
  }

  *usedSlots(): IterableIterator<number> {
    for (let slot = 0; slot < this.#store.capacity; slot++) if (this.#store.isUsed(slot)) yield slot
  }

  slotsOfTag(tag: string): readonly number[] {
    return this.#tags.slotsOf(tag)
  }

  /** Stores an entry, making room first. */
  put(key: K, value: V, ttlMs: number, tags: readonly string[]): void {
    const store = this.#store
    try {
      // Before the key is looked for: a value's own code may run, and use this cache.
      store.prepare(value)
      if (ttlMs !== Infinity) this.#startExpiry()
      let slot = store.find(key)
      const payloadBytes = store.payloadBytes
      if (slot !== NONE && !this.#canReplace(slot, payloadBytes, tags.length)) {
        const isOver = !this.isFresh(slot) && !this.isServedStale(slot)
        this.remove(slot, isOver ? 'expiration' : 'replacement')
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

  removeKey(key: K, cause: RemovalCause): boolean {
    const slot = this.#store.find(key)
    if (slot === NONE) return false
    this.remove(slot, cause)
    return true
  }

  remove(slot: number, cause: RemovalCause): void {
    this.#note(slot, cause)
    this.#policy.remove(slot)
    if (this.#expiry !== null) this.#expiry.forget(slot)
    this.#tags.remove(slot)
    this.#store.remove(slot)
  }

  clear(): void {
    if (this.#removals.isHeard) for (const slot of this.usedSlots()) this.#note(slot, 'deletion')
    else this.#removals.counts.deletion += this.#store.count
    this.#reset()
  }

  /** Evicts, and lets segments go, until no more than so many bytes are held. */
  evictDownTo(bytes: number): void {
    const { arena } = this.#store
    for (;;) {
      if (this.bytes <= bytes) return
      const blocks = arena.blocksWithin(bytes - this.#slotBytes - this.#tags.bytes - arena.tableBytes)
      if (blocks > 0 && arena.liveBytes <= arena.usableBytes(blocks)) return arena.limit(blocks)
      if (!this.#evictOne(0)) return this.#reset()
      if (this.#store.isSparse) this.#compact()
    }
  }

  /** The end of every act that removes: the index gives room back, and listeners hear of it when all is in order again. */
  finish(): void {
    if (this.#store.isSparse) this.#compact()
    this.#removals.tell()
  }

  /** Whether a new record can take the old one's place without anybody leaving for it. */
  #canReplace(slot: number, payloadBytes: number, tagCount: number): boolean {
    if (!this.isFresh(slot) && !this.isServedStale(slot)) return false
    const { arena, weights, capacity } = this.#store
    return this.#settle(capacity, arena.recordBytes(payloadBytes) - weights[slot]!, payloadBytes, tagCount)
  }

  /** Evicts until one more entry fits: its record, its tags, and what it makes the index grow by. */
  #makeRoom(key: K, payloadBytes: number, tagCount: number): void {
    const { arena } = this.#store
    const entryBytes = arena.recordBytes(payloadBytes)
    this.#checkFitsAlone(key, entryBytes, payloadBytes, tagCount)
    for (;;) {
      if (this.#store.count < this.#maxEntries) {
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
    const blocks = arena.blocksWithin(this.#maxBytes - indexBytes - arena.leastTableBytes(payloadBytes))
    if (arena.usableBytes(blocks) >= entryBytes && entryBytes < 2 ** 32) return
    throw new EntryTooLargeError({ key, entryBytes: entryBytes + indexBytes, maxBytes: this.#maxBytes })
  }

  /** Lays index and arena out so that so many bytes of records more fit, if they do. */
  #settle(capacity: number, moreBytes: number, payloadBytes: number, tagCount: number): boolean {
    const { arena } = this.#store
    const slotBytes = capacity === this.#store.capacity ? this.#slotBytes : this.#slotBytesAt(capacity)
    const indexBytes = slotBytes + this.#tags.bytesAfter(tagCount, capacity) + arena.tableBytesAfter(payloadBytes)
    const blocks = arena.blocksWithin(this.#maxBytes - indexBytes)
    if (arena.liveBytes + moreBytes > arena.usableBytes(blocks)) return false
    arena.limit(blocks)
    if (capacity !== this.#store.capacity) this.#resize(capacity)
    return true
  }

  /** Half as many slots again, a quarter when there are many, but not many more than the bytes that are left can use. */
  #nextCapacity(entryBytes: number): number {
    const { capacity, count, arena } = this.#store
    const growth = Math.max(FIRST_CAPACITY, capacity >> (capacity < MANY_SLOTS ? 1 : 2))
    const most = Math.min(growth, this.#maxEntries - capacity)
    const leftBytes = Math.max(0, this.#maxBytes - this.#slotBytes - arena.liveBytes)
    const meanBytes = (arena.liveBytes + entryBytes) / (count + 1) + this.#slotBytes / Math.max(1, capacity)
    return capacity + Math.min(most, Math.max(FIRST_CAPACITY, capacity >> 5, Math.ceil(leftBytes / meanBytes)))
  }

  #slotBytesAt(capacity: number): number {
    const expiryBytes = this.#expiry === null ? 0 : Expiry.bytesAt(capacity)
    return OffHeapStore.bytesAt(capacity) + this.#policy.bytesAt(capacity) + expiryBytes
  }

  get #leastCapacity(): number {
    return Math.min(FIRST_CAPACITY, this.#maxEntries)
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

  #evictOne(weight: number): boolean {
    const victim = this.#policy.victim(weight)
    if (victim < 0) return false
    this.remove(victim, 'eviction')
    return true
  }

  /** Reads what leaves only where somebody listens. */
  #note(slot: number, cause: RemovalCause): void {
    if (this.#removals.isHeard) this.#removals.note(this.#store.keyOf(slot), this.#store.valueOf(slot), cause)
    else this.#removals.counts[cause]++
  }

  #startExpiry(): void {
    if (this.#expiry !== null) return
    this.#expiry = new Expiry({
      clock: this.#clock,
      staleMs: this.#staleMs,
      begin: () => {},
      remove: (slot) => this.remove(slot, 'expiration'),
      rest: () => {
        if (this.#store.isSparse) this.#compact()
        return true
      },
      finish: () => this.#removals.tell(),
    })
    this.#resize(this.#store.capacity)
    this.evictDownTo(this.#maxBytes)
  }
}
