import { InvalidOptionError, systemClock, type Fault } from '@plimsoll/core'
import { BoundedCache } from '../bounded-cache.ts'
import { callSiteOf } from '../channels.ts'
import { EntryTooLargeError } from '../errors.ts'
import { resolveOptions, type EntryOptions, type PolicyName } from '../options.ts'
import type { RemovalCause } from '../removal.ts'

/** Why `dispose` is called, in lru-cache's words. */
export type DisposeReason = 'evict' | 'set' | 'delete' | 'expire'

/** What an inserted value does: the key was not here, was here with another value, or with this one. */
export type InsertReason = 'add' | 'replace' | 'update'

export interface FetchMethodOptions<FC> {
  signal: AbortSignal
  options: object
  context: FC
}

/** lru-cache's options that hold here. Its other options are refused by name, rather than silently not obeyed. */
export interface LRUCacheOptions<K, V, FC = unknown> {
  max?: number
  /** In the units of `sizeCalculation`. Without `sizeCalculation` and `size`, bytes: what each entry truly costs. */
  maxSize?: number
  /** Larger entries are not stored. */
  maxEntrySize?: number
  sizeCalculation?: (value: V, key: K) => number
  /** In ms; 0 for never. */
  ttl?: number
  updateAgeOnGet?: boolean
  updateAgeOnHas?: boolean
  dispose?: (value: V, key: K, reason: DisposeReason) => void
  noDisposeOnSet?: boolean
  onInsert?: (value: V, key: K, reason: InsertReason) => void
  fetchMethod?: (
    key: K,
    staleValue: V | undefined,
    options: FetchMethodOptions<FC>,
  ) => Promise<V | undefined> | V | undefined
  memoMethod?: (key: K, staleValue: V | undefined, options: { options: object; context: FC }) => V
  /** Accepted, as it makes no difference here: entries go when they are too old, by one timer for all. */
  ttlAutopurge?: boolean
  ttlResolution?: number
  /** Not lru-cache's: who stays. Default `lru`; `w-tinylfu` hits more often and knows no order of use. */
  policy?: PolicyName
  /** Not lru-cache's: what people see in reports. */
  name?: string
}

export interface SetOptions<K, V> {
  ttl?: number
  size?: number
  sizeCalculation?: (value: V, key: K) => number
  noDisposeOnSet?: boolean
}

/** `ttl` is what was left at `start`, in ms since the epoch. */
export interface DumpedEntry<V> {
  value: V
  size?: number
  ttl?: number
  start?: number
}

const known = [
  'max',
  'maxSize',
  'maxEntrySize',
  'sizeCalculation',
  'ttl',
  'updateAgeOnGet',
  'updateAgeOnHas',
  'dispose',
  'noDisposeOnSet',
  'onInsert',
  'fetchMethod',
  'memoMethod',
  'ttlAutopurge',
  'ttlResolution',
  'policy',
  'name',
]
/** Off by default in lru-cache, and so no difference while they are off. */
const refusedUnlessOff = [
  'allowStale',
  'noUpdateTTL',
  'noDeleteOnStaleGet',
  'noDeleteOnFetchRejection',
  'allowStaleOnFetchRejection',
  'allowStaleOnFetchAbort',
  'ignoreFetchAbort',
  'disposeAfter',
]

const reasons: Record<RemovalCause, DisposeReason> = {
  eviction: 'evict',
  expiration: 'expire',
  replacement: 'set',
  deletion: 'delete',
  invalidation: 'delete',
}

/**
 * The common part of lru-cache 10 and 11, on this package's cache: change the import and keep the code. What is different: what is
 * too old is gone for everybody; with `policy: 'w-tinylfu'`, `keys`, `values` and `entries` are in no order.
 * @throws InvalidOptionError for an option of lru-cache's that does not hold here, and says so by name
 */
export class LRUCache<K extends NonNullable<unknown>, V extends NonNullable<unknown>, FC = unknown> {
  readonly max: number
  readonly maxSize: number
  readonly #cache: BoundedCache<K, V>
  readonly #options: LRUCacheOptions<K, V, FC>
  /** Set while what is replaced is not to be told: the same value again, or the caller wants silence. */
  #isSilent = false
  /** Of entries that were given a ttl of their own, where asking renews it. */
  readonly #ownTtls = new Map<K, number>()

  constructor(options: LRUCacheOptions<K, V, FC>) {
    checkOptions(options)
    const { max = 0, maxSize = 0, policy = 'lru', name, ttl = 0 } = options
    this.max = max
    this.maxSize = maxSize
    this.#options = options
    const resolved = resolveOptions<K, V>({
      name,
      policy,
      maxEntries: max > 0 ? max : undefined,
      maxBytes: maxSize > 0 ? maxSize : undefined,
      ttlMs: ttl > 0 ? ttl : undefined,
      onRemoval: (key, value, cause) => this.#removed(key, value, cause),
    })
    this.#cache = new BoundedCache(resolved, callSiteOf(LRUCache))
  }

