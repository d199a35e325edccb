import type { Cache, FetchOptions } from '../cache.ts'
import type { EntryOptions, Loader, ResolvedCacheOptions, Storable } from '../options.ts'
import type { CacheStats } from '../stats.ts'
import type { AskObserver } from './curve-sampler.ts'
import type { EntryFacts, Governable } from './governable.ts'
import type { GovernedMember, Governor } from './governor.ts'

/** A cache that tells a governor what it is asked, and holds what that grants it. */
export class GovernedCache<K, V extends Storable> implements Cache<K, V> {
  readonly #cache: Governable<K, V>
  readonly #governor: Governor
  readonly #member: GovernedMember
  readonly #observer: AskObserver
  readonly #options: ResolvedCacheOptions<K, V>
  readonly #inspect = (key: K): EntryFacts | null => this.#cache.inspect(key)

  constructor(
    options: ResolvedCacheOptions<K, V>,
    governor: Governor,
    create: (options: ResolvedCacheOptions<K, V>) => Governable<K, V>,
  ) {
    const { load } = options
    const cache = (this.#cache = create(load ? { ...options, load: this.#timed(load) } : options))
    this.#options = options
    this.#governor = governor
    this.#member = {
      name: cache.name,
      floorBytes: options.floorBytes,
      ceilingBytes: options.maxBytes,
      get bytes() {
        return cache.bytes
      },
      get entryCount() {
        return cache.size
      },
      get entryIndexBytes() {
        return cache.entryIndexBytes
      },
      isOffHeap: options.store === 'off-heap',
      policy: options.policy,
      isByDensity: options.optimize === 'objects',
      hashSeed: (options.random.next() * 2 ** 32) | 0,
      grant: (bytes) => cache.grant(bytes),
    }
    const observer = governor.join(this.#member)
    this.#observer = observer
    cache.curve = () =>
      observer.curve().map(({ bytes, missRatio }) => ({ budgetBytes: bytes, hitRatio: 1 - missRatio }))
  }

  get name(): string {
    return this.#cache.name
  }

  get size(): number {
    return this.#cache.size
  }

  get bytes(): number | null {
    return this.#cache.bytes
  }

  get(key: K): V | undefined {
    this.#observer.ask(key, this.#inspect)
    return this.#cache.get(key)
  }

  peek(key: K): V | undefined {
    return this.#cache.peek(key)
  }

  has(key: K): boolean {
    return this.#cache.has(key)
  }

  set(key: K, value: V | undefined, options?: EntryOptions): this {
    this.#cache.set(key, value, options)
    this.#observer.put(key, this.#inspect)
    return this
  }

  fetch(key: K, options: FetchOptions<K, V> = {}): Promise<V | undefined> {
    const isMissed = this.#observer.ask(key, this.#inspect)
    const timed = options.load ? { ...options, load: this.#timed(options.load) } : options
    const fetched = this.#cache.fetch(key, timed)
    return isMissed ? this.#tellWhenLoaded(key, fetched) : fetched
  }

  delete(key: K): boolean {
    this.#observer.forget(key)
    return this.#cache.delete(key)
  }

  clear(): void {
    this.#observer.forgetAll()
    this.#cache.clear()
  }

  invalidateTag(tag: string): number {
    return this.#cache.invalidateTag(tag)
  }

  keys(): IterableIterator<K> {
    return this.#cache.keys()
  }

  entries(): IterableIterator<[K, V]> {
    return this.#cache.entries()
  }

  stats(): CacheStats {
    return this.#cache.stats()
  }

  shrink(toBytes: number): void {
    this.#cache.shrink(toBytes)
  }

  close(): void {
    this.#governor.leave(this.#member)
    this.#cache.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async #tellWhenLoaded(key: K, fetched: Promise<V | undefined>): Promise<V | undefined> {
    const value = await fetched
    if (value !== undefined) this.#observer.put(key, this.#inspect)
    return value
  }

  #timed(load: Loader<K, V>): Loader<K, V> {
    return async (key, context) => {
      const startedMs = this.#options.clock.monotonicMs()
      const value = await load(key, context)
      this.#observer.loaded(this.#options.clock.monotonicMs() - startedMs)
      return value
    }
  }
}
