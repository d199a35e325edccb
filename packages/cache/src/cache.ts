import { BoundedCache } from './bounded-cache.ts'
import { callSiteOf } from './channels.ts'
import {
  resolveOptions,
  type CacheOptions,
  type EntryOptions,
  type Loader,
  type ResolvedCacheOptions,
  type Storable,
} from './options.ts'
import type { CacheStats } from './stats.ts'
import { GovernedCache } from './governor/governed-cache.ts'
import type { Governable } from './governor/governable.ts'
import { OffHeapCache } from './store/off-heap/off-heap-cache.ts'

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
 * small view of a large buffer, may be an equal copy). With `store: 'off-heap'` it is an equal value of its own each time.
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
  /** Keys of fresh entries that are here at the first step: under `policy: 'lru'` the last used first, else in no order; off the heap never in any. */
  keys(): IterableIterator<K>
  entries(): IterableIterator<[K, V]>
  stats(): CacheStats
  /** Evicts until no more than so many bytes are held; the ceiling stays. Without `maxBytes` it can only clear, at 0. */
  shrink(toBytes: number): void
  /**
   * Forgets everything and keeps nothing from now on. Those who fetch get what their loader gives, but no load under way keeps the
   * process alive. Safe to call twice.
   */
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
  const { governor } = resolved
  if (governor) return new GovernedCache(resolved, governor, (options) => createUngoverned(options, createdAt))
  return createUngoverned(resolved, createdAt)
}

function createUngoverned<K, V extends Storable>(
  options: ResolvedCacheOptions<K, V>,
  createdAt: string | null,
): Governable<K, V> {
  return options.store === 'off-heap' ? new OffHeapCache(options, createdAt) : new BoundedCache(options, createdAt)
}
