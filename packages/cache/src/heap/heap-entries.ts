import { FIRST_TAIL_LENGTH, KeyHasher } from '../policy/hash-key.ts'
import type { Slots } from '../policy/policy.ts'
import { NONE, resized } from '../policy/slot-rings.ts'
import { KeyMap } from './key-map.ts'
import { KeyTable } from './key-table.ts'
import { MapTable } from '../store/map-table.ts'

/**
 * A longer key is found through a Map: V8 has read it once and remembers its hash, and to read it at each look-up would cost
 * more than the table saves.
 */
const LONGEST_HASHED = 32

/**
 * Of a short key the last characters are read, as most names differ there: reading one after the other is half of what a look-up
 * costs. A look-up that meets another key of the same hash loses about what it takes to name one key anew: once there were so many of
 * them for the keys that are here, more characters name all keys. Sooner would cost more than it saves.
 */
const FEWEST_STRANGERS = 64
const ENTRIES_PER_STRANGER = 8

export interface HeapEntriesOptions {
  isWeighing: boolean
  hashSeed: number
  onRename?: () => void
}

/**
 * Keeps entries as slots: one array a property, keys and values in one (a look-up reads both). No object an entry, so the
 * garbage collector has keys and values to visit and nothing else. Short strings and numbers are found through a table of
 * their hashes, all other keys through a Map. Knows to the byte what it costs: 20 a slot, 5 more where entries are weighed,
 * the table's 8 to 12, and the Map's if there is one.
 *
 * Private by type and not by `#`, as all that is on the path of a `set`: see docs/design/011.
 */
export class HeapEntries<K, V> implements Slots {
  /** By slot, the key and then the value. For a free slot, '' (so that keys of strings meet nothing else) and undefined. */
  private items: (K | V | '' | 0 | undefined)[] = []
  /** Of each key in a slot: what policies know it by, too. For a free slot, the next free slot. */
  keys: Int32Array = new Int32Array(0)
  /** Bytes charged to the entry, 0 for a free slot; null where only entries are counted. */
  weights: Uint32Array | null
  /** 1 where the weight is the caller's word and the index is not charged on top. */
  exact: Uint8Array = new Uint8Array(0)
  exactCount = 0
  count = 0
  /** The hash of the key that was looked for last, for {@link add}. */
  askedHash = 0
  private readonly table = new KeyTable()
  private map: KeyMap<K> | null = null
  /** Keys in the Map that found no room in the table. */
  private strayCount = 0
  private readonly hasher: KeyHasher
  /** How many slots there are. Set by `resize`. */
  capacity = 0
  /** The slot given back last, if any. */
  private free = NONE
  /** Slots at and above this were never used. */
  private used = 0
  /** Whether entries have moved since the table was filled. */
  private isTableStale = false

  private readonly onRename: () => void

  /** `onRename` is told when all keys have other names in {@link keys}. */
  constructor({ isWeighing, hashSeed, onRename = () => {} }: HeapEntriesOptions) {
    this.onRename = onRename
    this.weights = isWeighing ? new Uint32Array(0) : null
    this.hasher = new KeyHasher(hashSeed, FIRST_TAIL_LENGTH)
  }

  get hasFreeSlot(): boolean {
    return this.count < this.capacity
  }

  /** Whether no more than a quarter of the slots are in use, and there are enough of them to care. */
  get isSparse(): boolean {
    return this.count <= this.capacity >> 2 && this.capacity > 64 && !this.isMoving
  }

  get isMoving(): boolean {
    return this.map !== null && this.map.isMoving
  }

  get mapBytes(): number {
    return this.map === null ? 0 : KEY_MAP_BYTES + this.map.bytes
  }

  /** Whether keys met in the table that had to stand elsewhere, and so took room that nobody made. */
  get hasStrays(): boolean {
    return this.strayCount > 0
  }

  bytesAt(capacity: number): number {
    return (this.weights === null ? 20 : 20 + 4 + 1) * capacity + KeyTable.bytesAt(capacity)
  }

