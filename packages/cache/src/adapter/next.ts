import { systemClock } from '@plimsoll/core'
import { createCache, type Cache } from '../cache.ts'
import { EntryTooLargeError, UnweighableValueError } from '../errors.ts'
import type { CacheOptions, Storable } from '../options.ts'
import type { TieredCacheOptions } from '../tier/options.ts'
import type { RedisTier } from '../tier/redis-tier.ts'
import type { TieredCache } from '../tier/tiered-cache.ts'

/** What Next.js stores: a page, a route's response, a fetched response or an image; which, is its own business. */
export type NextValue = Storable

/** What Next.js is answered. */
interface Answer {
  readonly value: NextValue
  /** Epoch ms. */
  readonly lastModified: number
}

interface Stored extends Answer {
  /** How many invalidations came before it. */
  readonly invalidationCount: number
}

/** What Next.js tells beside a key: tags it gave the entry, and those that it has for its path. */
export interface NextContext {
  readonly tags?: readonly string[]
  readonly softTags?: readonly string[]
}

interface SharedEntry extends Answer {
  readonly tags: readonly string[]
}

export interface SharedNextCacheOptions extends Omit<
  TieredCacheOptions<SharedEntry>,
  'name' | 'codec' | 'load' | 'loadTimeoutMs' | 'staleMs'
> {
  /** Name the build in its `namespace`: what one build has made, another cannot serve. */
  tier: RedisTier
  /** Default `next`. */
  name?: string
}

export type NextCacheOptions = Omit<CacheOptions<string, Stored>, 'load' | 'loadTimeoutMs' | 'staleMs'>

/** Next.js makes one of these for each request; what they keep is one cache. */
export type NextCacheHandlerClass = new (options?: unknown) => NextCacheHandler

export interface NextCacheHandler {
  get(key: string, context?: NextContext): Promise<Answer | null>
  set(key: string, value: NextValue | null, context?: NextContext): Promise<void>
  revalidateTag(tags: string | readonly string[]): Promise<void>
  resetRequestCache(): void
}

/** Invalidated paths that are remembered for fetched responses; of older ones only which was the latest. */
const MOST_PATHS = 10_000
/** Keys that one request may be making at once; of more, what was invalidated meanwhile is not known. */
const MOST_ASKED = 1000
/** Next.js lists a page's tags in this header of it, and gives at most 128 of them. */
const TAGS_HEADER = 'x-next-cache-tags'
const MOST_TAGS = 100

/**
 * A bounded cache for `cacheHandler` of Next.js 14 to 16, which keeps pages, routes and fetched responses. With `cacheMaxMemorySize: 0`
 * it is the only one. What `revalidateTag` and `revalidatePath` name is gone at once, also where Next.js would serve it once more.
 * @example
 * export default createNextCacheHandler({ maxBytes: 64 * 1024 * 1024 })
 * @throws InvalidOptionError as {@link createCache}
 */
export function createNextCacheHandler(
  options: NextCacheOptions,
): NextCacheHandlerClass & { readonly cache: Cache<string, Stored> } {
  const cache = createCache<string, Stored>(options)
  const invalidated = new Invalidated()
  const nowMs = () => options.clock?.nowMs() ?? Date.now()
  return class implements NextCacheHandler {
    static readonly cache = cache
    /** How many invalidations there were when a request looked for what it made then. */
    readonly #countsWhenAsked = new Map<string, number>()

    async get(key: string, { tags = [], softTags = [] }: NextContext = {}): Promise<Answer | null> {
      this.#noteAsked(key)
      const stored = cache.get(key)
      if (stored === undefined) return null
      const { value, lastModified, invalidationCount } = stored
      if (!invalidated.isSince(invalidationCount, [...tags, ...softTags])) return { value, lastModified }
      cache.delete(key)
      return null
    }

    async set(key: string, value: NextValue | null, context: NextContext = {}): Promise<void> {
      if (value === null) return void cache.delete(key)
      const tags = tagsOf(value, context)
      // Too many to be found by: it would outlive what they say.
      if (tags.length > MOST_TAGS) return void cache.delete(key)
      const invalidationCount = this.#countsWhenAsked.get(key) ?? invalidated.count
      this.#countsWhenAsked.delete(key)
      if (invalidated.isSince(invalidationCount, tags)) return
      try {
        cache.set(key, { value, lastModified: nowMs(), invalidationCount }, { tags })
      } catch (error) {
        if (!(error instanceof EntryTooLargeError || error instanceof UnweighableValueError)) throw error
      }
    }

    async revalidateTag(tags: string | readonly string[]): Promise<void> {
      for (const tag of [tags].flat()) {
        invalidated.add(tag)
        cache.invalidateTag(tag)
      }
    }

    /** No answer is kept for a request alone. */
    resetRequestCache(): void {}

    #noteAsked(key: string): void {
      this.#countsWhenAsked.delete(key)
      this.#countsWhenAsked.set(key, invalidated.count)
      if (this.#countsWhenAsked.size > MOST_ASKED)
        this.#countsWhenAsked.delete(this.#countsWhenAsked.keys().next().value!)
    }
  }
}