  get size(): number {
    return this.#cache.size
  }

  /** In the units of `sizeCalculation`, else bytes; 0 without `maxSize`. */
  get calculatedSize(): number {
    return this.#cache.bytes ?? 0
  }

  get(key: K): V | undefined {
    const value = this.#cache.get(key)
    if (value !== undefined && this.#options.updateAgeOnGet) this.#renew(key, value)
    return value
  }

  peek(key: K): V | undefined {
    return this.#cache.peek(key)
  }

  has(key: K): boolean {
    const value = this.#cache.peek(key)
    if (value !== undefined && this.#options.updateAgeOnHas) this.#renew(key, value)
    return value !== undefined
  }

  set(key: K, value: V | undefined, options: SetOptions<K, V> = {}): this {
    if (value === undefined) {
      this.delete(key)
      return this
    }
    const entry = this.#entryOptions(key, value, options)
    if (this.#isTooLarge(entry)) {
      this.delete(key)
      return this
    }
    const isSilent = options.noDisposeOnSet ?? this.#options.noDisposeOnSet ?? false
    // As lru-cache: whoever wants silence about what is replaced does not stop its load either.
    if (!isSilent) this.#cache.abortLoad(key, new Error('replaced'))
    const before = this.#cache.peek(key)
    const isStored = this.#store(key, value, entry, isSilent || before === value)
    if (isStored) {
      this.#rememberTtl(key, entry)
      this.#options.onInsert?.(value, key, insertReason(before, value))
    }
    return this
  }

  delete(key: K): boolean {
    const wasLoading = this.#cache.abortLoad(key, new Error('deleted'))
    return this.#cache.delete(key) || wasLoading
  }

  clear(): void {
    this.#cache.abortLoads(new Error('deleted'))
    this.#cache.clear()
  }

  /** One call of `fetchMethod` for all who ask meanwhile. */
  async fetch(
    key: K,
    options: { context?: FC; signal?: AbortSignal; forceRefresh?: boolean } & SetOptions<K, V> = {},
  ): Promise<V | undefined> {
    const { fetchMethod } = this.#options
    if (!fetchMethod) return this.get(key)
    if (options.forceRefresh) this.#cache.delete(key)
    const here = this.get(key)
    if (here !== undefined) return here
    const { context, signal } = options
    let loaded: V | undefined
    let loadedEntry: EntryOptions = {}
    const fetched = await this.#cache.fetch(key, {
      abortSignal: signal,
      load: async (wanted, { abortSignal, entry }) => {
        const given = { signal: abortSignal, options, context: context as FC }
        const value = await fetchMethod(wanted, undefined, given)
        if (value !== undefined) Object.assign(entry, this.#entryOptions(wanted, value, options))
        // What is deleted while it is loaded is answered and not kept.
        if (this.#isTooLarge(entry) && !abortSignal.aborted) this.#cache.delete(wanted)
        loaded = value
        loadedEntry = entry
        return value
      },
    })
    // Told by whoever loaded it, and only if it was kept.
    if (loaded !== undefined && this.#cache.peek(key) === loaded) {
      this.#rememberTtl(key, loadedEntry)
      this.#options.onInsert?.(loaded, key, 'add')
    }
    return fetched
  }

  memo(key: K, options: { context?: FC; forceRefresh?: boolean } & SetOptions<K, V> = {}): V {
    const { memoMethod } = this.#options
    if (!memoMethod)
      throw new InvalidOptionError('memo', [{ where: 'memoMethod', what: 'is needed: give it to new LRUCache' }])
    const here = options.forceRefresh ? undefined : this.get(key)
    if (here !== undefined) return here
    const value = memoMethod(key, here, { options, context: options.context as FC })
    this.set(key, value, options)
    return value
  }

  keys(): IterableIterator<K> {
    return this.#cache.keys()
  }

  *values(): IterableIterator<V> {
    for (const [, value] of this.#cache.entries()) yield value
  }

  entries(): IterableIterator<[K, V]> {
    return this.#cache.entries()
  }

  get [Symbol.toStringTag](): string {
    return 'LRUCache'
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries()
  }

  forEach(act: (value: V, key: K, self: this) => void, thisArg: unknown = this): void {
    for (const [key, value] of [...this.entries()]) act.call(thisArg, value, key, this)
  }

  find(isWanted: (value: V, key: K, self: this) => boolean): V | undefined {
    for (const [key, value] of this.entries()) if (isWanted(value, key, this)) return this.get(key)
    return undefined
  }

  *rkeys(): IterableIterator<K> {
    for (const [key] of this.rentries()) yield key
  }

  *rvalues(): IterableIterator<V> {
    for (const [, value] of this.rentries()) yield value
  }

  rentries(): IterableIterator<[K, V]> {
    return this.#cache.reversedEntries()
  }

  rforEach(act: (value: V, key: K, self: this) => void, thisArg: unknown = this): void {
    for (const [key, value] of this.rentries()) act.call(thisArg, value, key, this)
  }

  /** Lets go of the one used longest ago; with `policy: 'w-tinylfu'` of any. */
  pop(): V | undefined {
    return this.#cache.pop()
  }

  /** What is too old goes by itself, a moment later: this is for who cannot wait. Answers whether anything went. */
  purgeStale(): boolean {
    return this.#cache.purgeExpired()
  }

  /** In ms; Infinity for what lives for ever, 0 for what is not here. */
  getRemainingTTL(key: K): number {
    const facts = this.#cache.inspect(key)
    return facts === null ? 0 : facts.freshUntilMs - systemClock.monotonicMs()
  }

  /** For `load` of another one: the last used at the end. */
  dump(): [K, DumpedEntry<V>][] {
    const dumped = Array.from(this.rentries(), ([key, value]): [K, DumpedEntry<V>] => {
      const left = this.getRemainingTTL(key)
      const age = left < Infinity ? { ttl: left, start: systemClock.nowMs() } : { ttl: 0 }
      return [key, { value, size: this.#cache.exactBytesOf(key), ...age }]
    })
    // Where nothing has a deadline, that of the cache into which it is loaded holds.
    const hasDeadlines = (this.#options.ttl ?? 0) > 0 || dumped.some(([, { ttl }]) => ttl !== 0)
    if (!hasDeadlines) for (const [, entry] of dumped) delete entry.ttl
    return dumped
  }

  load(entries: readonly (readonly [K, DumpedEntry<V>])[]): void {
    this.clear()
    for (const [key, { value, size, ttl, start }] of entries) {
      const left = ttl !== undefined && ttl > 0 && start !== undefined ? ttl - (systemClock.nowMs() - start) : ttl
      if (left === ttl || left! > 0) this.set(key, value, { size, ttl: left })
    }
  }

  #entryOptions(key: K, value: V, { ttl, size, sizeCalculation }: SetOptions<K, V>): EntryOptions {
    const calculate = sizeCalculation ?? this.#options.sizeCalculation
    const bytes =
      this.maxSize === 0 && this.#options.maxEntrySize === undefined ? undefined : (size ?? calculate?.(value, key))
    // What lives for ever in a cache that has a ttl is given 0, as in lru-cache.
    const ttlMs = ttl === undefined ? undefined : ttl > 0 ? ttl : Infinity
    return { ttlMs, bytes }
  }

  #renew(key: K, value: V): void {
    this.#store(key, value, { ttlMs: this.#ownTtls.get(key), bytes: this.#cache.exactBytesOf(key) }, true)
  }

  #rememberTtl(key: K, { ttlMs }: EntryOptions): void {
    const { updateAgeOnGet, updateAgeOnHas } = this.#options
    if (ttlMs === undefined || !(updateAgeOnGet || updateAgeOnHas)) this.#ownTtls.delete(key)
    // Whoever listens may have taken it out again.
    else if (this.#cache.has(key)) this.#ownTtls.set(key, ttlMs)
  }

  #store(key: K, value: V, entry: EntryOptions, isSilent: boolean): boolean {
    this.#isSilent = isSilent
    try {
      this.#cache.set(key, value, entry)
      return true
    } catch (error) {
      // As lru-cache: what cannot fit is not stored.
      if (!(error instanceof EntryTooLargeError)) throw error
      return false
    } finally {
      this.#isSilent = false
    }
  }

  #isTooLarge({ bytes = 0 }: EntryOptions): boolean {
    const { maxEntrySize = 0 } = this.#options
    return maxEntrySize > 0 && bytes > maxEntrySize
  }

  #removed(key: K, value: V, cause: RemovalCause): void {
    // It may be here anew by the time that this is told.
    if (this.#ownTtls.size > 0 && !this.#cache.has(key)) this.#ownTtls.delete(key)
    const isSilent = cause === 'replacement' && this.#isSilent
    if (!isSilent) this.#options.dispose?.(value, key, reasons[cause])
  }
}

function insertReason(before: unknown, value: unknown): InsertReason {
  return before === undefined ? 'add' : before === value ? 'update' : 'replace'
}

function checkOptions(options: object): void {
  const given = (options ?? {}) as Record<string, unknown>
  const faults: Fault[] = []
  for (const [name, value] of Object.entries(given)) {
    if (known.includes(name) || value === undefined) continue
    if (!refusedUnlessOff.includes(name)) faults.push({ where: name, what: 'is unknown' })
    else if (value !== false)
      faults.push({ where: name, what: 'does not hold here: use createCache, or stay with lru-cache' })
  }
  const { max = 0, maxSize = 0 } = given
  for (const [where, value] of Object.entries({ max, maxSize })) {
    if (!Number.isInteger(value) || (value as number) < 0)
      faults.push({ where, what: 'must be a positive whole number' })
  }
  if (!max && !maxSize) {
    faults.push({ where: '', what: 'give max, maxSize or both: a ttl alone is no bound, and what has none is a leak' })
  }
  if (faults.length > 0) throw new InvalidOptionError('LRUCache', faults)
}
