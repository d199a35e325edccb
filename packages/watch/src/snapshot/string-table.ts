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
  /** By text: where it begins and how long it is. Few texts are names, so a map is smaller than columns. */
  readonly #offsets = new Map<number, number>()
  readonly #lengths = new Map<number, number>()
  readonly #hashes = new Map<number, number>()

  static createSink(): TextSink {
    return new TextSink(maxTextBytes)
  }

  set(index: number, sink: TextSink): void {
    if (isNumber(sink)) return
    if (this.#blocks.length === 0 || this.#blockLength + sink.length > blockBytes) {
      this.#blocks.push(Buffer.allocUnsafe(blockBytes))
      this.#blockLength = 0
    }
    sink.bytes.copy(this.#blocks.at(-1)!, this.#blockLength, 0, sink.length)
    this.#offsets.set(index, (this.#blocks.length - 1) * blockBytes + this.#blockLength)
    this.#lengths.set(index, sink.length)
    this.#blockLength += sink.length
  }

  get(index: number): string {
    return this.#lengths.has(index) ? parseRaw(this.#bytes(index)) : indexName
  }

  /** The same for the same text in any snapshot; object ids within it (`@1234`) do not count. */
  hash(index: number): number {
    const known = this.#hashes.get(index)
    if (known !== undefined) return known
    const hash = this.#lengths.has(index) ? hashBytes(this.#bytes(index)) : indexHash
    this.#hashes.set(index, hash)
    return hash
  }

  #bytes(index: number): Uint8Array {
    const length = this.#lengths.get(index) ?? 0
    if (length === 0) return new Uint8Array(0)
    const offset = this.#offsets.get(index)!
    const start = offset % blockBytes
    return this.#blocks[Math.floor(offset / blockBytes)]!.subarray(start, start + length)
  }
}

/**
 * What every text of digits alone stands for and hashes to: V8 names each entry of a Map's table by its place in it, a million
 * names that tell nothing.
 */
export const indexName = '[]'
export const indexHash = 2

function isNumber({ bytes, length }: TextSink): boolean {
  for (let at = 0; at < length; at++) if (bytes[at]! < 0x30 || bytes[at]! > 0x39) return false
  return length > 0
}

/** FNV-1a, 32 bits. */
export function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  let isId = false
  for (const byte of bytes) {
    const isDigit = byte >= 0x30 && byte <= 0x39
    if (isId && isDigit) continue
    isId = byte === 0x40
    hash = Math.imul(hash ^ byte, 0x01000193)
  }
  return hash >>> 0
}
