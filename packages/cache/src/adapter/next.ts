import { createCache, type Cache } from '../cache.ts'
import { EntryTooLargeError, UnweighableValueError } from '../errors.ts'
import type { CacheOptions, Storable } from '../options.ts'

/** What Next.js stores: a page, a route's response, a fetched response or an image; which, is its own business. */
export type NextValue = Storable

interface Stored {
  readonly value: NextValue
  /** Epoch ms. */
  readonly lastModified: number
}

/** What Next.js tells beside a key: tags it gave the entry, and those that it has for its path. */
export interface NextContext {
  readonly tags?: readonly string[]
  readonly softTags?: readonly string[]
}

export type NextCacheOptions = Omit<CacheOptions<string, Stored>, 'load' | 'loadTimeoutMs' | 'staleMs'>

/** Next.js makes one of these for each request; what they keep is one cache. */
export type NextCacheHandlerClass = new (options?: unknown) => NextCacheHandler

export interface NextCacheHandler {
  get(key: string, context?: NextContext): Promise<Stored | null>
  set(key: string, value: NextValue | null, context?: NextContext): Promise<void>
  revalidateTag(tags: string | readonly string[]): Promise<void>
  resetRequestCache(): void
}

/** Invalidated paths that are remembered for fetched responses; of older ones only the instant of the latest. */
const MOST_PATHS = 10_000
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

    async get(key: string, { tags = [], softTags = [] }: NextContext = {}): Promise<Stored | null> {
      const stored = cache.get(key)
      if (stored === undefined) return null
      if (!invalidated.isSince(stored.lastModified, [...tags, ...softTags])) return stored
      cache.delete(key)
      return null
    }

    async set(key: string, value: NextValue | null, context: NextContext = {}): Promise<void> {
      if (value === null) return void cache.delete(key)
      const tags = tagsOf(value, context)
      // Too many to be found by: it would outlive what they say.
      if (tags.length > MOST_TAGS) return void cache.delete(key)
      try {
        cache.set(key, { value, lastModified: nowMs() }, { tags })
      } catch (error) {
        if (!(error instanceof EntryTooLargeError || error instanceof UnweighableValueError)) throw error
      }
    }

    async revalidateTag(tags: string | readonly string[]): Promise<void> {
      for (const tag of [tags].flat()) {
        invalidated.add(tag, nowMs())
        cache.invalidateTag(tag)
      }
    }

    /** Nothing is kept for a request alone. */
    resetRequestCache(): void {}
  }
}

/** Which tags were invalidated when: a fetched response is asked for with the tags of whoever asks, which it was not stored with. */
class Invalidated {
  readonly #atMs = new Map<string, number>()
  #forgottenAtMs = -Infinity

  add(tag: string, nowMs: number): void {
    this.#atMs.delete(tag)
    this.#atMs.set(tag, nowMs)
    if (this.#atMs.size <= MOST_PATHS) return
    const [oldest, atMs] = this.#atMs.entries().next().value!
    this.#atMs.delete(oldest)
    this.#forgottenAtMs = atMs
  }

  isSince(ms: number, tags: readonly string[]): boolean {
    return tags.some((tag) => (this.#atMs.get(tag) ?? this.#forgottenAtMs) >= ms)
  }
}

function tagsOf(value: NextValue, { tags = [] }: NextContext): string[] {
  const headers = (value as { headers?: unknown }).headers as Record<string, unknown> | undefined
  const listed = headers?.[TAGS_HEADER]
  return [...new Set([...tags, ...(typeof listed === 'string' && listed !== '' ? listed.split(',') : [])])]
}
