import { Writable } from 'node:stream'
import type { Cache } from '../cache.ts'
import { callSiteOf } from '../channels.ts'
import { EntryTooLargeError } from '../errors.ts'
import { resolveOptions, type CacheOptions } from '../options.ts'
import type { RecentChanges } from './recent-changes.ts'
import { CacheWithChanges } from './cache-with-changes.ts'

type Headers = Record<string, string | string[]>

/** What undici asks for. Header names are in lower case. */
export interface UndiciCacheKey {
  origin: string
  method: string
  path: string
  headers?: Headers
}

/** A response as undici hands it over: instants in epoch ms. */
export interface UndiciCacheValue {
  statusCode: number
  statusMessage: string
  headers: Headers
  /** The request's headers that the response depends on, and what they were. */
  vary?: Record<string, string | string[] | null>
  etag?: string
  cacheControlDirectives?: object
  cachedAt: number
  staleAt: number
  deleteAt: number
}

/** What undici is answered. */
export interface UndiciKept extends UndiciCacheValue {
  // What a header was not is null, and of that undici 7's first types knew nothing.
  vary?: Record<string, string | string[]>
  cacheControlDirectives: object
  body: Buffer[]
}

interface Variant extends UndiciCacheValue {
  readonly method: string
  readonly body: Buffer
}

export interface UndiciStoreOptions extends Pick<
  CacheOptions<string, never>,
  'name' | 'maxBytes' | 'maxEntries' | 'policy' | 'optimize' | 'clock' | 'random'
> {
  /** Longer bodies are not kept. Default 5 MiB. */
  maxBodyBytes?: number
}

/** Responses kept for one URL, by what they vary on; a client that varies without end gets no more. */
const MOST_VARIANTS = 32

/**
 * A store for `interceptors.cache({ store })` of undici 7, with one bound for heads, bodies and its own index.
 * @example
 * setGlobalDispatcher(new Agent().compose(interceptors.cache({ store: createUndiciStore({ maxBytes: 64 * 1024 * 1024 }) })))
 * @throws InvalidOptionError as {@link createCache}
 */
export function createUndiciStore({ maxBodyBytes = 5 * 1024 * 1024, ...options }: UndiciStoreOptions): UndiciStore {
  const cache = new CacheWithChanges(resolveOptions<string, Variant[]>(options), callSiteOf(createUndiciStore))
  return new UndiciStore(cache, maxBodyBytes)
}

export class UndiciStore {
  /** The cache behind it: an entry is all that is kept of one URL. */
  readonly cache: Cache<string, Variant[]>
  readonly #changes: RecentChanges
  readonly #maxBodyBytes: number
  /** When each request began: undici asks and stores with one key object. */
  readonly #moments = new WeakMap<UndiciCacheKey, number>()

  /** Use {@link createUndiciStore}. */
  constructor(cache: CacheWithChanges<Variant[]>, maxBodyBytes: number) {
    this.cache = cache
    this.#changes = cache.changes
    this.#maxBodyBytes = maxBodyBytes
  }

  get(key: UndiciCacheKey): UndiciKept | undefined {
    this.#moments.set(key, this.#changes.moment)
    const found = this.cache.get(placeOf(key))?.find((variant) => isFor(variant, key) && variant.deleteAt > Date.now())
    if (found === undefined) return undefined
    const { method, body, cacheControlDirectives = {}, ...head } = found
    return { ...head, cacheControlDirectives, body: method === 'HEAD' ? [] : [body] } as UndiciKept
  }

  createWriteStream(key: UndiciCacheKey, value: UndiciCacheValue): Writable {
    const since = this.#moments.get(key) ?? this.#changes.moment
    const chunks: Buffer[] = []
    let byteLength = 0
    return new Writable({
      write: (chunk: Buffer | string, encoding, done) => {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
        byteLength += bytes.byteLength
        if (byteLength <= this.#maxBodyBytes) chunks.push(bytes)
        else chunks.length = 0
        done()
      },
      final: (done) => {
        if (byteLength <= this.#maxBodyBytes && !this.#changes.hasChanged([placeOf(key)], since))
          this.#keep(key, { ...value, method: key.method, body: Buffer.concat(chunks) })
        done()
      },
    })
  }

  delete(key: UndiciCacheKey): void {
    this.cache.delete(placeOf(key))
    // By the request itself, which asks once more for what it found to be old.
    if (this.#moments.has(key)) this.#moments.set(key, this.#changes.moment)
  }

  #keep(key: UndiciCacheKey, variant: Variant): void {
    const nowMs = Date.now()
    const others = (this.cache.peek(placeOf(key)) ?? []).filter((other) => other.deleteAt > nowMs && !isFor(other, key))
    const variants = [variant, ...others].slice(0, MOST_VARIANTS)
    const ttlMs = Math.max(...variants.map(({ deleteAt }) => deleteAt)) - nowMs
    if (!(ttlMs > 0)) return
    try {
      this.cache.set(placeOf(key), variants, { ttlMs })
    } catch (error) {
      if (!(error instanceof EntryTooLargeError)) throw error
    }
  }
}

function placeOf({ origin, path }: UndiciCacheKey): string {
  return `${origin} ${path}`
}

function isFor({ method, vary }: Variant, key: UndiciCacheKey): boolean {
  if (method !== key.method) return false
  return Object.entries(vary ?? {}).every(([name, value]) => {
    return JSON.stringify(key.headers?.[name] ?? null) === JSON.stringify(value ?? null)
  })
}
