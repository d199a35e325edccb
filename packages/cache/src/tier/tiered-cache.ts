import type { Clock } from '@plimsoll/core'
import { createCache, type Cache, type FetchOptions } from '../cache.ts'
import { SingleFlight, type FlightControls } from '../load/single-flight.ts'
import { EntryTooLargeError, UnweighableValueError } from '../errors.ts'
import { checkTags, checkTtlMs, type EntryOptions, type LoadContext, type Loader, type Storable } from '../options.ts'
import type { CacheStats } from '../stats.ts'
import type { CopyHolder, Delivery } from './change-log.ts'
import { encodeTags, Envelope } from './envelope.ts'
import type { Change } from './follower.ts'
import { Guards } from './guards.ts'
import { HotKeys } from './hot-keys.ts'
import type { TieredCacheOptions } from './options.ts'
import type { Lease, LinkedRedisTier, Taken } from './redis-tier.ts'

/** What a cache behind the tier has done: this process's copies, and what Redis had. */
export interface TieredCacheStats extends CacheStats {
  /** Misses here that Redis answered, and those that it did not. */
  readonly tierHitCount: number
  readonly tierMissCount: number
  /** Calls of the loader that was given. `loadCount` counts what went to Redis too. */
  readonly sourceLoadCount: number
  /** Entries from Redis that could not be read, as another version or codec wrote them. */
  readonly unreadableCount: number
  /** Loaded values that Redis did not keep: a newer truth had come, they were too large, or Redis was full or away. */
  readonly unsharedCount: number
}

/** What {@link TieredCache.warm} has done. */
export interface WarmReport {
  /** Keys on the list that a process before us has left. */
  readonly listedCount: number
  readonly warmedCount: number
  readonly tookMs: number
}

/** Reads of a new process under way at once while it warms up. */
const WARM_LANES = 32

/**
 * A cache with a second tier: `fetch` looks here, then in Redis, then loads, once for all processes. Changes reach every process:
 * no `fetch` or `get` answers a value for longer than `staleBoundMs` after its invalidation was delivered.
 */
export class TieredCache<V extends Storable> implements CopyHolder {
  readonly name: string
  readonly #tier: LinkedRedisTier
  /** This process's copies. */
  readonly #copies: Cache<string, V>
  readonly #load: Loader<string, V> | undefined
  readonly #ttlMs: number
  readonly #clock: Clock
  readonly #envelope: Envelope<V>
  /** Loads while Redis does not answer, when nothing stale may be served. */
  readonly #flights: SingleFlight<string, V | undefined>
  readonly #flyingSinceMs = new Map<string, number>()
  readonly #guards = new Guards()
  /** Loads under way. */
  readonly #loading = new Set<{ readonly key: string }>()
  readonly #hotKeys: HotKeys | null
  #tierHitCount = 0
  #tierMissCount = 0
  #sourceLoadCount = 0
  #unreadableCount = 0
  #unsharedCount = 0

  /** Use {@link RedisTier.createCache}. */
  constructor(tier: LinkedRedisTier, { codec = 'v8', load, ...options }: TieredCacheOptions<V>) {
    const { clock, random, compressFromBytes, maxHotKeys } = tier.options
    this.name = options.name
    this.#tier = tier
    this.#load = load
    this.#copies = createCache<string, V>({ ...options, clock, random })
    this.#ttlMs = options.ttlMs ?? Infinity
    this.#clock = clock
    this.#envelope = new Envelope(codec, compressFromBytes)
    this.#flights = new SingleFlight({ clock, timeoutMs: options.loadTimeoutMs ?? 60_000 })
    this.#hotKeys = maxHotKeys > 0 ? new HotKeys(maxHotKeys) : null
  }

  /** Copies in this process. */
  get size(): number {
    return this.#copies.size
  }

  /** This process's fresh copy, or undefined. Asks nobody. */
  get(key: string): V | undefined {
    this.#hotKeys?.note(key)
    this.#isFollowed(key)
    return this.#copies.get(key)
  }

