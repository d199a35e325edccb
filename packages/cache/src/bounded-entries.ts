import type { Clock } from '@plimsoll/core'
import type { RemovalCause } from '@plimsoll/core/wire'
import { EntryTooLargeError } from './errors.ts'
import { Expiry } from './expiry/expiry.ts'
import { LEAST_MAP_BYTES, type HeapEntries } from './heap/heap-entries.ts'
import type { Policy } from './policy/policy.ts'
import { NONE } from './policy/slot-rings.ts'
import type { Removals } from './removal.ts'
import { TagIndex } from './store/tag-index.ts'
import { settledKey } from './weigh/entry-weigher.ts'

/** Slots of a new index; it grows by as many as there are, by half when there are many, and shrinks when no more than a quarter is in use. */
const FIRST_CAPACITY = 16
const MANY_SLOTS = 65_536

/** V8 keeps no larger list in one piece, nor a larger Map. */
const MOST_ENTRIES = 2 ** 24

/** The cache's own objects, its Map and arrays without their items, measured on Node.js 20. */
const FIXED_BYTES = 5888

export const noTags: readonly string[] = Object.freeze([])

export interface BoundedEntriesOptions<K, V> {
  maxBytes: number
  maxEntries: number
  staleMs: number
  clock: Clock
  store: HeapEntries<K, V>
  policy: Policy
  removals: Removals<K, V>
}

/**
 * Entries under a ceiling: the store keeps them as slots, the policy says who leaves, the expiry who is too old.
 *
 * What it holds to: after every call, the weights of all entries and the bytes of the index are within `maxBytes`. Room is
 * made before anything is stored, for the entry and for what the index grows by to hold it.
 */
export class BoundedEntries<K, V> {
  /** Exists once an entry has a deadline. */
  expiry: Expiry | null = null
  /** What it may hold: the ceiling, or what a governor grants of it. */
  private maxBytes: number
  private readonly maxEntries: number
  private readonly staleMs: number
  private readonly clock: Clock
  private readonly store: HeapEntries<K, V>
  private readonly policy: Policy
  private readonly removals: Removals<K, V>
  private readonly tags = new TagIndex()
  private entryBytes = 0
  /** Bytes of the index but for the Map and the tags. */
  private slotBytes = 0
  /** What the index weighs with one entry. */
  private leastIndexBytes = 0

  constructor({ maxBytes, maxEntries, staleMs, clock, store, policy, removals }: BoundedEntriesOptions<K, V>) {
    this.maxBytes = maxBytes
    this.maxEntries = Math.min(maxEntries, MOST_ENTRIES)
    this.staleMs = staleMs
    this.clock = clock
    this.store = store
    this.policy = policy
    this.removals = removals
    this.resize(this.leastCapacity)
  }

  /** The ceiling is another one from now on. */
  grant(bytes: number): void {
    this.maxBytes = bytes
    this.evictDownTo(bytes)
  }

  get indexBytes(): number {
    return this.wholeIndexBytes * this.indexShare(0, false)
  }

  /** Entries and index. */
  get bytes(): number {
    return this.entryBytes + this.wholeIndexBytes * this.indexShare(0, false)
  }

  freshSlotOf(key: K): number {
    const slot = this.store.slotOf(key)
    return slot >= 0 && this.isFresh(slot) ? slot : NONE
  }

  isFresh(slot: number): boolean {
    return this.expiry === null || this.expiry.isFresh(slot)
  }

  slotsOfTag(tag: string): readonly number[] {
    return this.tags.slotsOf(tag)
  }

  /**
   * Stores an entry, making room first. `weight` is in bytes, or 1 where only entries are counted; it is exact when it is the
   * caller's word, key and index included. `absentHash` is the hash that the key was just looked for by, in vain, so that nobody
   * has to look again; null: nobody has looked.
   * One argument each: this is the path of every miss, and an object that holds them would be garbage a moment later.
   */
  put(
    key: K,
    value: V,
    weight: number,
    isExact: boolean,
    ttlMs: number,
    tags: readonly string[],
    absentHash: number | null,
  ): void {
    const tagBytes = tags === noTags ? 0 : TagIndex.bytesOf(tags)
    if (ttlMs !== Infinity && this.expiry === null) this.startExpiry()
    let slot = absentHash !== null ? NONE : this.slotToReplace(key, weight, tagBytes, isExact)
    const hash = absentHash ?? this.store.askedHash
    if (slot === NONE) {
      this.makeRoom(key, weight, tagBytes, isExact)
      const isCharged = this.store.weights !== null && !isExact
      slot = this.store.add(isCharged ? settledKey(key) : key, value, weight, isExact, hash)
      this.entryBytes += weight
      this.policy.insert(slot)
    } else {
      this.removals.note(this.store.keyOf(slot), this.store.valueIn(slot), 'replacement')
      this.store.setValue(slot, value)
      this.changeWeight(slot, weight)
      this.policy.hit(slot)
    }
    if (tags !== noTags || this.tags.bytes > 0) this.tags.set(slot, tags)
    // Making room for a large entry may have taken everybody else out, and what only they needed.
    if (ttlMs !== Infinity && this.expiry === null) this.startExpiry()
    if (this.expiry !== null) this.expiry.file(slot, ttlMs)
    // A stray's place in the Map is room that nobody made. Last: the newcomer may be the one who leaves.
    if (this.store.hasStrays) this.evictDownTo(this.maxBytes)
  }