  /** Whether V8 makes a Map, or its table, anew for one more entry with this key. */
  growsMap(key: K): boolean {
    return !isHashed(key) && (this.map === null || this.map.table.isFull)
  }

  /** By how many bytes, then. */
  mapGrowth(key: K): number {
    if (isHashed(key)) return 0
    return this.map === null ? LEAST_MAP_BYTES : this.map.table.bytesAfterAdd - this.map.table.bytes
  }

  /** Whether a new Map of the same keys would do with the table that there is. */
  get isMapWorthRebuilding(): boolean {
    return this.map !== null && this.map.table.isWorthRebuilding
  }

  /** Slots above `capacity` must be free. */
  resize(capacity: number): void {
    this.items = resizedList(this.items, 2 * capacity)
    this.keys = resized(this.keys, capacity)
    if (this.weights !== null) {
      this.weights = resized(this.weights, capacity)
      this.exact = resized(this.exact, capacity)
    }
    this.capacity = capacity
    if (this.table.resize(capacity) || this.isTableStale) this.fillTable()
  }

  /** Below 0: nobody has that key. */
  slotOf(key: K): number {
    if (!isHashed(key)) return this.slotInMap(key)
    const hash = (this.askedHash = this.hasher.hash(key, 0))
    const slot = this.table.find(key, hash, this.items, this.keys)
    return slot < 0 && this.strayCount > 0 ? this.slotInMap(key) : slot
  }

  *usedSlots(): IterableIterator<number> {
    for (let slot = 0; slot < this.used; slot++) if (this.isUsed(slot)) yield slot
  }

  isUsed(slot: number): boolean {
    return this.items[2 * slot + 1] !== undefined
  }

  keyOf(slot: number): K {
    return this.items[2 * slot] as K
  }

  valueIn(slot: number): V {
    return this.items[2 * slot + 1] as V
  }

  setValue(slot: number, value: V): void {
    this.items[2 * slot + 1] = value
  }

  /** Bytes, or 1. */
  weightOf(slot: number): number {
    return this.weights === null ? 1 : this.weights[slot]!
  }

  isExact(slot: number): boolean {
    return this.exact[slot] === 1
  }

  /** `askedHash` is what it was when this key was looked for. */
  add(key: K, value: V, weight: number, isExact: boolean, askedHash: number): number {
    const slot = this.takeSlot()
    this.items[2 * slot + 1] = value
    // As in a Map, −0 is stored as 0.
    this.items[2 * slot] = key === 0 ? 0 : key
    if (isHashed(key)) {
      this.keys[slot] = askedHash
      if (!this.table.add(askedHash, slot)) this.addStray(key, slot)
    } else {
      this.keys[slot] = this.hasher.hash(key, slot)
      this.addToMap(key, slot)
    }
    this.count++
    if (this.weights !== null) this.weights[slot] = weight
    if (isExact) {
      this.exact[slot] = 1
      this.exactCount++
    }
    const { strangerCount } = this.table
    if (strangerCount > FEWEST_STRANGERS && strangerCount * ENTRIES_PER_STRANGER > this.count) this.nameAnew()
    return slot
  }

  remove(slot: number): void {
    this.unlink(slot)
    this.count--
    this.items[2 * slot] = ''
    this.items[2 * slot + 1] = undefined
    this.keys[slot] = this.free
    if (this.weights !== null) this.weights[slot] = 0
    if (this.exactCount > 0) {
      this.exactCount -= this.exact[slot]!
      this.exact[slot] = 0
    }
    this.free = slot
  }

  /**
   * Moves entries down until the first `count` slots are in use and no other, telling of each move.
   * Costs O(slots); `resize` has to be called next, and may take the slots above `count` away.
   */
  compact(onMove: (from: number, to: number) => void): void {
    const items = this.items
    let from = this.count
    for (let to = 0; to < this.count; to++) {
      if (this.isUsed(to)) continue
      // As many stand above as have room below: nobody is looked for in vain, among a million that have just left.
      while (!this.isUsed(from)) from++
      if (this.isInMap(from)) this.map!.relocate(this.keyOf(from), to)
      items[2 * to] = items[2 * from]
      items[2 * to + 1] = items[2 * from + 1]
      items[2 * from] = ''
      items[2 * from + 1] = undefined
      this.keys[to] = this.keys[from]!
      if (this.weights !== null) {
        this.weights[to] = this.weights[from]!
        this.weights[from] = 0
        this.exact[to] = this.exact[from]!
        this.exact[from] = 0
      }
      onMove(from, to)
    }
    this.free = NONE
    this.used = this.count
    this.isTableStale = true
  }

