import { createHash } from 'node:crypto'
import { InvalidOptionError } from '@plimsoll/core'
import { callSiteOf } from '../channels.ts'
import { EntryTooLargeError } from '../errors.ts'
import { resolveOptions, type CacheOptions } from '../options.ts'
import { CacheWithChanges } from './cache-with-changes.ts'
import {
  ageMsOf,
  invalidates,
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
  /** For pages that do not say how long they are fresh. Default 0: such are not kept. */
  ttlMs?: number
  /** Longer bodies are not kept. Default 1 MiB. */
  maxBodyBytes?: number
  /** Names under which {@link Cache.invalidateTag} finds a response, by its host and path with query. */
  tags?: (hostAndPath: string) => readonly string[]
}

/** A response that may be given to anybody who asks alike. */
export interface KeptResponse {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
  /** When it was made, which may have been on another machine: epoch ms. */
  readonly bornAtMs: number
}

/**
 * What an URL varies on is kept beside its variants, and found first. It names their edition: once it has gone, so have they, as
 * the next one has another.
 */
interface Variants {
  readonly vary: readonly string[]
  readonly edition: number
}
type Kept = KeptResponse | Variants

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
  readonly cache: CacheWithChanges<Kept>
  readonly maxBodyBytes: number
  readonly #ttlMs: number
  readonly #tags: (hostAndPath: string) => readonly string[]
  readonly #nowMs: () => number
  #editionCount = 0

  /** @throws InvalidOptionError as `createCache` */
  constructor({ ttlMs = 0, maxBodyBytes = 1024 * 1024, tags = () => [], ...options }: ResponseCacheOptions) {
    if (typeof ttlMs !== 'number' || !(ttlMs >= 0)) {
      throw new InvalidOptionError('responseCache', [
        { where: 'ttlMs', what: `must be a number of 0 or more, and is ${String(ttlMs)}` },
      ])
    }
    this.cache = new CacheWithChanges(resolveOptions<string, Kept>(options), callSiteOf(ResponseCache))
    this.maxBodyBytes = maxBodyBytes
    this.#ttlMs = ttlMs
    this.#tags = tags
    this.#nowMs = () => options.clock?.nowMs() ?? Date.now()
  }

  /**
   * What to answer: a kept response, or 304 when the visitor has it already; to HEAD without the body, as Node.js does by itself.
   * Null: let the application answer.
   * @param place as {@link placeOf} answers
   */
  find(
    place: string,
    request: RequestHead,
  ): { status: number; headers: Record<string, string | number | string[]>; body: Buffer } | null {
    if (judgeRequest(request) !== 'use') return null
    const first = this.cache.get(place)
    if (first === undefined) return null
    const kept = 'vary' in first ? this.cache.get(variantPlace(place, first, request)) : first
    if (kept === undefined || 'vary' in kept) return null
    const headers = { ...kept.headers } as Record<string, string | number | string[]>
    headers.age = Math.max(0, Math.floor((this.#nowMs() - kept.bornAtMs) / 1000))
    headers['x-cache'] = 'HIT'
    if (!isUnchanged(request, kept)) {
      return { status: kept.status, headers, body: kept.body }
    }
    delete headers['content-length']
    delete headers['content-type']
    return { status: 304, headers, body: Buffer.alloc(0) }
  }

  /** Whether it is worth collecting the body. */
  wants(request: RequestHead, response: ResponseHead): boolean {
    const isWhole = request.method === 'GET' && judgeRequest(request) !== 'bypass'
    return isWhole && judgeResponse(request, response, this.#ttlMs, this.#nowMs()) !== null
  }

  /** When the application is asked for what is not here, as {@link keep} wants it. */
  get moment(): number {
    return this.cache.changes.moment
  }

  /** @param since the moment when its making began: what was written to or invalidated since then is not kept */
  keep(place: string, request: RequestHead, response: ResponseHead, body: Buffer, since: number): void {
    const judged = judgeResponse(request, response, this.#ttlMs, this.#nowMs())
    // One that announced another length was cut short.
    const isWhole = Number(response.headers['content-length'] ?? body.byteLength) === body.byteLength
    if (judged === null || !isWhole || body.byteLength > this.maxBodyBytes) return
    const tags = this.#tags(place.slice(place.indexOf('//') + 2).replace('\n', ''))
    if (this.cache.changes.hasChanged([place, ...tags], since)) return
    const headers: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(response.headers)) {
      if (value !== undefined && !notKept.has(name)) headers[name] = value
    }
    headers['content-length'] = body.byteLength
    headers.etag ??= `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`
    const bornAtMs = this.#nowMs() - ageMsOf(response.headers)
    const kept = { status: response.status, headers: headers as Headers, body, bornAtMs }
    const options = { ttlMs: judged.ttlMs, tags }
    try {
      if (judged.vary.length === 0) return void this.cache.set(place, kept, options)
      const variants = this.#variantsOf(place, judged.vary)
      this.cache.set(variantPlace(place, variants, request), kept, options)
      this.cache.set(place, variants, options)
    } catch (error) {
      if (!(error instanceof EntryTooLargeError)) throw error
    }
  }

  /**
   * Forgets what is kept of a URL that was written to, as RFC 9111 wants it. To be called when the application has answered, though
   * its visitor has left, and once more when the connection is done: whichever comes last, what was kept before it is old.
   */
  answered(place: string, request: RequestHead, status: number): void {
    if (invalidates(request, status)) this.cache.delete(place)
  }

  #variantsOf(place: string, vary: readonly string[]): Variants {
    const known = this.cache.peek(place)
    const isSame = known !== undefined && 'vary' in known && known.vary.join() === vary.join()
    return isSame ? known : { vary, edition: ++this.#editionCount }
  }
}

/** What names a response. */
export function placeOf(protocol: string, headers: Headers, url: string): string {
  // HTTP/2 says the host in a header of its own. Nobody checks what a host is made of, but no header holds a line break: without
  // one, a host could take the beginning of another's path.
  return `${protocol}://${String(headers.host ?? headers[':authority'] ?? '')}\n${url}`
}

function variantPlace(place: string, { vary, edition }: Variants, request: RequestHead): string {
  return `${place}\n${edition} ${variantOf(vary, request)}`
}