  /** The entry weighs something else by now: others may have to go, or itself. */
  reweigh(slot: number, weight: number): void {
    this.changeWeight(slot, weight)
    this.evictDownTo(this.maxBytes)
  }

  removeKey(key: K, cause: RemovalCause): boolean {
    const slot = this.store.slotOf(key)
    if (slot < 0) return false
    this.remove(slot, cause)
    return true
  }

  remove(slot: number, cause: RemovalCause): void {
    const store = this.store
    this.removals.note(store.keyOf(slot), store.valueIn(slot), cause)
    this.policy.remove(slot)
    if (this.expiry !== null) this.expiry.forget(slot)
    if (this.tags.bytes > 0) this.tags.remove(slot)
    this.entryBytes -= store.weightOf(slot)
    store.remove(slot)
  }

  /** Takes out whom the policy would evict next, and answers its value. What is too old is not here any more. */
  pop(): V | undefined {
    for (;;) {
      const slot = this.policy.victim(0)
      if (slot < 0) return undefined
      const value = this.store.valueIn(slot)
      const isFresh = this.isFresh(slot)
      this.remove(slot, isFresh ? 'eviction' : 'expiration')
      if (isFresh) return value
    }
  }

  /** Takes out all that is too old even to be served stale, and answers how many that were. O(entries). */
  purgeExpired(): number {
    const { expiry } = this
    if (expiry === null) return 0
    let count = 0
    for (const slot of this.store.usedSlots()) {
      if (expiry.isFresh(slot) || expiry.isServedStale(slot)) continue
      this.remove(slot, 'expiration')
      count++
    }
    return count
  }

  clear(): void {
    for (const slot of this.store.usedSlots()) {
      this.removals.note(this.store.keyOf(slot), this.store.valueIn(slot), 'deletion')
    }
    this.reset()
  }

  evictDownTo(maxBytes: number): void {
    while (this.bytes > maxBytes && this.evictOne(0)) if (this.store.isSparse) this.compact()
  }

  /** The end of every act that removes: the index gives room back, and listeners hear of it when all is in order again. */
  finish(): void {
    if (this.store.isSparse) this.compact()
    this.removals.tell()
  }

  /** The entry under this key if the new one can take its place as it is; else what stands there goes. */
  private slotToReplace(key: K, weight: number, tagBytes: number, isExact: boolean): number {
    const slot = this.store.slotOf(key)
    if (slot < 0) return NONE
    this.store.askedHash = this.store.keys[slot]!
    if (!this.isFresh(slot) && !this.expiry!.isServedStale(slot)) {
      this.remove(slot, 'expiration')
      return NONE
    }
    const moreBytes = weight - this.store.weightOf(slot) + tagBytes
    const fits = moreBytes <= 0 || this.bytes + moreBytes <= this.maxBytes
    if (fits && this.store.isExact(slot) === isExact) return slot
    this.remove(slot, 'replacement')
    return NONE
  }

  private changeWeight(slot: number, weight: number): void {
    const difference = weight - this.store.weightOf(slot)
    if (difference === 0) return
    this.store.weights![slot] = weight
    this.entryBytes += difference
    this.policy.reweigh(slot, difference)
  }

  /** Evicts until one more entry fits: its weight, its tags, and what it makes the index grow by. */
  private makeRoom(key: K, weight: number, tagBytes: number, isExact: boolean): void {
    const maxBytes = this.maxBytes
    const aloneBytes = weight + tagBytes + (isExact ? 0 : this.leastIndexBytes)
    if (aloneBytes > maxBytes) {
      throw new EntryTooLargeError({ key, entryBytes: weight > maxBytes ? weight : aloneBytes, maxBytes })
    }
    const store = this.store
    for (;;) {
      if (store.count < this.maxEntries) {
        const share = this.indexShare(1, isExact)
        const leftBytes = maxBytes - this.entryBytes - weight - tagBytes - this.wholeIndexBytes * share
        if (leftBytes >= 0) {
          if (store.hasFreeSlot && !store.growsMap(key)) return
          if (this.growIndex(key, weight, leftBytes, share)) return
        }
      }
      if (!this.evictOne(weight)) {
        // Nobody is here, and yet there is no room: the index is as large as those who were here needed it.
        this.reset()
        return
      }
      if (store.isSparse) this.compact()
    }
  }

