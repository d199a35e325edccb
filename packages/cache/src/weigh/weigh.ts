import { UnweighableValueError } from '../errors.ts'
import { tableBytes, tableCapacity } from '../store/map-table.ts'
import { kindOf } from './kind.ts'
import { detachedCopy, detachInPlace, stringBytes } from './string.ts'

/**
 * Weighs what a value keeps alive, from the layouts that V8 gives its objects on 64-bit machines without pointer
 * compression (Node.js): every tagged word is 8 bytes, every object is a multiple of 8.
 *
 *   small integer, true, null …   0 beyond the word that holds it        number with a fraction   16
 *   string                        16 + 1 or 2 a character                bigint                   16 + 8 a 64-bit digit
 *   object, up to 19 properties   24 + 8 each, with the spare room that an object grown from {} has
 *   object, 20 and more           a hash table as it may have: 24 for each of the next power of two above 1.5 × count
 *   array                         48 + 8 an item                         Map, Set                 32 + its table
 *   bytes                         two objects and the whole underlying buffer
 *
 * Where the layout cannot be seen from JavaScript the heavier of the likely ones is charged. Some values keep more alive
 * than they show; these are *settled* first, which nobody can see from outside: a string that is a slice of a larger one or
 * a rope is given characters of its own, an array gives back the room that `push` reserved for more, an error writes its
 * stack down and lets the frames go. A view of less than half of its buffer is copied out of it.
 *
 * An object reachable twice in one value is charged once; the same object in two entries is charged in both.
 */
export class Weigher {
  /** The value to keep: the one that was weighed, or an equal one that keeps less alive. */
  settled: unknown = undefined
  #bytes = 0
  #pending: object[] = []
  #seen: object[] = []
  #seenMany: Set<object> | null = null

  /**
   * Bytes of a value, and afterwards what to keep in its place in `settled`. Stops early above `limitBytes`: it is too heavy
   * then, no matter how much.
   * @throws {@link UnweighableValueError} for a function, a host object, a class with private state
   */
  weigh(value: unknown, limitBytes = Infinity): number {
    this.#bytes = 0
    this.settled = this.#settle(value)
    this.#add(this.settled)
    try {
      while (this.#pending.length > 0 && this.#bytes <= limitBytes) this.#open(this.#pending.pop()!)
    } finally {
      this.#pending.length = 0
      this.#seen.length = 0
      this.#seenMany = null
    }
    // A small integer weighs nothing beyond its slot, and the index is charged by itself; but an entry is never free.
    return Math.max(8, this.#bytes)
  }

  /** For what may be exchanged by whoever holds it: strings and views. */
  #settle(value: unknown): unknown {
    if (typeof value === 'string') return detachedCopy(value)
    if (ArrayBuffer.isView(value)) return ownedView(value)
    return value
  }

  #add(value: unknown): void {
    switch (typeof value) {
      case 'string':
        this.#bytes += stringBytes(value)
        return
      case 'number':
        if ((value | 0) !== value || Object.is(value, -0)) this.#bytes += 16
        return
      case 'bigint':
        this.#bytes += bigintBytes(value)
        return
      case 'symbol':
        this.#bytes += 40 + stringBytes(value.description ?? '')
        return
      case 'function':
        throw new UnweighableValueError(value.name ? `the function ${value.name}` : 'a function')
      case 'object':
        if (value !== null && this.#isNew(value)) this.#pending.push(value)
    }
  }

  /** A handful is found faster by looking through it than by hashing. */
  #isNew(object: object): boolean {
    if (this.#seenMany) {
      const before = this.#seenMany.size
      return this.#seenMany.add(object).size > before
    }
    if (this.#seen.includes(object)) return false
    this.#seen.push(object)
    if (this.#seen.length > 16) this.#seenMany = new Set(this.#seen)
    return true
  }

  #open(object: object): void {
    const kind = kindOf(Object.getPrototypeOf(object) as object | null)
    if (typeof kind !== 'string') throw new UnweighableValueError(kind.refused)
    switch (kind) {
      case 'object':
        return this.#openProperties(object, OBJECT_BYTES)
      case 'array':
        return this.#openArray(object as unknown[])
      case 'map':
        return this.#openMap(object as Map<unknown, unknown>)
      case 'set':
        return this.#openSet(object as Set<unknown>)
      case 'error':
        // Reading the stack writes it down.
        this.#add((object as Error).stack)
        return this.#openProperties(object, ERROR_BYTES)
      case 'date':
        return this.#openProperties(object, DATE_BYTES)
      case 'regexp':
        this.#add((object as RegExp).source)
        return this.#openProperties(object, REGEXP_BYTES)
      case 'boxed':
        this.#add((object as { valueOf(): unknown }).valueOf())
        return this.#openProperties(object, 32)
      case 'buffer':
        this.#bytes += bufferBytes(object as ArrayBufferLike)
        return
      case 'view':
        this.#bytes += VIEW_BYTES
        this.#add((object as ArrayBufferView).buffer)
    }
  }

  #openProperties(object: object, headBytes: number): void {
    const names = Reflect.ownKeys(object)
    this.#bytes += headBytes
    let namedCount = names.length
    if (names.length > 0 && isIndex(names[0]!)) {
      const indexCount = names.findLastIndex(isIndex) + 1
      namedCount -= indexCount
      this.#bytes += indexedBytes(indexCount, Number(names[indexCount - 1]))
    }
    this.#bytes += propertyBytes(namedCount, Object.getPrototypeOf(object) === null)
    const isTable = namedCount >= FEWEST_IN_TABLE
    for (const name of names) {
      // Names of records are shared by all of them; a table's own are likely nobody else's.
      if (isTable && typeof name === 'string' && !isIndex(name)) this.#bytes += stringBytes(name)
      const value = (object as Record<PropertyKey, unknown>)[name]
      this.#addHeld(value, (settled) => Reflect.set(object, name, settled))
    }
  }

