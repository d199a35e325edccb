/** One whole answer. Header names are lower case; repeated ones are joined by `, `, except `set-cookie`, which stands apart. */
export interface Response {
  status: number
  headers: ReadonlyMap<string, string>
  setCookies: readonly string[]
  body: Buffer
  /** Whether the connection may carry another request. */
  isReusable: boolean
}

/** The server said something that is not an HTTP/1.1 answer. */
export class MalformedResponseError extends Error {}

/** The answer is larger than we are willing to hold. */
export class ResponseTooLargeError extends Error {}

type State = 'head' | 'length' | 'until-close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'done'

const MAX_HEAD_BYTES = 64 * 1024
/** A chunk's size with its extensions. */
const MAX_CHUNK_LINE_BYTES = 1024
const nothing = Buffer.alloc(0)

/**
 * Reads one answer from bytes as they come, split anywhere. Bytes are copied out of what is pushed, so the caller may reuse its
 * buffer. Framing as RFC 9112 section 6.3 has it: none for HEAD, 204 and 304; chunked before content-length; else until close.
 * Interim answers (1xx) are skipped.
 */
export class ResponseParser {
  readonly #isHead: boolean
  readonly #maxBodyBytes: number
  #state: State = 'head'
  #held: Buffer = nothing
  #left = 0
  #parts: Buffer[] = []
  #bodyBytes = 0
  #trailerBytes = 0
  #response: Response | null = null

  constructor(method: string, maxBodyBytes: number) {
    this.#isHead = method === 'HEAD'
    this.#maxBodyBytes = maxBodyBytes
  }

  /** Whether a byte of the answer has arrived. */
  get hasStarted(): boolean {
    return this.#held.length > 0 || this.#response !== null || this.#state !== 'head'
  }

