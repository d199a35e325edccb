import type { CacheHandle, CacheReport } from '@plimsoll/core/wire'
import { BoundedEntries, noTags } from './bounded-entries.ts'
import type { FetchOptions } from './cache.ts'
import { announceClosed, announceOpened } from './channels.ts'
import { UnweighableValueError } from './errors.ts'
import type { EntryFacts, Governable } from './governor/governable.ts'
import { HeapEntries } from './heap/heap-entries.ts'
import { ReadThrough } from './load/read-through.ts'
import { checkTags, checkTtlMs, type EntryOptions, type ResolvedCacheOptions, type Storable } from './options.ts'
import { createPolicy } from './policy/create-policy.ts'
import type { Policy } from './policy/policy.ts'
import { NONE } from './policy/slot-rings.ts'
import { Removals } from './removal.ts'
import type { CacheStats } from './stats.ts'
import { EntryWeigher } from './weigh/entry-weigher.ts'

/** Once in so many hits and once in so many sets, the next entry in turn is weighed again: values may grow while they are here. */
const REWEIGH_PERIOD = 64

/**
 * The cache, put together: the entries and their bound, the weigher that says what one costs, the flights that say who waits
 * for what, and the counts. What it holds to stands with {@link BoundedEntries}.
 */
export class BoundedCache<K, V extends Storable> implements Governable<K, V> {
  readonly name: string
  readonly #options: ResolvedCacheOptions<K, V>
  readonly #store: HeapEntries<K, V>
  readonly #policy: Policy
  readonly #entries: BoundedEntries<K, V>
  readonly #weigher: EntryWeigher<K, V>
  readonly #loads: ReadThrough<K, V>
  readonly #removals: Removals<K, V>
  readonly #handle: CacheHandle
  readonly #isWeighing: boolean
  /** Set by whoever measures it. */
  curve: () => CacheReport['curve'] = () => []
  #grantBytes: number | null
  #hitCount = 0
  #missCount = 0
  #setCount = 0
  /** The slot that was weighed again last. */
  #reweighHand = 0
  /**
   * The key that was missed last and is not here; most often it is set next, and need not be looked for again. Let go by the next
   * hit, as what follows is hardly its `set` then, and nobody shall be kept alive for having been missed.
   */
  #absentKey: K | undefined = undefined
  #absentHash = 0
  #isClosed = false

