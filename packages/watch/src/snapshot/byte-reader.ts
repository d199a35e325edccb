import { closeSync, openSync, readSync } from 'node:fs'

/** Large enough that the calls into the system do not show, small enough to stay in the processor's cache. */
const chunkBytes = 1024 * 1024

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const zero = 0x30

/** What the bytes say is not what the format allows at this place; `offset` counts from the file's start. */
export class UnexpectedByte extends Error {
  readonly offset: number
  /** The file ended. */
  readonly isEnd: boolean

  constructor(wanted: string, offset: number, isEnd: boolean) {
    super(wanted)
    this.offset = offset
    this.isEnd = isEnd
  }
}

/**
 * Reads JSON that is too large for `JSON.parse`, a piece at a time: the caller knows what comes and says how to take it. V8 holds
 * no string longer than 512 MB, and a snapshot parsed into objects would need several times its size.
 */
export class ByteReader {
  readonly #file: number
  readonly #chunk = Buffer.allocUnsafe(chunkBytes)
  #length = 0
  #position = 0
  #chunkOffset = 0

  constructor(path: string) {
    this.#file = openSync(path, 'r')
  }

  close(): void {
    closeSync(this.#file)
  }

  /** The next byte that is no white space, which stays; −1 at the end. */
  peek(): number {
    for (;;) {
      if (this.#position === this.#length && !this.#fill()) return -1
      const byte = this.#chunk[this.#position]!
      if (byte > 0x20) return byte
      this.#position++
    }
  }

  /** Takes the byte if it comes next. */
  takes(byte: number): boolean {
    if (this.peek() !== byte) return false
    this.#position++
    return true
  }

  expect(byte: number, wanted: string): void {
    if (!this.takes(byte)) this.#refuse(wanted)
  }

  /** The keys of an object, one after another; the caller takes each value before it asks for the next key. */
  *keys(wanted: string): Generator<string> {
    this.expect(openBrace, wanted)
    if (this.takes(closeBrace)) return
    do {
      const key = this.readText(200)
      this.expect(0x3a, '":"')
      yield key
    } while (this.takes(comma))
    this.expect(closeBrace, '"," or "}"')
  }

  /**
   * An array of whole numbers, handed over in batches: `take` is given how many numbers stand in `batch`. Only the last batch may
   * be shorter than the whole.
   */
  readNumbers(batch: Float64Array, take: (count: number) => void): void {
    this.expect(openBracket, '"["')
    if (this.takes(closeBracket)) return
    const chunk = this.#chunk
    let count = 0
    let value = 0
    let hasDigit = false
    for (;;) {
      if (this.#position === this.#length && !this.#fill()) this.#refuse('a number')
      const length = this.#length
      let position = this.#position
      while (position < length) {
        const byte = chunk[position++]!
        const digit = byte - zero
        if (digit >= 0 && digit <= 9) {
          value = value * 10 + digit
          hasDigit = true
        } else if (byte === comma || byte === closeBracket) {
          if (!hasDigit) this.#refuseAt(position - 1, 'a number')
          batch[count++] = value
          value = 0
          hasDigit = false
          if (count === batch.length || byte === closeBracket) {
            this.#position = position
            take(count)
            count = 0
            if (byte === closeBracket) return
          }
        } else if (byte > 0x20) this.#refuseAt(position - 1, 'a number')
      }
      this.#position = position
    }
  }

  /** The elements of an array of texts: `take` is called before each, and answers where to put its raw bytes; null passes it over. */
  readTexts(take: (index: number) => TextSink | null): number {
    this.expect(openBracket, '"["')
    if (this.takes(closeBracket)) return 0
    let index = 0
    do {
      const sink = take(index++)
      this.expect(quote, 'a text')
      if (sink === null) this.#skipText()
      else this.#copyText(sink)
    } while (this.takes(comma))
    this.expect(closeBracket, '"," or "]"')
    return index
  }

  /** A text of at most so many raw bytes. */
  readText(maxBytes: number): string {
    const sink = new TextSink(maxBytes)
    this.expect(quote, 'a text')
    this.#copyText(sink)
    return parseRaw(sink.bytes.subarray(0, sink.length))
  }

  /** Any value, as the text it is written in; for the small ones. */
  readRaw(maxBytes: number): string {
    const bytes: number[] = []
    this.#walkValue((byte) => {
      if (bytes.length === maxBytes) this.#refuse(`a description of at most ${maxBytes} bytes`)
      bytes.push(byte)
    })
    return Buffer.from(bytes).toString('utf8')
  }

  skipValue(): void {
    this.#walkValue(() => {})
  }

  #walkValue(take: (byte: number) => void): void {
    let depth = 0
    let isInText = false
    this.peek()
    for (;;) {
      if (this.#position === this.#length && !this.#fill()) this.#refuse('a value')
      const byte = this.#chunk[this.#position]!
      if (!isInText && depth === 0 && (byte === comma || byte === closeBrace || byte === closeBracket)) return
      this.#position++
      take(byte)
      if (isInText && byte === backslash) take(this.#next())
      else if (byte === quote) isInText = !isInText
      else if (!isInText && (byte === openBrace || byte === openBracket)) depth++
      else if (!isInText && (byte === closeBrace || byte === closeBracket)) depth--
    }
  }

  #skipText(): void {
    const chunk = this.#chunk
    let isEscaped = false
    for (;;) {
      if (this.#position === this.#length && !this.#fill()) this.#refuse('the end of a text')
      const length = this.#length
      let position = this.#position
      while (position < length) {
        const byte = chunk[position++]!
        if (isEscaped) isEscaped = false
        else if (byte === backslash) isEscaped = true
        else if (byte === quote) {
          this.#position = position
          return
        }
      }
      this.#position = position
    }
  }

  #copyText(sink: TextSink): void {
    for (;;) {
      const byte = this.#next()
      if (byte === quote) return
      if (byte !== backslash) {
        sink.add(byte)
        continue
      }
      const escape = [byte, this.#next()]
      if (escape[1] === 0x75) for (let count = 0; count < 4; count++) escape.push(this.#next())
      sink.addWhole(escape)
    }
  }

  #next(): number {
    if (this.#position === this.#length && !this.#fill()) this.#refuse('the end of a text')
    return this.#chunk[this.#position++]!
  }

  #fill(): boolean {
    this.#chunkOffset += this.#length
    this.#position = 0
    this.#length = readSync(this.#file, this.#chunk, 0, chunkBytes, null)
    return this.#length > 0
  }

  #refuse(wanted: string): never {
    this.#refuseAt(this.#position, wanted)
  }

  #refuseAt(position: number, wanted: string): never {
    throw new UnexpectedByte(wanted, this.#chunkOffset + position, this.#length === 0)
  }
}

/** Takes the first bytes of a text and forgets the rest, never in the middle of an escape. */
export class TextSink {
  readonly bytes: Buffer
  length = 0
  #isFull = false

  constructor(maxBytes: number) {
    this.bytes = Buffer.allocUnsafe(maxBytes)
  }

  add(byte: number): void {
    if (this.#isFull || this.length === this.bytes.length) this.#isFull = true
    else this.bytes[this.length++] = byte
  }

  addWhole(bytes: readonly number[]): void {
    if (this.#isFull || this.length + bytes.length > this.bytes.length) this.#isFull = true
    else for (const byte of bytes) this.bytes[this.length++] = byte
  }

  clear(): void {
    this.length = 0
    this.#isFull = false
  }
}

/** What stands between the quotes, unescaped. Cut or broken texts are shown as they are. */
export function parseRaw(bytes: Uint8Array): string {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  try {
    return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
  } catch {
    return raw
  }
}