  #openArray(array: unknown[]): void {
    const { length } = array
    this.#bytes += 48 + 8 * (settleLength(array) ? length : pushedCapacity(length))
    // What a regular expression's match carries along.
    if (Object.hasOwn(array, 'input')) this.#addHeld((array as RegExpMatchArray).input, () => false)
    let areFractions = length > 0
    for (let at = 0; at < length; at++) if (typeof array[at] !== 'number') areFractions = false
    // An array of nothing but numbers holds them unboxed.
    if (areFractions) return
    for (let at = 0; at < length; at++) this.#addHeld(array[at], (settled) => Reflect.set(array, at, settled))
  }

  #openMap(map: Map<unknown, unknown>): void {
    this.#bytes += tableBytes(tableCapacity(map.size))
    this.#openProperties(map, 32)
    for (const [key, value] of map) {
      this.#addHeld(key, () => false)
      this.#addHeld(value, (settled) => map.set(key, settled))
    }
  }

  #openSet(set: Set<unknown>): void {
    this.#bytes += tableBytes(tableCapacity(set.size), 2)
    this.#openProperties(set, 32)
    for (const item of set) this.#addHeld(item, () => false)
  }

  /** Adds what stands inside another object; it is exchanged there only when it cannot be settled in place. */
  #addHeld(value: unknown, exchange: (settled: unknown) => unknown): void {
    if (typeof value === 'string') {
      if (!detachInPlace(value)) exchange(detachedCopy(value))
    } else if (typeof value === 'object' && ArrayBuffer.isView(value)) {
      const owned = ownedView(value)
      return this.#add(owned !== value && exchange(owned) ? owned : value)
    }
    this.#add(value)
  }
}

/** Head and hidden words of objects, measured on Node.js 20. */
const OBJECT_BYTES = 24
const DATE_BYTES = 96 + 16
const REGEXP_BYTES = 64 + 1024
const ERROR_BYTES = 24 + 64
const VIEW_BYTES = 104
const BUFFER_BYTES = 96

const FEWEST_IN_TABLE = 20

function propertyBytes(count: number, isTableFromStart: boolean): number {
  if (count >= FEWEST_IN_TABLE || (isTableFromStart && count > 0)) {
    let capacity = count > 4 ? 16 : 8
    while (count + (count >> 1) > capacity) capacity *= 2
    return 64 + 24 * capacity
  }
  // An object grown from {} has four words inside; what comes later gets an array that grows by three.
  return count <= 4 ? 32 : 32 + 16 + 24 * Math.ceil((count - 4) / 3)
}

/** Items under whole numbers: an array up to the largest, or a table when they stand far apart. */
function indexedBytes(count: number, largest: number): number {
  const asArray = 16 + 8 * pushedCapacity(largest + 1)
  return largest < 5000 ? asArray : Math.min(asArray, 64 + 72 * count)
}

/** The room that an array has after so many pushes: V8 grows it by half and 16. */
function pushedCapacity(length: number): number {
  let capacity = 0
  while (capacity < length) capacity += 1 + ((capacity + 1) >> 1) + 16
  return capacity
}

/** Longest array whose room is given back: this moves its items twice. */
const LONGEST_SETTLED = 10_000

/** Gives back the room that pushes reserved: V8 trims an array whose length is set below half of its room. */
function settleLength(array: unknown[]): boolean {
  const { length } = array
  if (length > LONGEST_SETTLED || !Object.isExtensible(array)) return false
  array.length = 2 * length + 17
  array.length = length
  return true
}

function bigintBytes(value: bigint): number {
  const magnitude = value < 0n ? -value : value
  return 16 + 8 * (magnitude < 2n ** 64n ? 1 : Math.ceil(magnitude.toString(16).length / 16))
}

function bufferBytes(buffer: ArrayBufferLike): number {
  const { maxByteLength } = buffer as ArrayBuffer & { maxByteLength?: number }
  return BUFFER_BYTES + ((Math.max(buffer.byteLength, maxByteLength ?? 0) + 7) & ~7)
}

/** A copy of a view that shows less than half of a buffer, as it would keep all of it alive; else the view. */
function ownedView(view: ArrayBufferView): ArrayBufferView {
  if (view.byteLength * 2 >= view.buffer.byteLength || !(view.buffer instanceof ArrayBuffer)) return view
  if (view instanceof DataView)
    return new DataView(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength))
  return typedArraySlice.call(view as Uint8Array)
}

/** The slice that copies: Buffer has another of that name that does not. */
const typedArraySlice = (Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array).slice

function isIndex(name: string | symbol): boolean {
  return typeof name === 'string' && /^(?:0|[1-9]\d{0,9})$/.test(name)
}