  constructor(options: ResolvedCacheOptions<K, V>, createdAt: string | null) {
    this.name = options.name ?? createdAt ?? 'cache'
    this.#options = options
    this.#isWeighing = options.maxBytes !== Infinity
    this.#grantBytes = this.#isWeighing ? options.maxBytes : null
    const hashSeed = (options.random.next() * 2 ** 32) | 0
    this.#store = new HeapEntries({
      isWeighing: this.#isWeighing,
      hashSeed,
      onRename: () => this.#policy.renameAll?.(),
    })
    this.#policy = createPolicy(options.policy, {
      slots: this.#store,
      isByDensity: options.optimize === 'objects',
      hashSeed: null,
    })
    this.#weigher = new EntryWeigher(options.maxBytes, options.weigh)
    this.#loads = new ReadThrough(options, {
      put: (key, value, entry) => this.#put(key, value, entry),
      drop: (key) => this.#entries.removeKey(key, 'replacement'),
      finish: () => this.#entries.finish(),
      isUnkept: (error) => error instanceof UnweighableValueError,
    })
    this.#removals = new Removals(this.name, options.onRemoval)
    const { maxBytes, maxEntries, staleMs, clock } = options
    const parts = { store: this.#store, policy: this.#policy, removals: this.#removals }
    this.#entries = new BoundedEntries({ maxBytes, maxEntries, staleMs, clock, ...parts })
    this.#handle = this.#createHandle(createdAt)
    announceOpened(this.#handle)
  }

  get size(): number {
    return this.#store.count
  }

  get bytes(): number | null {
    return this.#isWeighing ? Math.ceil(this.#entries.bytes) : null
  }

  get(key: K): V | undefined {
    const slot = this.#store.slotOf(key)
    if (slot < 0 || !this.#entries.isFresh(slot)) {
      this.#missCount++
      if (slot < 0) {
        this.#absentKey = key
        this.#absentHash = this.#store.askedHash
      }
      return undefined
    }
    this.#absentKey = undefined
    this.#policy.hit(slot)
    const value = this.#store.valueIn(slot)
    if ((++this.#hitCount & (REWEIGH_PERIOD - 1)) === 0) this.#reweighNext()
    return value
  }

  peek(key: K): V | undefined {
    const slot = this.#entries.freshSlotOf(key)
    return slot === NONE ? undefined : this.#store.valueIn(slot)
  }

  has(key: K): boolean {
    return this.#entries.freshSlotOf(key) !== NONE
  }

  set(key: K, value: V | undefined, options: EntryOptions = noOptions): this {
    this.#loads.flights.overtake(key)
    if (value === undefined) this.#entries.removeKey(key, 'deletion')
    else {
      try {
        this.#put(key, value, options)
      } catch (error) {
        // What stands here is not the truth any more, and the truth cannot be kept.
        this.#entries.removeKey(key, 'replacement')
        this.#entries.finish()
        throw error
      }
    }
    this.#entries.finish()
    return this
  }

  fetch(key: K, options: FetchOptions<K, V> = noOptions): Promise<V | undefined> {
    const slot = this.#store.slotOf(key)
    if (slot >= 0 && this.#entries.isFresh(slot)) return Promise.resolve(this.get(key))
    this.#missCount++
    if (slot < 0 || !this.#entries.expiry!.isServedStale(slot)) return this.#loads.fetch(key, options, undefined)
    this.#policy.hit(slot)
    return this.#loads.fetch(key, options, this.#store.valueIn(slot))
  }

  delete(key: K): boolean {
    this.#loads.flights.overtake(key)
    const wasHere = this.#entries.removeKey(key, 'deletion')
    this.#entries.finish()
    return wasHere
  }

  clear(): void {
    this.#loads.flights.overtakeAll()
    this.#absentKey = undefined
    this.#entries.clear()
    this.#entries.finish()
  }

  invalidateTag(tag: string): number {
    this.#loads.flights.overtakeTag(tag)
    const slots = this.#entries.slotsOfTag(tag)
    for (const slot of slots) this.#entries.remove(slot, 'invalidation')
    this.#entries.finish()
    return slots.length
  }

  *keys(): IterableIterator<K> {
    for (const [key] of this.entries()) yield key
  }

  *entries(): IterableIterator<[K, V]> {
    // Those who are here now, looked up again: entries come and go, and change their slots, while somebody iterates.
    const slots = this.#policy.byUse?.() ?? this.#store.usedSlots()
    yield* this.#freshOf(Array.from(slots, (slot) => this.#store.keyOf(slot)))
  }

  /** From the one used longest ago, where the policy knows. Who wants the first only does not pay for all the others. */
  *reversedEntries(): IterableIterator<[K, V]> {
    const last = this.#policy.lastUsed?.() ?? NONE
    const isFirstKnown = last !== NONE && this.#entries.isFresh(last)
    const first = isFirstKnown ? this.#store.keyOf(last) : undefined
    if (isFirstKnown) yield [first as K, this.#store.valueIn(last)]
    const slots = this.#policy.byUse?.() ?? this.#store.usedSlots()
    const keys = Array.from(slots, (slot) => this.#store.keyOf(slot)).reverse()
    yield* this.#freshOf(isFirstKnown ? keys.filter((key) => !Object.is(key, first)) : keys)
  }

  /** Gives up the load of the key that is under way. Answers whether one was. */
  abortLoad(key: K, reason: unknown): boolean {
    return this.#loads.flights.abort(key, reason)
  }

  abortLoads(reason: unknown): void {
    this.#loads.flights.abortAll(reason)
  }

  /** Takes out whom the policy would evict next. */
  pop(): V | undefined {
    const value = this.#entries.pop()
    this.#entries.finish()
    return value
  }

  /** Takes out now what the timer would a moment later. Answers whether anything went. */
  purgeExpired(): boolean {
    const count = this.#entries.purgeExpired()
    this.#entries.finish()
    return count > 0
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
    if (this.#isWeighing) this.#entries.evictDownTo(toBytes)
    this.#entries.finish()
  }

  grant(bytes: number): void {
    this.#grantBytes = Math.min(bytes, this.#options.maxBytes)
    this.#entries.grant(this.#grantBytes)
    this.#entries.finish()
  }

  inspect(key: K): EntryFacts | null {
    const slot = this.#entries.freshSlotOf(key)
    if (slot === NONE) return null
    return { weight: this.#store.weightOf(slot), freshUntilMs: this.#entries.expiry?.freshUntilMs(slot) ?? Infinity }
  }

  /** What the caller said that the fresh entry weighs, if it did. */
  exactBytesOf(key: K): number | undefined {
    const slot = this.#entries.freshSlotOf(key)
    return slot !== NONE && this.#isWeighing && this.#store.isExact(slot) ? this.#store.weightOf(slot) : undefined
  }

  get entryIndexBytes(): number | null {
    return this.size === 0 ? null : this.#entries.indexBytes / this.size
  }

  close(): void {
    if (this.#isClosed) return
    this.clear()
    this.#loads.flights.release()
    this.#isClosed = true
    announceClosed(this.#handle)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  *#freshOf(keys: readonly K[]): IterableIterator<[K, V]> {
    for (const key of keys) {
      const slot = this.#entries.freshSlotOf(key)
      if (slot !== NONE) yield [key, this.#store.valueIn(slot)]
    }
  }

  #put(key: K, value: V, options: EntryOptions): void {
    if (this.#isClosed) return
    const { bytes } = options
    const ttlMs = options.ttlMs === undefined ? this.#options.ttlMs : checkTtlMs(options.ttlMs)
    const tags = options.tags === undefined ? noTags : checkTags(options.tags)
    const isExact = this.#isWeighing && bytes !== undefined
    let weight = 1
    let kept = value
    if (isExact) weight = this.#weigher.exact(key, bytes)
    else if (this.#isWeighing) {
      // Before anything is known of the key: a `weigh` may call us.
      weight = this.#weigher.weigh(key, value)
      kept = this.#weigher.takeSettled(value)
    }
    // Of a key that was just looked for in vain. What is put may be the end of all that is known.
    const absentHash = this.#absentKey !== undefined && key === this.#absentKey ? this.#absentHash : null
    this.#absentKey = undefined
    this.#entries.put(key, kept, weight, isExact, ttlMs, tags, absentHash)
    if ((++this.#setCount & (REWEIGH_PERIOD - 1)) === 0) this.#reweighNext()
  }

  /** Weighs the next entry in turn again; one that grew makes others go, or itself. */
  #reweighNext(): void {
    const { weights, capacity } = this.#store
    if (weights === null || !this.#weigher.isOwn) return
    const slot = (this.#reweighHand = (this.#reweighHand + 1) % capacity)
    const value: unknown = this.#store.valueIn(slot)
    if (typeof value !== 'object' || value === null || this.#store.isExact(slot)) return
    try {
      this.#entries.reweigh(slot, this.#weigher.weighAgain(this.#store.keyOf(slot), value as V))
    } catch {
      // It has become too large, or holds what nobody can weigh.
      this.#entries.remove(slot, 'eviction')
    }
    this.#entries.finish()
  }

  #createHandle(createdAt: string | null): CacheHandle {
    return {
      name: this.name,
      createdAt,
      report: () => {
        const { bytes, entryCount, hitCount, missCount, loadCount, removals } = this.stats()
        const counts = { entryCount, hitCount, missCount, loadCount, removals }
        return { name: this.name, createdAt, bytes, budgetBytes: this.#grantBytes, ...counts, curve: this.curve() }
      },
      clear: () => this.clear(),
      keeper: this,
      ...(this.#isWeighing && { shrink: (toBytes: number) => this.shrink(toBytes) }),
    }
  }
}

const noOptions: EntryOptions = Object.freeze({})
