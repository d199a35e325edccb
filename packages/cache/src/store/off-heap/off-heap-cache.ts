import { InvalidOptionError } from '@plimsoll/core'
import type { CacheHandle, CacheReport } from '@plimsoll/core/wire'
import type { FetchOptions } from '../../cache.ts'
import { announceClosed, announceOpened } from '../../channels.ts'
import type { EntryFacts, Governable } from '../../governor/governable.ts'
import { ReadThrough } from '../../load/read-through.ts'
import { checkTags, checkTtlMs, type EntryOptions, type ResolvedCacheOptions, type Storable } from '../../options.ts'
import { createPolicy } from '../../policy/create-policy.ts'
import type { Policy } from '../../policy/policy.ts'
import { NONE } from '../../policy/slot-rings.ts'
import { Removals } from '../../removal.ts'
import type { CacheStats } from '../../stats.ts'
import { OffHeapEntries } from './off-heap-entries.ts'
import { OffHeapStore } from './off-heap-store.ts'
import { TagTable } from './tag-table.ts'
import { UnstorableValueError } from './value-bytes.ts'

/**
 * The cache whose entries live outside V8's heap: keys and values as bytes in an arena, everything that is known of them in
 * typed arrays. Nothing that the garbage collector visits grows with the number of entries. It keeps to the same table of
 * what each call does as {@link BoundedCache}, but answers with a value of its own each time. What it holds to stands with {@link OffHeapEntries}.
 */
export class OffHeapCache<K, V extends Storable> implements Governable<K, V> {
  readonly name: string
  readonly #options: ResolvedCacheOptions<K, V>
  readonly #store: OffHeapStore<K, V>
  readonly #policy: Policy
  readonly #entries: OffHeapEntries<K, V>
  readonly #loads: ReadThrough<K, V>
  readonly #removals: Removals<K, V>
  readonly #handle: CacheHandle
  /** Set by whoever measures it. */
  curve: () => CacheReport['curve'] = () => []
  #grantBytes: number
  #hitCount = 0
  #missCount = 0
  #isClosed = false

  constructor(options: ResolvedCacheOptions<K, V>, createdAt: string | null) {
    this.name = options.name ?? createdAt ?? 'cache'
    this.#options = options
    this.#grantBytes = options.maxBytes
    const seed = () => (options.random.next() * 2 ** 32) | 0
    this.#store = new OffHeapStore({ maxBytes: options.maxBytes, codec: options.codec, seed0: seed(), seed1: seed() })
    const tags = new TagTable(seed(), seed())
    this.#policy = createPolicy(options.policy, {
      slots: this.#store,
      isByDensity: options.optimize === 'objects',
      hashSeed: seed(),
    })
    this.#loads = new ReadThrough(options, {
      put: (key, value, entry) => this.#put(key, value, entry),
      drop: (key) => this.#entries.removeKey(key, 'replacement'),
      finish: () => this.#entries.finish(),
      isUnkept: (error) => error instanceof UnstorableValueError,
    })
    this.#removals = new Removals(this.name, options.onRemoval)
    const { maxBytes, maxEntries, staleMs, clock } = options
    const parts = { store: this.#store, policy: this.#policy, removals: this.#removals, tags }
    this.#entries = new OffHeapEntries({ maxBytes, maxEntries, staleMs, clock, ...parts })
    this.#handle = this.#createHandle(createdAt)
    announceOpened(this.#handle)
  }

  get size(): number {
    return this.#store.count
  }

  get bytes(): number {
    return this.#entries.bytes
  }

  get(key: K): V | undefined {
    const slot = this.#entries.freshSlotOf(key)
    if (slot === NONE) {
      this.#missCount++
      return undefined
    }
    this.#hitCount++
    this.#policy.hit(slot)
    return this.#store.valueOf(slot)
  }

  peek(key: K): V | undefined {
    const slot = this.#entries.freshSlotOf(key)
    return slot === NONE ? undefined : this.#store.valueOf(slot)
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
    try {
      return this.#fetch(key, options)
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  delete(key: K): boolean {
    this.#loads.flights.overtake(key)
    const wasHere = this.#entries.removeKey(key, 'deletion')
    this.#entries.finish()
    return wasHere
  }

  clear(): void {
    this.#loads.flights.overtakeAll()
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
    for (const slot of this.#entries.usedSlots()) if (this.#entries.isFresh(slot)) yield this.#store.keyOf(slot)
  }

  *entries(): IterableIterator<[K, V]> {
    for (const slot of this.#entries.usedSlots()) {
      if (this.#entries.isFresh(slot)) yield [this.#store.keyOf(slot), this.#store.valueOf(slot)]
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
    this.#entries.evictDownTo(toBytes)
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
    return { weight: this.#store.weights[slot]!, freshUntilMs: this.#entries.freshUntilMs(slot) }
  }

  get entryIndexBytes(): number | null {
    return this.size === 0 ? null : this.#entries.slotBytes / this.size
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

  #put(key: K, value: V, options: EntryOptions): void {
    if (this.#isClosed) return
    const ttlMs = options.ttlMs === undefined ? this.#options.ttlMs : checkTtlMs(options.ttlMs)
    const tags = options.tags === undefined ? noTags : checkTags(options.tags)
    if (options.bytes !== undefined) throw new InvalidOptionError('entry', [{ where: 'bytes', what: bytesAreKnown }])
    this.#entries.put(key, value, ttlMs, tags)
  }

  #fetch(key: K, options: FetchOptions<K, V>): Promise<V | undefined> {
    const slot = this.#store.find(key)
    if (slot !== NONE && this.#entries.isFresh(slot)) {
      this.#hitCount++
      this.#policy.hit(slot)
      return Promise.resolve(this.#store.valueOf(slot))
    }
    this.#missCount++
    if (slot === NONE || !this.#entries.isServedStale(slot)) return this.#loads.fetch(key, options, undefined)
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
