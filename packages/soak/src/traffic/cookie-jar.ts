/** More than any site needs; the oldest cookie leaves first. */
const MAX_COOKIES = 50
const MAX_COOKIE_CHARS = 4096

/** One session's cookies for one origin. `Path` and `Domain` are not looked at: a journey speaks to one service. */
export class CookieJar {
  readonly #cookies = new Map<string, string>()
  #header: string | null = ''

  /** Takes the values of `Set-Cookie` headers; a cookie with `Max-Age` of 0 or less, or `Expires` in the past, is forgotten. */
  take(setCookies: readonly string[], nowMs: number): void {
    for (const line of setCookies) {
      const match = /^\s*([^=;\s]+)\s*=\s*([^;]*)/.exec(line.slice(0, MAX_COOKIE_CHARS))
      if (!match) continue
      this.#header = null
      this.#cookies.delete(match[1]!)
      if (!isExpired(line, nowMs)) this.#cookies.set(match[1]!, match[2]!.trim())
      if (this.#cookies.size > MAX_COOKIES) this.#cookies.delete(this.#cookies.keys().next().value!)
    }
  }

  /** The `Cookie` header line with its line end; empty when there is none. */
  get header(): string {
    if (this.#header !== null) return this.#header
    const pairs = [...this.#cookies].map(([name, value]) => `${name}=${value}`)
    return (this.#header = pairs.length === 0 ? '' : `cookie: ${pairs.join('; ')}\r\n`)
  }
}

function isExpired(line: string, nowMs: number): boolean {
  const maxAge = /;\s*max-age=(-?\d+)/i.exec(line)?.[1]
  if (maxAge !== undefined) return Number(maxAge) <= 0
  const expires = /;\s*expires=([^;]+)/i.exec(line)?.[1]
  return expires !== undefined && Date.parse(expires) <= nowMs
}
