import { resized } from '../policy/slot-rings.ts'
import { MapTable } from './map-table.ts'

/**
 * Keeps entries as slots: a Map from key to slot, and one array a property. No object an entry, so the garbage collector
 * has keys and values to visit and nothing else. Knows to the byte what it costs: 16 a slot, 5 more where entries are
 * weighed, and the Map's table.
 */
export class HeapStore<K, V> {
  slots = new Map<K, number>()
  /** For a free slot, the next free slot. */
  keys: (K | number | undefined)[] = []
  values: (V | undefined)[] = []
  /** Bytes charged to the entry, 0 for a free slot; null where only entries are counted. */
  weights: Uint32Array | null
  /** 1 where the weight is the caller's word and the index is not charged on top. */
  exact: Uint8Array = new Uint8Array(0)
  exactCount = 0
  count = 0
  readonly table = new MapTable()
  #capacity = 0
  /** The slot given back last, if any. */
  #free = NO_SLOT
  /** Slots at and above this were never used. */
  #used = 0

  constructor({ isWeighing }: { isWeighing: boolean }) {
    this.weights = isWeighing ? new Uint32Array(0) : null
  }

  get capacity(): number {
    return this.#capacity
  }

  get hasFreeSlot(): boolean {
    return this.count < this.#capacity
  }

  /** Whether no more than a quarter of the slots are in use, and there are enough of them to care. */
  get isSparse(): boolean {
    return this.#capacity > 64 && this.count <= this.#capacity >> 2
  }

  bytesAt(capacity: number): number {
    return (this.weights === null ? 16 : 16 + 4 + 1) * capacity
  }

  /** Slots above `capacity` must be free. */
  resize(capacity: number): void {
    this.keys = resizedList(this.keys, capacity)
    this.values = resizedList(this.values, capacity)
    if (this.weights !== null) {
      this.weights = resized(this.weights, capacity)
      this.exact = resized(this.exact, capacity)
    }
    this.#capacity = capacity
  }

  keyOf(slot: number): K {
    return this.keys[slot] as K
  }

  /** Bytes, or 1. */
  weightOf(slot: number): number {
    return this.weights === null ? 1 : this.weights[slot]!
  }

  isExact(slot: number): boolean {
    return this.exact[slot] === 1
  }

  add(key: K, value: V, weight: number, isExact: boolean): number {
    const slot = this.#takeSlot()
    this.slots.set(key, slot)
    this.table.add()
    this.count++
    this.keys[slot] = key
    this.values[slot] = value
    if (this.weights !== null) this.weights[slot] = weight
    if (isExact) {
      this.exact[slot] = 1
      this.exactCount++
    }
    return slot
  }

  remove(slot: number): void {
    this.slots.delete(this.keyOf(slot))
    this.table.delete()
    this.count--
    this.keys[slot] = this.#free
    this.values[slot] = undefined
    if (this.weights !== null) this.weights[slot] = 0
    if (this.exactCount > 0) {
      this.exactCount -= this.exact[slot]!
      this.exact[slot] = 0
    }
    this.#free = slot
  }

  /**
   * Moves entries down until the first `count` slots are in use and no other, telling of each move.
   * Costs O(entries); the slots above `count` are for `resize` to take away.
   */
  compact(onMove: (from: number, to: number) => void): void {
    const { slots, keys, values, weights, exact } = this
    const isTaken = new Uint8Array(slots.size)
    for (const slot of slots.values()) if (slot < slots.size) isTaken[slot] = 1
    let to = 0
    for (const [key, from] of slots) {
      if (from < slots.size) continue
      while (isTaken[to] === 1) to++
      isTaken[to] = 1
      slots.set(key, to)
      keys[to] = key
      values[to] = values[from]
      values[from] = undefined
      if (weights !== null) {
        weights[to] = weights[from]!
        weights[from] = 0
        exact[to] = exact[from]!
        exact[from] = 0
      }
      onMove(from, to)
    }
    this.#free = NO_SLOT
    this.#used = slots.size
  }

  /** A Map without holes. Costs O(entries), so it is done when a quarter of the table has become holes, and only to save room. */
  rebuildMap(): void {
    this.slots = new Map(this.slots)
    this.table.rebuild()
  }

  clear(): void {
    this.slots = new Map()
    this.table.clear()
    this.count = 0
    this.exactCount = 0
    this.#free = NO_SLOT
    this.#used = 0
    this.resize(0)
  }

  #takeSlot(): number {
    if (this.#free === NO_SLOT) return this.#used++
    const slot = this.#free
    this.#free = this.keys[slot] as number
    return slot
  }
}

const NO_SLOT = -1

/** Filled, so that V8 keeps any value by reference: a list of nothing but fractions would hold them unboxed, and move them all when another comes. */
function resizedList<T>(list: (T | undefined)[], length: number): (T | undefined)[] {
  const larger = new Array<T | undefined>(length).fill(undefined)
  for (let at = 0; at < Math.min(length, list.length); at++) larger[at] = list[at]
  return larger
}
