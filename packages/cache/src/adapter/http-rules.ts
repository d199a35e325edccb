/**
 * Which responses a shared cache may keep, and for whom: the rules of RFC 9111, and where it leaves a choice, the careful one.
 * Pure: values in, values out.
 */
export type HeaderValue = string | number | readonly string[] | undefined
export type Headers = Readonly<Record<string, HeaderValue>>

export interface RequestHead {
  readonly method: string
  /** In lower case, as Node.js gives them. */
  readonly headers: Headers
  /** For HTTP/2, where no header has to announce a body. */
  readonly hasBody?: boolean
}

export interface ResponseHead {
  readonly status: number
  readonly headers: Headers
}

/** Directives in lower case; null for one without a value. */
export function parseCacheControl(header: HeaderValue): ReadonlyMap<string, string | null> {
  const directives = new Map<string, string | null>()
  for (const [, name, quoted, plain] of textOf(header).matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,]*)))?/g)) {
    directives.set(name!.toLowerCase(), quoted ?? plain ?? null)
  }
  return directives
}

/** Whether a request may be answered from the cache, and its answer be kept. */
export function judgeRequest({ method, headers, hasBody = false }: RequestHead): 'use' | 'refresh' | 'bypass' {
  if (method !== 'GET' && method !== 'HEAD') return 'bypass'
  // Whoever says who they are gets their own answer, whatever it says of itself: one forgotten header must not publish it.
  if (headers.authorization !== undefined || headers.range !== undefined || headers.upgrade !== undefined)
    return 'bypass'
  // A body may change the answer, and is no part of what names it.
  if (hasBody || headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0)
    return 'bypass'
  const asked = parseCacheControl(headers['cache-control'])
  if (asked.has('no-store')) return 'bypass'
  const wantsFresh = asked.has('no-cache') || Number(asked.get('max-age')) === 0
  return wantsFresh || /\bno-cache\b/.test(textOf(headers.pragma)) ? 'refresh' : 'use'
}

/** Whether an HTTP/2 request has a body; HTTP/1 says it in its headers. */
export function hasUnannouncedBody(request: object): boolean {
  return 'stream' in request && !(request.stream as { endAfterHeaders?: boolean }).endAfterHeaders
}

/** Whether a request may have changed what is kept of its URL, once it was answered without an error. */
export function invalidates({ method }: RequestHead, status: number): boolean {
  return !['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method) && status >= 200 && status < 400
}

const storableStatuses = new Set([200, 203, 301, 308, 404, 410])

/**
 * For how long a response may be kept, and on which of the request's headers it depends; null when it may not be kept.
 * @param defaultTtlMs for a page that says nothing. What is missing or elsewhere has to say for how long it will be.
 */
export function judgeResponse(
  request: RequestHead,
  { status, headers }: ResponseHead,
  defaultTtlMs: number,
  nowMs: number,
): { ttlMs: number; vary: readonly string[] } | null {
  if (!storableStatuses.has(status) || headers['set-cookie'] !== undefined) return null
  const said = parseCacheControl(headers['cache-control'])
  if (said.has('no-store') || said.has('private') || said.has('no-cache')) return null
  const vary = textOf(headers.vary)
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
  if (vary.includes('*')) return null
  // A page for a visitor with cookies may be theirs alone: it has to say that it is for all, or that it depends on them.
  const isForAll = said.has('public') || said.has('s-maxage') || vary.includes('cookie')
  if (request.headers.cookie !== undefined && !isForAll) return null
  const statedMs = statedTtlMs(said, headers, nowMs)
  const ttlMs = statedMs === null ? (status < 300 ? defaultTtlMs : 0) : statedMs - ageMsOf(headers)
  return ttlMs > 0 ? { ttlMs, vary: [...new Set(vary)].sort() } : null
}

/** What it says of how long it is fresh, null when it says nothing; what nobody can read is not fresh at all. */
function statedTtlMs(said: ReadonlyMap<string, string | null>, headers: Headers, nowMs: number): number | null {
  const seconds = said.has('s-maxage') ? said.get('s-maxage') : said.get('max-age')
  if (seconds !== undefined) return /^\d+$/.test(seconds ?? '') ? Number(seconds) * 1000 : 0
  if (headers.expires === undefined) return null
  return Date.parse(textOf(headers.expires)) - (Date.parse(textOf(headers.date)) || nowMs)
}

/** How long it has been on its way. */
export function ageMsOf(headers: Headers): number {
  return 1000 * (Number(headers.age) || 0)
}

/** What tells the variants of one URL apart. */
export function variantOf(vary: readonly string[], { headers }: RequestHead): string {
  return JSON.stringify(vary.map((name) => headers[name] ?? null))
}

/** Whether the visitor has it already: by its tag, compared weakly, and only without one by its date. */
export function isUnchanged({ headers }: RequestHead, { status, headers: kept }: ResponseHead): boolean {
  if (status !== 200) return false
  const had = headers['if-none-match']
  if (had === undefined) {
    return Date.parse(textOf(kept['last-modified'])) <= Date.parse(textOf(headers['if-modified-since']))
  }
  const strong = (tag: string) => tag.trim().replace(/^W\//, '')
  const tags = textOf(had).match(/(?:W\/)?"[^"]*"|\*/g) ?? []
  return tags.some((tag) => tag === '*' || strong(tag) === strong(textOf(kept.etag)))
}

function textOf(header: HeaderValue): string {
  if (header === undefined) return ''
  return Array.isArray(header) ? header.join(',') : String(header)
}