/** What Next.js makes of a path for `revalidatePath`. */
const PATH_TAG = '_N_T_'
/** Of every fetched response. */
const FETCHED_TAG = 'plimsoll:fetched'

/**
 * As {@link createNextCacheHandler}, for several servers of one build behind Redis: what one has made all serve, and what
 * `revalidateTag` and `revalidatePath` name is gone from all of them, within the tier's bound. Nobody knows which paths a fetched
 * response was made for, so `revalidatePath` drops all of those.
 * @throws InvalidOptionError as {@link RedisTier.createCache}
 */
export function createSharedNextCacheHandler({
  tier,
  name = 'next',
  ...options
}: SharedNextCacheOptions): NextCacheHandlerClass & { readonly cache: TieredCache<SharedEntry> } {
  const cache = tier.createCache<SharedEntry>({ ...options, name })
  return class implements NextCacheHandler {
    static readonly cache = cache

    async get(key: string, { tags = [] }: NextContext = {}): Promise<Answer | null> {
      const entry = await cache.fetch(key)
      // Stored by who did not know a tag that it is asked for with, it would not have heard of that.
      if (entry === undefined || !tags.every((tag) => entry.tags.includes(tag))) return null
      return { value: entry.value, lastModified: entry.lastModified }
    }

    async set(key: string, value: NextValue | null, context: NextContext = {}): Promise<void> {
      const before = cache.get(key)?.tags ?? []
      const isFetched = (value as { kind?: unknown } | null)?.kind === 'FETCH'
      const own = value === null ? [] : tagsOf(value, context)
      const tags = [...new Set([...own, ...(isFetched ? [...before, FETCHED_TAG] : [])])]
      if (value === null || tags.length > MOST_TAGS) return void (await cache.delete(key))
      await cache.set(key, { value, lastModified: systemClock.nowMs(), tags }, { tags })
    }

    async revalidateTag(tags: string | readonly string[]): Promise<void> {
      const named = [tags].flat()
      if (named.some((tag) => tag.startsWith(PATH_TAG))) named.push(FETCHED_TAG)
      await Promise.all(named.map((tag) => cache.invalidateTag(tag)))
    }

    resetRequestCache(): void {}
  }
}

/**
 * Which tags were invalidated when: a fetched response is asked for with the tags of whoever asks, which it was not stored with.
 * In numbers, not in time: a clock that is set back must not bring anything back.
 */
class Invalidated {
  count = 0
  readonly #numbers = new Map<string, number>()
  #lastForgotten = 0

  add(tag: string): void {
    this.#numbers.delete(tag)
    this.#numbers.set(tag, ++this.count)
    if (this.#numbers.size <= MOST_PATHS) return
    const [oldest, number] = this.#numbers.entries().next().value!
    this.#numbers.delete(oldest)
    this.#lastForgotten = number
  }

  /** Whether any of them was, after so many invalidations; one that is not remembered may have been until the last that was forgotten. */
  isSince(count: number, tags: readonly string[]): boolean {
    return tags.some((tag) => (this.#numbers.get(tag) ?? this.#lastForgotten) > count)
  }
}

function tagsOf(value: NextValue, { tags = [] }: NextContext): string[] {
  const headers = (value as { headers?: unknown }).headers as Record<string, unknown> | undefined
  const listed = headers?.[TAGS_HEADER]
  return [...new Set([...tags, ...(typeof listed === 'string' && listed !== '' ? listed.split(',') : [])])]
}