  rebuildMap(): void {
    this.map!.rebuild()
  }

  /** To be called when most entries are about to leave: see {@link KeyMap}. */
  startMoving(): void {
    if (this.map !== null && this.map.count >= FEWEST_TO_MOVE) this.map.startMoving()
  }

  /** Answers whether nobody has to move any more. */
  move(most: number): boolean {
    return this.map === null || this.map.move(most)
  }

  clear(): void {
    this.map = null
    this.strayCount = 0
    this.count = 0
    this.exactCount = 0
    this.free = NONE
    this.used = 0
    this.table.clear()
    this.resize(0)
  }

  private slotInMap(key: K): number {
    return this.map === null ? NONE : this.map.find(key)
  }

  private isInMap(slot: number): boolean {
    if (this.map === null) return false
    const key = this.keyOf(slot)
    return !isHashed(key) || (this.strayCount > 0 && this.map.find(key) === slot)
  }

  private addToMap(key: K, slot: number): void {
    this.map ??= new KeyMap((key, slot) => this.isUsed(slot) && Object.is(this.items[2 * slot], key))
    this.map.add(key, slot)
  }

  private addStray(key: K, slot: number): void {
    this.strayCount++
    this.addToMap(key, slot)
  }

  private unlink(slot: number): void {
    if (!this.isInMap(slot)) return this.table.remove(this.keys[slot]!, slot)
    const key = this.keyOf(slot)
    if (isHashed(key)) this.strayCount--
    this.map!.remove(key, this.exact[slot] === 1 ? 0 : Math.min(this.weightOf(slot), mostBytesOf(key)))
  }

  /** Too many keys of one hash: their names must tell more. Who has left and comes back is a stranger then, once. */
  private nameAnew(): void {
    this.table.strangerCount = 0
    if (!this.hasher.readMore()) return
    for (let slot = 0; slot < this.used; slot++) {
      if (this.isUsed(slot) && isHashed(this.keyOf(slot))) this.keys[slot] = this.hasher.hash(this.keyOf(slot), slot)
    }
    this.fillTable()
    this.onRename()
  }

  private fillTable(): void {
    this.table.clear()
    this.isTableStale = false
    for (let slot = 0; slot < this.used; slot++) {
      if (!this.isUsed(slot) || this.isInMap(slot)) continue
      if (!this.table.add(this.keys[slot]!, slot)) this.addStray(this.keyOf(slot), slot)
    }
  }

  private takeSlot(): number {
    if (this.free === NONE) return this.used++
    const slot = this.free
    this.free = this.keys[slot]!
    return slot
  }
}

/** From so many keys in a Map that leave together on, taking each out of it is worth avoiding. */
const FEWEST_TO_MOVE = 16_384

/** The Map's objects, measured on Node.js 20, and what they weigh with the smallest table. */
const KEY_MAP_BYTES = 512
export const LEAST_MAP_BYTES = KEY_MAP_BYTES + MapTable.leastBytes

function isHashed(key: unknown): boolean {
  return typeof key === 'string' ? key.length <= LONGEST_HASHED : typeof key === 'number' && key === key
}

/** Of a key, without reading it. */
function mostBytesOf(key: unknown): number {
  if (typeof key === 'string') return 24 + 2 * key.length
  return typeof key === 'number' ? 16 : Infinity
}

/** Filled, so that V8 keeps any value by reference: a list of nothing but fractions would hold them unboxed, and move them all when another comes. */
function resizedList<T>(list: (T | undefined)[], length: number): (T | undefined)[] {
  if (length <= list.length) return list.slice(0, length)
  return list.concat(new Array<T | undefined>(length - list.length).fill(undefined))
}
