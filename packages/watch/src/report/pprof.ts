import { gzipSync } from 'node:zlib'

/** A frame of a stack; lines count from 1, 0 where unknown. */
export interface PprofFrame {
  functionName: string
  file: string
  line: number
}

/** What {@link encodePprof} writes: stacks, innermost frame first, each with one value for every sample type. */
export interface PprofProfile {
  sampleTypes: readonly { type: string; unit: string }[]
  samples: readonly { stack: readonly PprofFrame[]; values: readonly number[] }[]
  /** When it was taken, epoch ms, and over how long. */
  atMs: number
  durationMs: number
  /** One sample stands for so much. */
  period: { type: string; unit: string; value: number }
}

/**
 * A profile as `go tool pprof`, Grafana, Polar Signals and others read it: gzipped protobuf, written by hand, since it takes fewer
 * lines than a library would.
 * @see https://github.com/google/pprof/blob/main/proto/profile.proto
 */
export function encodePprof({ sampleTypes, samples, atMs, durationMs, period }: PprofProfile): Uint8Array {
  const strings = new Table<string>((text) => text)
  strings.idOf('')
  const stringOf = (text: string): number => strings.idOf(text) - 1
  const functions = new Table<PprofFrame>(({ functionName, file }) => `${functionName}\n${file}`)
  const locations = new Table<PprofFrame>(({ functionName, file, line }) => `${functionName}\n${file}\n${line}`)
  const out = new Message()
  const valueType = ({ type, unit }: { type: string; unit: string }) =>
    new Message().number(1, stringOf(type)).number(2, stringOf(unit))
  for (const sampleType of sampleTypes) out.message(1, valueType(sampleType))
  for (const { stack, values } of samples) {
    out.message(
      2,
      new Message()
        .numbers(
          1,
          stack.map((frame) => locations.idOf(frame)),
        )
        .numbers(2, values),
    )
  }
  for (const [id, frame] of locations.entries()) {
    out.message(
      4,
      new Message()
        .number(1, id)
        .message(4, new Message().number(1, functions.idOf(frame)).number(2, Math.max(0, frame.line))),
    )
  }
  for (const [id, { functionName, file }] of functions.entries()) {
    const name = stringOf(functionName)
    out.message(5, new Message().number(1, id).number(2, name).number(3, name).number(4, stringOf(file)))
  }
  const periodType = valueType(period)
  for (const [, text] of strings.entries()) out.text(6, text)
  out.number(9, atMs * 1e6).number(10, durationMs * 1e6)
  out.message(11, periodType).number(12, period.value)
  return gzipSync(out.bytes())
}

/** Numbers what is told twice; from 1, since 0 means "none" in this format. */
class Table<T> {
  readonly #keyOf: (item: T) => string
  readonly #ids = new Map<string, number>()
  readonly #items: T[] = []

  constructor(keyOf: (item: T) => string) {
    this.#keyOf = keyOf
  }

  idOf(item: T): number {
    const key = this.#keyOf(item)
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    this.#items.push(item)
    this.#ids.set(key, this.#items.length)
    return this.#items.length
  }

  entries(): [number, T][] {
    return this.#items.map((item, index) => [index + 1, item])
  }
}

const VARINT = 0
const LENGTH = 2

/** A protobuf message under construction. */
class Message {
  readonly #bytes: number[] = []

  number(field: number, value: number): this {
    if (value === 0) return this
    this.#tag(field, VARINT)
    this.#varint(value)
    return this
  }

  numbers(field: number, values: readonly number[]): this {
    const packed = new Message()
    for (const value of values) packed.#varint(value)
    return this.message(field, packed)
  }

  message(field: number, message: Message): this {
    return this.#block(field, message.#bytes)
  }

  text(field: number, text: string): this {
    return this.#block(field, new TextEncoder().encode(text))
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }

  #block(field: number, bytes: ArrayLike<number>): this {
    this.#tag(field, LENGTH)
    this.#varint(bytes.length)
    for (let index = 0; index < bytes.length; index++) this.#bytes.push(bytes[index]!)
    return this
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType)
  }

  /** Seven bits a byte, the lowest first. Nanoseconds since the epoch need more than a double's 53 bits hold exactly. */
  #varint(value: number): void {
    let rest = BigInt(Math.max(0, Math.round(value)))
    while (rest > 127n) {
      this.#bytes.push(Number(rest & 127n) | 128)
      rest >>= 7n
    }
    this.#bytes.push(Number(rest))
  }
}