  /** As {@link Cache.fetch}; a miss asks Redis before it loads. Redis adds no more than `timeoutMs`, whatever its state. */
  fetch(key: string, options: FetchOptions<string, V> = {}): Promise<V | undefined> {
    this.#hotKeys?.note(key)
    const load = options.load ?? this.#load
    const read = this.#readThrough(load)
    if (this.#isFollowed(key)) return this.#copies.fetch(key, { ...options, load: read })
    // Nobody tells us of changes now: what is not fresh must not be served while a refresh runs.
    const copy = this.#copies.get(key)
    if (copy !== undefined) return Promise.resolve(copy)
    // Nor may anybody join a load that began longer ago than the bound.
    const flyingMs = this.#clock.monotonicMs() - (this.#flyingSinceMs.get(key) ?? Infinity)
    if (flyingMs > this.#tier.options.staleBoundMs) this.#flights.overtake(key)
    return this.#flights.join(key, (controls) => this.#fly(key, read, options, controls), options.abortSignal)
  }

  /**
   * Stores a value here and in Redis; other processes drop theirs. Call it after the truth has changed. Never throws for Redis.
   * A value that is too large for this process, or cannot be weighed, is kept in Redis alone.
   * @throws EncodingError when the codec cannot write the value, which is gone everywhere then
   */
  async set(key: string, value: V | undefined, options: EntryOptions = {}): Promise<Delivery> {
    if (value === undefined) return this.delete(key)
    if (options.ttlMs !== undefined) checkTtlMs(options.ttlMs)
    if (options.tags !== undefined) checkTags(options.tags)
    this.#drop(key)
    const change = this.#change('key', key)
    const guard = this.#guards.begin(key)
    const wasFollowed = this.#isFollowed(key)
    try {
      const ttlMs = options.ttlMs ?? this.#ttlMs
      const folded = await this.#envelope.fold(value)
      const isShared = folded.byteLength <= this.#tier.options.maxEntryBytes
      const write = { ttlMs: this.#tier.ttlMs(ttlMs), tags: encodeTags(options.tags ?? []), folded }
      const delivery = await this.#tier.log.tell(change, isShared ? write : undefined)
      const isNewest = guard.mayKeep(options.tags)
      // What was read from Redis before it heard of this.
      this.#drop(key)
      const isKnown = wasFollowed && delivery === 'delivered'
      if (isNewest) this.#store(key, value, { ...options, ttlMs: isKnown ? ttlMs : this.#shortened(ttlMs) })
      return delivery
    } catch (error) {
      await this.#tier.log.tell(change)
      throw error
    } finally {
      guard.end()
    }
  }

  /** Removes an entry everywhere. Call it after the truth has changed. Takes no longer than `timeoutMs`, and never throws. */
  async delete(key: string): Promise<Delivery> {
    this.#drop(key)
    const delivery = await this.#tier.log.tell(this.#change('key', key))
    // What was read from Redis before it heard of this.
    this.#drop(key)
    return delivery
  }

  /** Removes every entry with this tag, everywhere. As {@link delete}. */
  async invalidateTag(tag: string): Promise<Delivery> {
    this.heed(this.#change('tag', tag))
    const delivery = await this.#tier.log.tell(this.#change('tag', tag))
    this.heed(this.#change('tag', tag))
    return delivery
  }

  /** Removes all entries of this cache, everywhere. As {@link delete}. */
  async clear(): Promise<Delivery> {
    this.dropAll()
    const delivery = await this.#tier.log.tell(this.#change('all', ''))
    this.dropAll()
    return delivery
  }

  /**
   * Fetches what the processes before this one were asked for most, hottest first, from Redis alone: no loader is called. For a
   * worker that takes another's place, before it says that it is ready.
   * @param options.withinMs when to stop, done or not. Default 2 s.
   */
  async warm({ withinMs = 2000 }: { withinMs?: number } = {}): Promise<WarmReport> {
    const startMs = this.#clock.monotonicMs()
    const leftMs = () => withinMs - (this.#clock.monotonicMs() - startMs)
    const keys = await this.#tier.hotKeys(this.name, withinMs)
    let next = 0
    let warmedCount = 0
    const lane = async () => {
      while (next < keys.length && leftMs() > 0) if (await this.#warmOne(keys[next++]!)) warmedCount++
    }
    await Promise.all(Array.from({ length: WARM_LANES }, lane))
    return { listedCount: keys.length, warmedCount, tookMs: Math.round(this.#clock.monotonicMs() - startMs) }
  }

  stats(): TieredCacheStats {
    return {
      ...this.#copies.stats(),
      tierHitCount: this.#tierHitCount,
      tierMissCount: this.#tierMissCount,
      sourceLoadCount: this.#sourceLoadCount,
      unreadableCount: this.#unreadableCount,
      unsharedCount: this.#unsharedCount,
    }
  }

  /** Evicts copies until no more than so many bytes are held here. */
  shrink(toBytes: number): void {
    this.#copies.shrink(toBytes)
  }

  /** Forgets this process's copies and keeps none from now on. What is in Redis stays. */
  close(): void {
    this.#tier.forget(this.name)
    this.dropAll()
    this.#flights.release()
    this.#copies.close()
  }

  heed({ kind, name }: Change): void {
    if (kind === 'all') return this.dropAll()
    this.#guards.heed({ kind, name })
    if (kind === 'key') return this.#drop(name)
    this.#copies.invalidateTag(name)
    // What is being loaded may turn out to have the tag: whoever asks from now on must not wait for it.
    for (const { key } of this.#loading) this.#drop(key)
  }

  dropAll(): void {
    this.#guards.heed({ kind: 'all', name: '' })
    this.#flights.overtakeAll()
    this.#copies.clear()
  }

  /** The hottest keys, if there were so many lookups since the last time. */
  takeHotKeys(leastLookups: number): string[] {
    if (this.#hotKeys === null || this.#hotKeys.noteCount < leastLookups) return []
    return this.#hotKeys.top(this.#tier.options.maxHotKeys)
  }

  #drop(key: string): void {
    this.#guards.heed({ kind: 'key', name: key })
    this.#flights.overtake(key)
    this.#copies.delete(key)
  }

  #change(kind: Change['kind'], name: string): Change {
    return { kind, cache: this.name, name, origin: this.#tier.log.origin }
  }

  #isFollowed(key: string): boolean {
    const { log } = this.#tier
    return log.isFollowed(log.partitionOf(this.name, key))
  }

  /** Nobody would tell us of a change: what is kept now goes by itself within the bound. */
  #shortened(ttlMs: number): number {
    return Math.min(ttlMs, this.#tier.options.staleBoundMs)
  }

  /** Redis, then the loader; Redis keeps what was loaded behind the caller's back. */
  #readThrough(load: Loader<string, V> | undefined): Loader<string, V> {
    return async (key, context) => {
      const loading = { key }
      this.#loading.add(loading)
      try {
        return await this.#read(key, load, context)
      } finally {
        this.#loading.delete(loading)
      }
    }
  }

  async #read(key: string, load: Loader<string, V> | undefined, context: LoadContext): Promise<V | undefined> {
    const { abortSignal, entry } = context
    const startedMs = this.#clock.monotonicMs()
    const isFollowed = this.#isFollowed(key)
    const taken = await this.#tier.take(this.name, key, { isReadOnly: load === undefined, abortSignal })
    const found = await this.#unfold(taken)
    let value = found
    if (found !== undefined && taken.kind === 'hit') {
      entry.ttlMs = Math.min(taken.ttlMs, entry.ttlMs ?? Infinity)
      entry.tags = taken.entry.tags
    } else if (load !== undefined) {
      value = await this.#loadWith(taken.kind === 'load' ? taken.lease : null, load, key, context)
    }
    if (!isFollowed) {
      // Counted from the start, which is how old the value may be; what is too old already is gone as soon as it is here.
      const leftMs = this.#shortened(entry.ttlMs ?? this.#ttlMs) - (this.#clock.monotonicMs() - startedMs)
      entry.ttlMs = Math.max(0.001, leftMs)
    }
    return value
  }

  async #unfold(taken: Taken): Promise<V | undefined> {
    if (taken.kind !== 'hit') {
      this.#tierMissCount++
      return undefined
    }
    const value = await this.#envelope.unfold(taken.entry.folded)
    if (value === undefined) this.#unreadableCount++
    else this.#tierHitCount++
    return value
  }

  async #loadWith(
    lease: Lease | null,
    load: Loader<string, V>,
    key: string,
    { abortSignal, entry }: LoadContext,
  ): Promise<V | undefined> {
    this.#sourceLoadCount++
    const renewal = lease && this.#tier.renewing(this.name, lease)
    const letGo = () => {
      renewal?.cancel()
      if (lease) void this.#tier.release(this.name, lease)
    }
    // Fires when the load is given up: a loader that never ends must not hold its lease for ever.
    abortSignal.addEventListener('abort', letGo, { once: true })
    let value: V | undefined
    try {
      value = await load(key, { abortSignal, entry })
    } catch (error) {
      letGo()
      throw error
    } finally {
      abortSignal.removeEventListener('abort', letGo)
      renewal?.cancel()
    }
    if (lease) void this.#share(lease, value, entry.ttlMs ?? this.#ttlMs, entry.tags)
    else if (value !== undefined) this.#unsharedCount++
    return value
  }

  /** Never throws: who asked has their answer already. */
  async #share(lease: Lease, value: V | undefined, ttlMs: number, tags: readonly string[] = []): Promise<void> {
    if (value === undefined) return void (await this.#tier.release(this.name, lease))
    try {
      const folded = await this.#envelope.fold(value)
      if (!(await this.#tier.fill(this.name, lease, folded, ttlMs, tags))) this.#unsharedCount++
    } catch {
      this.#unsharedCount++
      await this.#tier.release(this.name, lease)
    }
  }

  async #fly(
    key: string,
    read: Loader<string, V>,
    { ttlMs, tags, bytes }: EntryOptions,
    { abortSignal, mayKeep }: FlightControls,
  ): Promise<V | undefined> {
    const entry: EntryOptions = { ttlMs, tags, bytes }
    const startedMs = this.#clock.monotonicMs()
    this.#flyingSinceMs.set(key, startedMs)
    let value: V | undefined
    try {
      value = await read(key, { abortSignal, entry })
    } finally {
      if (this.#flyingSinceMs.get(key) === startedMs) this.#flyingSinceMs.delete(key)
    }
    if (value !== undefined && mayKeep(entry.tags)) this.#store(key, value, entry)
    return value
  }

  async #warmOne(key: string): Promise<boolean> {
    if (this.#copies.has(key) || !this.#isFollowed(key)) return false
    const guard = this.#guards.begin(key)
    try {
      const taken = await this.#tier.take(this.name, key, { isReadOnly: true })
      const value = await this.#unfold(taken)
      if (value === undefined || taken.kind !== 'hit' || this.#copies.has(key)) return false
      const { tags } = taken.entry
      return guard.mayKeep(tags) && this.#store(key, value, { ttlMs: taken.ttlMs, tags })
    } finally {
      guard.end()
    }
  }

  /** What does not fit here is answered, or shared, all the same. */
  #store(key: string, value: V, options: EntryOptions): boolean {
    try {
      this.#copies.set(key, value, options)
      return true
    } catch (error) {
      if (error instanceof EntryTooLargeError || error instanceof UnweighableValueError) return false
      throw error
    }
  }
}