  /** Makes the index large enough for one more entry, unless that takes more than the bytes that are left. */
  private growIndex(key: K, weight: number, leftBytes: number, share: number): boolean {
    const { hasFreeSlot } = this.store
    const capacity = hasFreeSlot ? this.store.capacity : this.nextCapacity(weight, leftBytes, share)
    const slotBytes = (this.slotBytesAt(capacity) - this.slotBytes) * share
    // Rather a new Map than half of the entries, which it would take for V8 to make do with the table that it has.
    const isTooLarge = slotBytes + this.store.mapGrowth(key) * share > leftBytes
    if (isTooLarge && !(slotBytes <= leftBytes && this.store.isMapWorthRebuilding)) return false
    if (isTooLarge) this.store.rebuildMap()
    if (!hasFreeSlot) this.resize(capacity)
    return true
  }

  private get wholeIndexBytes(): number {
    return this.slotBytes + this.store.mapBytes + this.tags.bytes
  }

  /**
   * Whether the index is charged (1) or not (0) with so many more entries, of that kind or not: where the caller gave the bytes
   * of every entry, nothing is added. All or nothing, so that what leaves never makes the rest heavier.
   */
  private indexShare(count: number, isExact: boolean): number {
    const exactCount = isExact ? this.store.exactCount + count : this.store.exactCount
    return exactCount === this.store.count + count ? 0 : 1
  }

  /** Twice as many slots, half as many again when there are many, but not many more than the bytes that are left can use. */
  private nextCapacity(weight: number, leftBytes: number, share: number): number {
    const { capacity, count, weights } = this.store
    const growth = Math.max(FIRST_CAPACITY, capacity < MANY_SLOTS ? capacity : capacity >> 1)
    const most = Math.min(growth, this.maxEntries - capacity)
    if (weights === null) return capacity + most
    const meanBytes = (this.entryBytes + weight) / (count + 1) + (share * this.slotBytes) / capacity
    return capacity + Math.min(most, Math.max(FIRST_CAPACITY, capacity >> 5, Math.ceil(leftBytes / meanBytes)))
  }

  private slotBytesAt(capacity: number): number {
    const expiryBytes = this.expiry === null ? 0 : Expiry.bytesAt(capacity)
    return FIXED_BYTES + this.store.bytesAt(capacity) + this.policy.bytesAt(capacity) + expiryBytes
  }

  private get leastCapacity(): number {
    return Math.min(FIRST_CAPACITY, this.maxEntries)
  }

  private resize(capacity: number): void {
    this.store.resize(capacity)
    this.policy.resize(capacity)
    this.expiry?.resize(capacity)
    this.slotBytes = this.slotBytesAt(capacity)
    this.leastIndexBytes = this.slotBytesAt(this.leastCapacity) + LEAST_MAP_BYTES
  }

  /** Gives the index's room back when no more than a quarter of it is in use: O(entries), after three times as many have left. */
  private compact(): void {
    this.store.compact((from, to) => {
      this.policy.relocate(from, to)
      this.expiry?.relocate(from, to)
      this.tags.relocate(from, to)
    })
    this.resize(Math.max(4 * FIRST_CAPACITY, 2 * this.store.count))
  }

  private reset(): void {
    this.store.clear()
    this.policy.clear()
    this.tags.clear()
    this.expiry?.stop()
    this.expiry = null
    this.entryBytes = 0
    this.resize(this.leastCapacity)
  }

  private evictOne(weight: number): boolean {
    const victim = this.policy.victim(weight)
    if (victim < 0) return false
    this.remove(victim, 'eviction')
    return true
  }

  /** Deadlines take room too, so others may have to go. */
  private startExpiry(): void {
    this.expiry = new Expiry({
      clock: this.clock,
      staleMs: this.staleMs,
      begin: (dueCount) => this.beginRelease(dueCount),
      remove: (slot) => this.remove(slot, 'expiration'),
      rest: (most) => this.restAfterRelease(most),
      finish: () => this.removals.tell(),
    })
    this.resize(this.store.capacity)
    this.evictDownTo(this.maxBytes)
  }

  private beginRelease(dueCount: number): void {
    if (dueCount > 0.75 * this.store.count) this.store.startMoving()
  }

  private restAfterRelease(most: number): boolean {
    const isMoved = this.store.move(most)
    // The new Map's table takes room beside the old one.
    this.evictDownTo(this.maxBytes)
    if (isMoved && this.store.isSparse) this.compact()
    return isMoved
  }
}