  /**
   * Takes the next bytes; answers the response once it is whole.
   * @throws {@link MalformedResponseError} or {@link ResponseTooLargeError}; the connection is of no use afterwards
   */
  push(bytes: Buffer): Response | null {
    let at = 0
    while (at < bytes.length && this.#state !== 'done') at = this.#take(bytes, at)
    if (this.#state !== 'done') return null
    if (at < bytes.length) throw new MalformedResponseError('more bytes came than the answer has')
    return this.#finish()
  }

  /** The server closed its side: the end of an answer without a length, otherwise `null`. */
  end(): Response | null {
    return this.#state === 'until-close' ? this.#finish() : null
  }

  #take(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#takeHead(bytes, at)
      case 'length':
      case 'chunk':
        return this.#takeCounted(bytes, at)
      case 'until-close':
        this.#keep(bytes, at, bytes.length)
        return bytes.length
      case 'chunk-size':
        return this.#takeLine(bytes, at, (line) => this.#startChunk(line))
      case 'chunk-end':
        return this.#takeLine(bytes, at, (line) => {
          if (line !== '') throw new MalformedResponseError('a chunk is longer than it said')
          this.#state = 'chunk-size'
        })
      case 'trailer':
        return this.#takeLine(bytes, at, (line) => {
          this.#trailerBytes += line.length + 2
          if (this.#trailerBytes > MAX_HEAD_BYTES) throw new ResponseTooLargeError('the trailer is too long')
          if (line === '') this.#state = 'done'
        })
      case 'done':
        return at
    }
  }

  #takeHead(bytes: Buffer, at: number): number {
    const fresh = at === 0 ? bytes : bytes.subarray(at)
    const all = this.#held.length === 0 ? fresh : Buffer.concat([this.#held, fresh])
    // The blank line may have begun in what was held: look again from three bytes before the seam.
    const end = all.indexOf('\r\n\r\n', Math.max(0, this.#held.length - 3), 'latin1')
    if (end > MAX_HEAD_BYTES || (end === -1 && all.length > MAX_HEAD_BYTES)) {
      throw new ResponseTooLargeError(`the head is longer than ${MAX_HEAD_BYTES} bytes`)
    }
    if (end === -1) {
      this.#held = all === fresh ? Buffer.from(fresh) : all
      return bytes.length
    }
    const consumed = end + 4 - this.#held.length
    this.#held = nothing
    this.#startBody(all.toString('latin1', 0, end))
    return at + consumed
  }

  #startBody(head: string): void {
    const { status, isHttp10, headers, setCookies } = parseHead(head)
    if (status === 101) throw new MalformedResponseError('the server switches protocols, which nobody asked for')
    if (status < 200) return
    const connection = headers.get('connection')?.toLowerCase()
    const coding = headers.get('transfer-encoding')?.toLowerCase()
    const length = parseLength(headers.get('content-length'))
    const isPersistent = isHttp10
      ? connection === 'keep-alive'
      : connection === undefined || !/\bclose\b/.test(connection)
    // Both framings at once is how requests are smuggled: believe the coding, then hang up.
    const isReusable = isPersistent && !(coding !== undefined && length !== null)
    this.#response = { status, headers, setCookies, body: nothing, isReusable }
    if (this.#isHead || status === 204 || status === 304) this.#state = 'done'
    else if (coding === 'chunked') this.#state = 'chunk-size'
    else if (coding !== undefined)
      throw new MalformedResponseError(`transfer coding "${coding.slice(0, 40)}" was not asked for`)
    else if (length === null) {
      this.#state = 'until-close'
      this.#response.isReusable = false
    } else this.#expect(length, length === 0 ? 'done' : 'length')
  }

  #startChunk(line: string): void {
    const size = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line)?.[1]
    if (size === undefined) throw new MalformedResponseError('a chunk has no size')
    const bytes = Number.parseInt(size, 16)
    this.#expect(bytes, bytes === 0 ? 'trailer' : 'chunk')
  }

  #expect(bytes: number, state: State): void {
    if (this.#bodyBytes + bytes > this.#maxBodyBytes)
      throw new ResponseTooLargeError(`the body is longer than ${this.#maxBodyBytes} bytes`)
    this.#left = bytes
    this.#state = state
  }

  #takeCounted(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left)
    this.#left -= end - at
    this.#keep(bytes, at, end)
    if (this.#left === 0) this.#state = this.#state === 'chunk' ? 'chunk-end' : 'done'
    return end
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    this.#bodyBytes += to - from
    if (this.#bodyBytes > this.#maxBodyBytes)
      throw new ResponseTooLargeError(`the body is longer than ${this.#maxBodyBytes} bytes`)
    const part = Buffer.allocUnsafe(to - from)
    bytes.copy(part, 0, from, to)
    this.#parts.push(part)
  }

  #takeLine(bytes: Buffer, at: number, use: (line: string) => void): number {
    const end = bytes.indexOf(10, at)
    const stop = end === -1 ? bytes.length : end + 1
    if (this.#held.length + stop - at > MAX_CHUNK_LINE_BYTES)
      throw new MalformedResponseError('a chunk line is too long')
    this.#held = Buffer.concat([this.#held, bytes.subarray(at, stop)])
    if (end === -1) return stop
    const line = this.#held.toString('latin1')
    this.#held = nothing
    if (!line.endsWith('\r\n')) throw new MalformedResponseError('a line does not end in CR LF')
    use(line.slice(0, -2))
    return stop
  }

  #finish(): Response {
    this.#state = 'done'
    const response = this.#response!
    response.body = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
    this.#parts = []
    return response
  }
}

function parseHead(head: string) {
  const firstEnd = head.indexOf('\r\n')
  const match = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(firstEnd === -1 ? head : head.slice(0, firstEnd))
  if (!match) throw new MalformedResponseError(`an answer starts with "${head.slice(0, 40)}"`)
  const headers = new Map<string, string>()
  const setCookies: string[] = []
  for (let start = firstEnd === -1 ? head.length : firstEnd + 2; start < head.length;) {
    const next = head.indexOf('\r\n', start)
    const end = next === -1 ? head.length : next
    const colon = head.indexOf(':', start)
    if (colon <= start || colon > end) throw new MalformedResponseError('a header line has no name')
    const name = head.slice(start, colon).toLowerCase()
    if (/[\s]/.test(name)) throw new MalformedResponseError('a header name holds a space')
    const value = head.slice(colon + 1, end).trim()
    const earlier = headers.get(name)
    if (name === 'set-cookie') setCookies.push(value)
    else headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`)
    start = end + 2
  }
  return { status: Number(match[2]), isHttp10: match[1] === '0', headers, setCookies }
}

function parseLength(value: string | undefined): number | null {
  if (value === undefined) return null
  if (/^\d{1,15}$/.test(value)) return Number(value)
  // The same length twice is one length.
  const lengths = new Set(value.split(',').map((one) => one.trim()))
  const [length] = lengths
  if (lengths.size !== 1 || !/^\d{1,15}$/.test(length!))
    throw new MalformedResponseError(`content-length is "${value.slice(0, 40)}"`)
  return Number(length)
}
