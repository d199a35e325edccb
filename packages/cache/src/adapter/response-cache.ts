import { createHash } from 'node:crypto'
import { InvalidOptionError } from '@plimsoll/core'
import { createCache, type Cache } from '../cache.ts'
import { EntryTooLargeError } from '../errors.ts'
import type { CacheOptions } from '../options.ts'
import {
  isUnchanged,
  judgeRequest,
  judgeResponse,
  variantOf,
  type Headers,
  type RequestHead,
  type ResponseHead,
} from './http-rules.ts'

export interface ResponseCacheOptions extends Pick<
  CacheOptions<string, never>,
  'name' | 'maxBytes' | 'maxEntries' | 'policy' | 'optimize' | 'clock' | 'random'
> {
  /** For responses that do not say how long they are fresh. Default 0: such are not kept. */
  ttlMs?: number
  /** Longer bodies are not kept. Default 1 MiB. */
  maxBodyBytes?: number
  /** Names under which {@link Cache.invalidateTag} finds a response. */
  tags?: (path: string) => readonly string[]
}

/** A response that may be given to anybody who asks alike. */
export interface KeptResponse {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
  /** Epoch ms. */
  readonly keptAtMs: number
}

/** What an URL varies on is kept beside its variants, and found first. */
type Kept = KeptResponse | { readonly vary: readonly string[] }

/** Headers that belong to one connection, or to one answer. */
const notKept = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'trailer',
  'date',
  'age',
  'x-cache',
])

/** Keeps whole responses for everybody, by the rules of a shared cache. The frameworks' adapters feed it. */
export class ResponseCache {
  readonly cache: Cache<string, Kept>
  readonly maxBodyBytes: number
  readonly #ttlMs: number
  readonly #tags: (path: string) => readonly string[]
  readonly #nowMs: () => number

  /** @throws InvalidOptionError as `createCache` */
  constructor({ ttlMs = 0, maxBodyBytes = 1024 * 1024, tags = () => [], ...options }: ResponseCacheOptions) {
    if (typeof ttlMs !== 'number' || !(ttlMs >= 0)) {
      throw new InvalidOptionError('responseCache', [
        { where: 'ttlMs', what: `must be a number of 0 or more, and is ${String(ttlMs)}` },
      ])
    }
    this.cache = createCache<string, Kept>(options)
    this.maxBodyBytes = maxBodyBytes
    this.#ttlMs = ttlMs
    this.#tags = tags
    this.#nowMs = () => options.clock?.nowMs() ?? Date.now()
  }

  /**
   * What to answer: a kept response, or 304 when the visitor has it already; to HEAD without the body, as Node.js does by itself.
   * Null: let the application answer.
   * @param place host and path with query: what names a response
   */
  find(
    place: string,
    request: RequestHead,
  ): { status: number; headers: Record<string, string | number | string[]>; body: Buffer } | null {
    if (judgeRequest(request) !== 'use') return null
    const first = this.cache.get(place)
    if (first === undefined) return null
    const kept = 'vary' in first ? this.cache.get(variantPlace(place, first.vary, request)) : first
    if (kept === undefined || 'vary' in kept) return null
    const headers = { ...kept.headers } as Record<string, string | number | string[]>
    headers.age = Math.max(0, Math.floor((this.#nowMs() - kept.keptAtMs) / 1000))
    headers['x-cache'] = 'HIT'
    if (!isUnchanged(request, kept.headers.etag)) {
      return { status: kept.status, headers, body: kept.body }
    }
    delete headers['content-length']
    delete headers['content-type']
    return { status: 304, headers, body: Buffer.alloc(0) }
  }

  /** Whether it is worth collecting the body. */
  wants(request: RequestHead, response: ResponseHead): boolean {
    const isWhole = request.method === 'GET' && judgeRequest(request) !== 'bypass'
    return isWhole && judgeResponse(request, response, this.#ttlMs) !== null
  }

  keep(place: string, request: RequestHead, response: ResponseHead, body: Buffer): void {
    const judged = judgeResponse(request, response, this.#ttlMs)
    if (judged === null || body.byteLength > this.maxBodyBytes) return
    const headers: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(response.headers)) {
      if (value !== undefined && !notKept.has(name)) headers[name] = value
    }
    headers['content-length'] = body.byteLength
    headers.etag ??= `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`
    const kept = { status: response.status, headers: headers as Headers, body, keptAtMs: this.#nowMs() }
    const options = { ttlMs: judged.ttlMs, tags: this.#tags(place) }
    try {
      if (judged.vary.length === 0) return void this.cache.set(place, kept, options)
      this.cache.set(variantPlace(place, judged.vary, request), kept, options)
      this.cache.set(place, { vary: judged.vary }, options)
    } catch (error) {
      if (!(error instanceof EntryTooLargeError)) throw error
    }
  }
}

function variantPlace(place: string, vary: readonly string[], request: RequestHead): string {
  return `${place}\n${variantOf(vary, request)}`
}
