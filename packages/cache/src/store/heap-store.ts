import { resized } from '../policy/slot-list.ts'
import { MapTable } from './map-table.ts'

/**
 * Keeps entries as slots: a Map from key to slot, and one array a property. No object an entry, so the garbage collector
 * has keys and values to visit and nothing else. Knows to the byte what it costs: 21 a slot, and the Map's table.
 */
export class HeapStore<K, V> {
  slots = new Map<K, number>()
  keys: (K | undefined)[] = []
  values: (V | undefined)[] = []
  /** Bytes charged to the entry, or 1 where only entries are counted; for a free slot, one above the next free slot. */
  weights: Uint32Array = new Uint32Array(0)
  /** 1 where the weight is the caller's word and the index is not charged on top. */
  exact: Uint8Array = new Uint8Array(0)
  exactCount = 0
  readonly table = new MapTable()
  #capacity = 0
  /** One above the first slot given back, 0 for none. */
  #free = 0
  /** Slots at and above this were never used. */
  #used = 0

  get capacity(): number {
    return this.#capacity
  }

  get count(): number {
    return this.slots.size
  }

  get hasFreeSlot(): boolean {
    return this.slots.size < this.#capacity
  }

  bytesAt(capacity: number): number {
    return (8 + 8 + 4 + 1) * capacity
  }

  /** Slots above `capacity` must be free. */
  resize(capacity: number): void {
    this.keys = resizedList(this.keys, capacity)
    this.values = resizedList(this.values, capacity)
    this.weights = resized(this.weights, capacity)
    this.exact = resized(this.exact, capacity)
    this.#capacity = capacity
  }

  add(key: K, value: V, weight: number, isExact: boolean): number {
    const slot = this.#takeSlot()
    this.slots.set(key, slot)
    this.table.add()
    this.keys[slot] = key
    this.values[slot] = value
    this.weights[slot] = weight
    this.exact[slot] = isExact ? 1 : 0
    if (isExact) this.exactCount++
    return slot
  }

  remove(slot: number): void {
    this.slots.delete(this.keys[slot]!)
    this.table.delete()
    this.keys[slot] = undefined
    this.values[slot] = undefined
    this.exactCount -= this.exact[slot]!
    this.exact[slot] = 0
    this.weights[slot] = this.#free
    this.#free = slot + 1
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
      weights[to] = weights[from]!
      exact[to] = exact[from]!
      onMove(from, to)
    }
    this.#free = 0
    this.#used = this.slots.size
  }

  /** A Map without holes. Costs O(entries), so it is done when a quarter of the table has become holes, and only to save room. */
  rebuildMap(): void {
    this.slots = new Map(this.slots)
    this.table.rebuild()
  }

  clear(): void {
    this.slots = new Map()
    this.table.clear()
    this.exactCount = 0
    this.#free = 0
    this.#used = 0
    this.resize(0)
  }

  #takeSlot(): number {
    if (this.#free === 0) return this.#used++
    const slot = this.#free - 1
    this.#free = this.weights[slot]!
    return slot
  }
}

/** Filled, so that V8 keeps any value by reference: a list of nothing but fractions would hold them unboxed, and move them all when another comes. */
function resizedList<T>(list: (T | undefined)[], length: number): (T | undefined)[] {
  const larger = new Array<T | undefined>(length).fill(undefined)
  for (let at = 0; at < Math.min(length, list.length); at++) larger[at] = list[at]
  return larger
}
