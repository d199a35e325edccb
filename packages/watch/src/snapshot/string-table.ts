import { parseRaw, TextSink } from './byte-reader.ts'

/** Names are shown on a line of a terminal; the contents of long texts are nobody's business. */
const maxTextBytes = 256
const blockBytes = 1024 * 1024

/**
 * The texts of a snapshot as raw bytes, each cut to what a name needs, and only those that name something: the contents of the
 * host's strings, which may be most of the file and are users' data, are never kept.
 */
export class StringTable {
  readonly #blocks: Buffer[] = []
  #blockLength = 0
  readonly #offsets: Float64Array
  readonly #lengths: Uint16Array
  readonly #hashes: Uint32Array
  readonly #isHashed: Uint8Array

  constructor(count: number) {
    this.#offsets = new Float64Array(count)
    this.#lengths = new Uint16Array(count)
    this.#hashes = new Uint32Array(count)
    this.#isHashed = new Uint8Array(count)
  }

  static createSink(): TextSink {
    return new TextSink(maxTextBytes)
  }

  get count(): number {
    return this.#lengths.length
  }

  set(index: number, sink: TextSink): void {
    if (this.#blocks.length === 0 || this.#blockLength + sink.length > blockBytes) {
      this.#blocks.push(Buffer.allocUnsafe(blockBytes))
      this.#blockLength = 0
    }
    sink.bytes.copy(this.#blocks.at(-1)!, this.#blockLength, 0, sink.length)
    this.#offsets[index] = (this.#blocks.length - 1) * blockBytes + this.#blockLength
    this.#lengths[index] = sink.length
    this.#blockLength += sink.length
  }

  get(index: number): string {
    return parseRaw(this.#bytes(index))
  }

  /** The same for the same text in any snapshot; object ids within it (`@1234`) do not count. */
  hash(index: number): number {
    if (this.#isHashed[index]) return this.#hashes[index]!
    this.#isHashed[index] = 1
    return (this.#hashes[index] = hashBytes(this.#bytes(index)))
  }

  #bytes(index: number): Uint8Array {
    const length = this.#lengths[index] ?? 0
    if (length === 0) return new Uint8Array(0)
    const offset = this.#offsets[index]!
    const start = offset % blockBytes
    return this.#blocks[Math.floor(offset / blockBytes)]!.subarray(start, start + length)
  }
}

/** What every text of digits alone hashes to: V8 names the entries of a Map's table by their place in it. */
export const indexHash = 2

/** FNV-1a, 32 bits. */
export function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  let isId = false
  let isNumber = true
  for (const byte of bytes) {
    const isDigit = byte >= 0x30 && byte <= 0x39
    if (!isDigit) isNumber = false
    if (isId && isDigit) continue
    isId = byte === 0x40
    hash = Math.imul(hash ^ byte, 0x01000193)
  }
  return isNumber && bytes.length > 0 ? indexHash : hash >>> 0
}
