import type { Slots } from '../../policy/policy.ts'
import { NONE, resized } from '../../policy/slot-rings.ts'
import { Arena, NOWHERE } from './arena.ts'
import { KeyBytes, keyEnd, readKey, VALUE_KIND_BITS } from './key-bytes.ts'
import { KeyTable } from './key-table.ts'
import { readValue, ValueBytes, type CodecName } from './value-bytes.ts'

const VALUE_KIND_MASK = (1 << VALUE_KIND_BITS) - 1

/** What stands beside the arrays and segments: objects, the room for keys, measured on Node.js 20. */
const FIXED_BYTES = 6144

/**
 * Keeps entries as bytes outside V8's heap: a table from the hash of a key to a slot, and a record a slot in the arena. A
 * record is a word for the key's length and kind and the value's kind, the key, and the value. Costs 16 bytes a slot, the
 * table, and some 24 bytes of record around key and value.
 */
export class OffHeapStore<K, V> implements Slots {
  readonly arena: Arena
  readonly #table = new KeyTable()
  readonly #key: KeyBytes
  readonly #value: ValueBytes
  /** Bytes of each record, 0 for a free slot. */
  weights = new Uint32Array(0)
  /** Of the key that was looked for last. */
  #hash = 0

  constructor({ maxBytes, codec, seed0, seed1 }: { maxBytes: number; codec: CodecName; seed0: number; seed1: number }) {
    this.arena = new Arena(maxBytes)
    this.#key = new KeyBytes(seed0, seed1)
    this.#value = new ValueBytes(codec)
  }

  static bytesAt(capacity: number): number {
    return FIXED_BYTES + 8 * capacity + KeyTable.bytesAt(capacity)
  }

  /** What policies read as keys: it is all they want them for. */
  get keys(): Int32Array {
    return this.#table.hashes
  }

  get count(): number {
    return this.#table.count
  }

  get capacity(): number {
    return this.#table.capacity
  }

  get hasFreeSlot(): boolean {
    return this.count < this.capacity
  }

  /** Whether no more than a quarter of the slots are in use, and there are enough of them to care. */
  get isSparse(): boolean {
    return this.capacity > 64 && this.count <= this.capacity >> 2
  }

  isUsed(slot: number): boolean {
    return this.arena.places[slot] !== NOWHERE
  }

  /** The slot of a key, or `NONE`. @throws UnstorableKeyError */
  find(key: K): number {
    const own = this.#key
    own.put(key)
    const hash = (this.#hash = own.hash())
    const { hashes } = this.#table
    for (let slot = this.#table.first(hash); slot !== NONE; slot = this.#table.after(slot)) {
      if (hashes[slot] === hash && this.arena.beginsWith(slot, own.words, own.count, VALUE_KIND_BITS)) return slot
    }
    return NONE
  }

  keyOf(slot: number): K {
    this.arena.view(slot)
    return readKey(this.arena.bytes, this.arena.at) as K
  }

  /** A value of its own, which nobody else has. */
  valueOf(slot: number): V {
    const { arena } = this
    arena.view(slot)
    const head = arena.bytes.readInt32LE(arena.at)
    return readValue(head & VALUE_KIND_MASK, arena.bytes, arena.at + keyEnd(head), arena.end) as V
  }

  /** Turns a value into bytes, to be stored with the key that is looked for next. @throws UnstorableValueError */
  prepare(value: V): void {
    this.#value.prepare(value)
  }

  /** Bytes of payload that the key last looked for and the value last prepared come to. */
  get payloadBytes(): number {
    return 4 * this.#key.count + this.#value.byteLength
  }

  /** Stores what was prepared under the key that was looked for and not found; there is room for it. */
  add(): number {
    const slot = this.#table.add(this.#hash)
    this.#write(slot)
    return slot
  }

  /** Stores what was prepared under the key that was looked for and stands in this slot; there is room for it. */
  replace(slot: number): void {
    this.arena.free(slot)
    this.#write(slot)
  }

  forgetPrepared(): void {
    this.#value.release()
  }

  remove(slot: number): void {
    this.arena.free(slot)
    this.weights[slot] = 0
    this.#table.remove(slot)
  }

  resize(capacity: number): void {
    this.#table.resize(capacity)
    this.arena.resize(capacity)
    this.weights = resized(this.weights, capacity)
  }

  /** Moves entries down until the first `count` slots are in use and no other. */
  compact(onMove: (from: number, to: number) => void): void {
    this.#table.compact(
      (slot) => this.isUsed(slot),
      (from, to) => {
        this.arena.relocate(from, to)
        this.weights[to] = this.weights[from]!
        this.weights[from] = 0
        onMove(from, to)
      },
    )
  }

  clear(): void {
    this.arena.clear()
    this.#table.clear()
    this.resize(0)
  }

  #write(slot: number): void {
    const { arena, payloadBytes } = this
    arena.open(slot, payloadBytes)
    this.#key.writeTo(arena.bytes, arena.at, this.#value.kind)
    this.#value.writeTo(arena.bytes, arena.at + 4 * this.#key.count)
    arena.close(slot)
    this.weights[slot] = arena.recordBytes(payloadBytes)
  }
}
