import { resized } from '../policy/slot-rings.ts'
import { MapTable } from './map-table.ts'

/**
 * Keeps entries as slots: a Map from key to slot, and one array a property. No object an entry, so the garbage collector
 * has keys and values to visit and nothing else. Knows to the byte what it costs: 16 a slot, 5 more where entries are
 * weighed, and the Map's table.
 */
export class HeapStore<K, V> {
  #slots = new Map<K, number>()
  /** The Map before, while those who stay move out of it; see `startMoving`. */
  #old: { readonly slots: Map<K, number>; readonly walk: Iterator<[K, number]>; bytes: number } | null = null
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
    return this.count <= this.#capacity >> 2 && this.#capacity > 64 && this.#old === null
  }

  get isMoving(): boolean {
    return this.#old !== null
  }

  /** Of the Map's table, and of what an old Map still holds. */
  get mapBytes(): number {
    return this.#old === null ? this.table.bytes : this.table.bytes + this.#old.bytes
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

  slotOf(key: K): number | undefined {
    const slot = this.#slots.get(key)
    return slot === undefined && this.#old !== null ? this.#slotInOld(key) : slot
  }

  /** Oldest first, but those who moved lately come last. */
  *eachKey(): IterableIterator<K> {
    if (this.#old !== null) for (const [key, slot] of this.#old.slots) if (this.#isUnmoved(key, slot)) yield key
    yield* this.#slots.keys()
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
    this.#slots.set(key, slot)
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
    const key = this.keyOf(slot)
    if (this.#old === null || this.#slots.delete(key)) {
      if (this.#old === null) this.#slots.delete(key)
      this.table.delete()
    } else if (this.exact[slot] !== 1) this.#old.bytes += Math.min(this.weightOf(slot), mostBytesOf(key))
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
    const { keys, values, weights, exact } = this
    const slots = this.#slots
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
    this.#slots = new Map(this.#slots)
    this.table.rebuild()
  }

  /**
   * To be called when most entries are about to leave: from now on who leaves is not taken out of the Map, which costs more
   * than all the rest, and at last some 50 ms at once where V8 makes a smaller table of a million keys. Those who stay move
   * to a new Map, as `move` is called; a look-up that fails there asks the old one, and checks what it says.
   */
  startMoving(): void {
    if (this.#old !== null) return
    this.#old = { slots: this.#slots, walk: this.#slots.entries(), bytes: this.table.bytes }
    this.#slots = new Map()
    this.table.clear()
  }

  /** Looks at so many keys of the old Map at most. Answers whether nobody has to move any more. */
  move(most: number): boolean {
    if (this.#old === null) return true
    for (let left = most; this.#slots.size < this.count; left--) {
      if (left === 0) return false
      const next = this.#old.walk.next()
      if (next.done === true) break
      const [key, slot] = next.value
      if (!this.#isUnmoved(key, slot)) continue
      this.#slots.set(key, slot)
      this.table.add()
    }
    this.#old = null
    return true
  }

  clear(): void {
    this.#slots = new Map()
    this.#old = null
    this.table.clear()
    this.count = 0
    this.exactCount = 0
    this.#free = NO_SLOT
    this.#used = 0
    this.resize(0)
  }

  #slotInOld(key: K): number | undefined {
    const slot = this.#old!.slots.get(key)
    return slot !== undefined && this.#isIn(key, slot) ? slot : undefined
  }

  #isUnmoved(key: K, slot: number): boolean {
    return this.#isIn(key, slot) && !this.#slots.has(key)
  }

  /** Whether the key still stands in the slot in which it once stood. */
  #isIn(key: K, slot: number): boolean {
    return this.values[slot] !== undefined && (this.keys[slot] === key || Object.is(this.keys[slot], key))
  }

  #takeSlot(): number {
    if (this.#free === NO_SLOT) return this.#used++
    const slot = this.#free
    this.#free = this.keys[slot] as number
    return slot
  }
}

const NO_SLOT = -1

/** Of a key, without reading it. */
function mostBytesOf(key: unknown): number {
  if (typeof key === 'string') return 24 + 2 * key.length
  return typeof key === 'number' ? 16 : Infinity
}

/** Filled, so that V8 keeps any value by reference: a list of nothing but fractions would hold them unboxed, and move them all when another comes. */
function resizedList<T>(list: (T | undefined)[], length: number): (T | undefined)[] {
  const larger = new Array<T | undefined>(length).fill(undefined)
  for (let at = 0; at < Math.min(length, list.length); at++) larger[at] = list[at]
  return larger
}
