import { UnweighableValueError } from '../errors.ts'
import { tableBytes, tableCapacity } from '../store/map-table.ts'
import { errorTableRoom, isFreshCopy, isOwnedError, ownedError, readStack } from './error.ts'
import { kindOf } from './kind.ts'
import { heirName, isKnownShape, learnShape } from './shape.ts'
import { detachedCopy, detachInPlace, isWideString, SHORTEST_REFERENCE, stringBytes } from './string.ts'

/**
 * Weighs what a value keeps alive, from the layouts that V8 gives its objects on 64-bit machines without pointer
 * compression (Node.js): every tagged word is 8 bytes, every object is a multiple of 8.
 *
 *   small integer, true, null …   0 beyond the word that holds it        number with a fraction   16
 *   string                        16 + 1 or 2 a character                bigint                   16 + 8 a 64-bit digit
 *   object, up to 19 properties   24 + 8 each, with the spare room that an object grown from {} has
 *   object, 20 and more           a hash table as it may have: 24 for each of the next power of two above 1.5 × count
 *   object with names of its own  24 + 80 + 118 each and the names: V8 describes them for this object alone
 *   object that inherits data     500 more, and what it inherits
 *   array                         48 + 8 an item, fractions + 16         Map, Set                 32 + its table
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
  // Lists with a count beside them: to set the length of an array is a call into V8, as dear as weighing a small object.
  readonly #pending: (object | null)[] = []
  #pendingCount = 0
  readonly #seen = new Array<object | null>(MOST_SEEN_IN_LIST).fill(null)
  #seenCount = 0
  #seenMany: Set<object> | null = null
  /** Of the entry that is weighed. */
  #key: unknown = undefined
  #weighing = 0

  /**
   * Bytes of a value in the entry under `key`, and afterwards what to keep in its place in `settled`. Stops early above `limitBytes`:
   * it is too heavy then, no matter how much.
   * @throws {@link UnweighableValueError} for a function, a host object, a class with private state
   */
  weigh(value: unknown, limitBytes = Infinity, key?: unknown): number {
    this.settled = this.#settle(value)
    return this.#weighAll(this.settled, limitBytes, key)
  }

  /** Bytes of what cannot be exchanged, such as a key that others know. @throws as `weigh` */
  weighFixed(value: unknown, limitBytes = Infinity): number {
    return this.#weighAll(value, limitBytes, value)
  }

  #weighAll(value: unknown, limitBytes: number, key: unknown): number {
    this.#bytes = 0
    this.#key = key
    this.#weighing = weighingCount = (weighingCount + 1) | 0
    try {
      this.#add(value)
      while (this.#pendingCount > 0 && this.#bytes <= limitBytes) this.#open(this.#takePending())
    } finally {
      this.#forget()
    }
    // A small integer weighs nothing beyond its slot, and the index is charged by itself; but an entry is never free.
    return Math.max(8, this.#bytes)
  }

  /** Something that is held from outside only by the cache: what is not its own is exchanged for an equal copy. */
  #settle(value: unknown): unknown {
    if (typeof value === 'string') return detachedCopy(value)
    return typeof value === 'object' && value !== null ? owned(value) : value
  }

  /** Adds what a property or an item of the holder is, putting an equal copy there when it keeps more alive than it shows. */
  #addHeld(value: unknown, holder: object, name: PropertyKey): void {
    if (typeof value === 'string') {
      const isWide = isWideString(value)
      this.#bytes += stringBytes(value, isWide)
      if (value.length < SHORTEST_REFERENCE) return
      if (!exchange(holder, name, detachedCopy(value, isWide))) detachInPlace(value)
    } else if (typeof value !== 'object') {
      if (typeof value !== 'boolean') this.#add(value)
    } else if (value !== null) {
      const own = owned(value)
      const held = own === value || exchange(holder, name, own) ? own : value
      if (this.#isNew(held)) this.#pending[this.#pendingCount++] = held
    }
  }

  /** Adds what stands where nothing can be exchanged. */
  #addFixed(value: unknown): void {
    if (typeof value === 'string') detachInPlace(value)
    this.#add(value)
  }

  #add(value: unknown): void {
    switch (typeof value) {
      case 'string':
        this.#bytes += stringBytes(value)
        return
      case 'number':
        this.#bytes += numberBytes(value)
        return
      case 'bigint':
        this.#bytes += bigintBytes(value)
        return
      case 'symbol':
        this.#bytes += SYMBOL_BYTES + stringBytes(value.description ?? '')
        return
      case 'function':
        throw new UnweighableValueError(value.name ? `the function ${value.name}` : 'a function')
      case 'object':
        if (value !== null && this.#isNew(value)) this.#pending[this.#pendingCount++] = value
    }
  }

  #isNew(object: object): boolean {
    if (this.#seenMany) {
      const before = this.#seenMany.size
      return this.#seenMany.add(object).size > before
    }
    for (let at = 0; at < this.#seenCount; at++) if (this.#seen[at] === object) return false
    if (this.#seenCount < MOST_SEEN_IN_LIST) this.#seen[this.#seenCount++] = object
    else this.#seenMany = new Set([...(this.#seen as object[]), object])
    return true
  }

  #takePending(): object {
    const object = this.#pending[--this.#pendingCount]!
    this.#pending[this.#pendingCount] = null
    return object
  }

  /** Nothing of what was weighed is held any longer. */
  #forget(): void {
    while (this.#pendingCount > 0) this.#takePending()
    while (this.#seenCount > 0) this.#seen[--this.#seenCount] = null
    this.#seenMany = null
    this.#key = undefined
    if (this.#pending.length > MOST_PENDING_KEPT) this.#pending.length = 0
  }

  #open(object: object): void {
    const prototype = Object.getPrototypeOf(object) as object | null
    const kind = kindOf(prototype)
    if (typeof kind !== 'string') throw new UnweighableValueError(kind.refused)
    switch (kind) {
      case 'object':
        return this.#openObject(object as Record<string, unknown>, prototype)
      case 'heir':
        if (!isEmptyRoot(prototype!)) this.#add(prototype)
        return this.#openObject(object as Record<string, unknown>, prototype, true)
      case 'array':
        return this.#openArray(object as unknown[])
      case 'map':
        return this.#openMap(object as Map<unknown, unknown>)
      case 'set':
        return this.#openSet(object as Set<unknown>)
      case 'parser error':
        if (!isOwnedError(object)) throw new UnweighableValueError('a SyntaxError where no copy can take its place')
        return this.#openError(object as Error)
      case 'error':
        return this.#openError(object as Error)
      case 'date':
        this.#bytes += DATE_BYTES
        return this.#openMore(object)
      case 'regexp':
        this.#bytes += REGEXP_BYTES + stringBytes((object as RegExp).source)
        return this.#openMore(object)
      case 'boxed':
        this.#bytes += BOXED_BYTES
        this.#add((object as { valueOf(): unknown }).valueOf())
        return this.#openMore(object, besidesItems(object))
      case 'buffer':
        this.#bytes += bufferBytes(object as ArrayBufferLike)
        return
      case 'view':
        this.#bytes += VIEW_BYTES
        this.#add((object as ArrayBufferView).buffer)
    }
  }

  #openObject(object: Record<string, unknown>, prototype: object | null, isHeir = false): void {
    // What plain data names by symbols is rare, and asking every object for it costs as much as all the rest.
    let names: (string | symbol)[] =
      prototype === Object.prototype ? Object.getOwnPropertyNames(object) : Reflect.ownKeys(object)
    const indexCount = names.length > 0 && isIndex(names[0]!) ? names.findLastIndex(isIndex) + 1 : 0
    if (indexCount > 0) this.#bytes += indexedBytes(indexCount, Number(names[indexCount - 1]))
    let named = indexCount === 0 ? names : names.slice(indexCount)
    let shape = isHeir ? [heirName(prototype!), ...named] : named
    let isKnown = shape.length > 0 && isKnownShape(shape)
    if (!isKnown) {
      const symbols = prototype === Object.prototype ? Object.getOwnPropertySymbols(object) : []
      if (symbols.length > 0) {
        names = [...names, ...symbols]
        shape = named = names.slice(indexCount)
        isKnown = isKnownShape(shape)
      }
      refuseAccessors(object, named)
    }
    const namedCount = named.length
    const isTable = prototype === null || namedCount >= FEWEST_IN_TABLE
    const isAlone = !isKnown && prototype !== null && this.#isAlone(shape)
    if (isHeir && isAlone) this.#bytes += HEIR_BYTES
    const layoutBytes = isTable ? nameTableBytes(namedCount) : fieldBytes(namedCount)
    this.#bytes +=
      OBJECT_BYTES +
      (isAlone ? Math.max(layoutBytes, fieldBytes(namedCount) + describingBytes(namedCount)) : layoutBytes)
    // All at once where nothing is hidden: one by one, by names that differ from object to object, V8 searches for each.
    const values = Object.values(object)
    const isAll = values.length === names.length
    for (let at = 0; at < names.length; at++) {
      const name = names[at] as string
      const value = isAll ? values[at] : object[name]
      if (typeof value === 'number') this.#bytes += numberBytes(value)
      else this.#addHeld(value, object, name)
      // Names of records are shared by all of them; those of a table are likely nobody else's.
      if ((isTable || isAlone) && at >= indexCount) this.#add(name)
    }
  }

  /** Whether V8 describes a shape that is not known for this object alone. */
  #isAlone(shape: readonly PropertyKey[]): boolean {
    return shape.length > 0 && !learnShape(shape, this.#key, this.#weighing)
  }

  /** What was added to an object of the language: most often nothing. */
  #openMore(object: object, names: readonly PropertyKey[] = Reflect.ownKeys(object)): void {
    if (names.length === 0) return
    refuseAccessors(object, names)
    this.#bytes += 16 + 24 * Math.ceil(names.length / 3)
    const isAlone = !isKnownShape(names) && this.#isAlone(names)
    if (isAlone) this.#bytes += describingBytes(names.length)
    for (const name of names) {
      if (isAlone) this.#add(name)
      this.#addHeld((object as Record<PropertyKey, unknown>)[name], object, name)
    }
  }

  #openError(error: Error): void {
    const stack = readStack(error)
    const names = Reflect.ownKeys(error)
    const indexCount = names.findLastIndex(isIndex) + 1
    if (indexCount > 0) this.#bytes += indexedBytes(indexCount, Number(names[indexCount - 1]))
    const named = indexCount === 0 ? names : names.slice(indexCount)
    const namedCount = named.length
    const isAlone = !isKnownShape(named) && this.#isAlone(named)
    const tableBytes = isFreshCopy(error, namedCount) ? 0 : nameTableBytes(errorTableRoom(error, namedCount), 4)
    const layoutBytes = Math.max(tableBytes, errorFieldBytes(names))
    this.#bytes += ERROR_BYTES + layoutBytes + (isAlone ? describingBytes(namedCount) : 0)
    for (const name of names) {
      if (isAlone || namedCount > FEWEST_IN_TABLE) this.#add(name)
      const { value, get } = Object.getOwnPropertyDescriptor(error, name)!
      if (name === 'stack') this.#addHeld(stack, error, name)
      // From Node.js 24 on a message is held under a hidden name too: were it exchanged, the old one would stay.
      else if (name === 'message') this.#addFixed(value)
      else if (get) throw new UnweighableValueError(`the getter ${String(name)}`)
      else this.#addHeld(value, error, name)
    }
  }

  #openArray(array: unknown[]): void {
    const { length } = array
    this.#bytes += ARRAY_BYTES + 8 * (settleLength(array) ? length : pushedCapacity(length))
    // What a regular expression's match carries along, the text that it was found in among it.
    if (Object.hasOwn(array, 'input')) {
      this.#bytes += 64
      this.#addFixed((array as RegExpMatchArray).input)
      this.#addFixed((array as RegExpMatchArray).groups)
    }
    // To ask each list for what was added to it costs as much as all the rest; classes of lists are made to have more.
    if (Object.getPrototypeOf(array) !== Array.prototype) this.#openMore(array, besidesItems(array))
    const first = array.at(0)
    if (typeof first === 'number') {
      const numberBytes = (first | 0) === first ? integersBytes(array) : fractionsBytes(array)
      if (numberBytes >= 0) {
        this.#bytes += numberBytes
        return
      }
    }
    let at = 0
    for (const item of array) this.#addHeld(item, array, at++)
  }

  #openMap(map: Map<unknown, unknown>): void {
    this.#bytes += COLLECTION_BYTES + tableBytes(tableCapacity(map.size))
    this.#openMore(map)
    for (const [key, value] of map) {
      this.#addFixed(key)
      const settled = this.#settle(value)
      if (settled !== value || typeof settled === 'string') map.set(key, settled)
      this.#add(settled)
    }
  }

  #openSet(set: Set<unknown>): void {
    this.#bytes += COLLECTION_BYTES + tableBytes(tableCapacity(set.size), 2)
    this.#openMore(set)
    for (const item of set) this.#addFixed(item)
  }
}

/** Of all weighers: entries of two caches may have one key. */
let weighingCount = 0

/** So many are found faster by looking through them than by hashing: V8 gives each object that enters a Set a hash, by a call. */
const MOST_SEEN_IN_LIST = 64

/** Room for objects that wait to be opened which is kept from value to value. */
const MOST_PENDING_KEPT = 64

/** The object itself, or an equal one that keeps less alive. */
function owned(object: object): object {
  if (ArrayBuffer.isView(object)) return ownedView(object)
  return Object.getPrototypeOf(object) === SyntaxError.prototype ? ownedError(object as SyntaxError) : object
}

/** What a class hides from enumeration, as clients of databases do with how they parsed, mostly belongs to all of its lists. */
function besidesItems(list: object): string[] {
  return Object.keys(list).filter((name) => !isIndex(name))
}

/** A prototype that hands nothing down: classes without methods have one, and all that it costs is its maps. */
function isEmptyRoot(prototype: object): boolean {
  const above = Object.getPrototypeOf(prototype) as object | null
  return (above === null || above === Object.prototype) && Reflect.ownKeys(prototype).length === 0
}

/** What a getter closes over nobody can see, as with any function. */
function refuseAccessors(object: object, names: readonly PropertyKey[]): void {
  for (const name of names) {
    // A Proxy may name what it does not have.
    const { get, set } = Object.getOwnPropertyDescriptor(object, name) ?? {}
    if (get ?? set) throw new UnweighableValueError(`the ${get ? 'getter' : 'setter'} ${String(name)}`)
  }
}

/** Puts an equal copy in a value's place; not in an object that is frozen. */
function exchange(holder: object, name: PropertyKey, copy: unknown): boolean {
  try {
    ;(holder as Record<PropertyKey, unknown>)[name] = copy
    return true
  } catch {
    return false
  }
}

/** Head and hidden words of objects, measured on Node.js 20. */
const OBJECT_BYTES = 24
/** Maps that V8 makes for a prototype, and for the only object that has it. */
const HEIR_BYTES = 500
const ARRAY_BYTES = 32 + 16
const COLLECTION_BYTES = 32
/** With the parts of the date that V8 keeps at hand, and its number in a box of its own. */
const DATE_BYTES = 96 + 16
/** With the stack and the message. */
const ERROR_BYTES = 24 + 24
const BOXED_BYTES = 32
const SYMBOL_BYTES = 32
const VIEW_BYTES = 104
const BUFFER_BYTES = 88
/** The object, its data, and the code that V8 compiles for it, after a few uses to machine code. */
const REGEXP_BYTES = 192 + 2048

/** From so many properties on an object that was grown by computed names is a hash table, an instance of a class, too. */
const FEWEST_IN_TABLE = 20

/** Properties as fields. An object grown from {} has room for four inside; what comes later gets an array that grows by three. */
function fieldBytes(count: number): number {
  return count <= 4 ? 32 : 32 + 16 + 24 * Math.ceil((count - 4) / 3)
}

/** One array for what is added to an error, or for where in the source V8 itself threw it. */
function errorFieldBytes(names: readonly PropertyKey[]): number {
  const moreCount = names.filter((name) => name !== 'stack' && name !== 'message').length
  return 16 + 24 * Math.max(1, Math.ceil(moreCount / 3))
}

/** What V8 keeps for names that no other object has: a map for each, and what stands in it. Measured on Node.js 20, 22 and 24. */
function describingBytes(nameCount: number): number {
  return 80 + 110 * nameCount
}

/** Properties as a hash table: three words each, at most two thirds full. */
function nameTableBytes(count: number, leastCapacity = count > 4 ? 16 : count > 2 ? 8 : 4): number {
  let capacity = leastCapacity
  while (count + (count >> 1) > capacity) capacity *= 2
  return 64 + 24 * capacity
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

// What the items of an array of numbers weigh; −1 where one is something else. Arrays are iterated, because code that reads items of
// all kinds by their index makes V8 turn a list of fractions into a general one, with a box for each. It may be one already, so a
// fraction is charged its box. Two of the same: V8 iterates without a call and an object for each item only where it has always met
// one kind of list.

/** Of an array that begins with a small integer. */
function integersBytes(array: readonly unknown[]): number {
  let bytes = 0
  for (const item of array) {
    if (typeof item !== 'number') return -1
    bytes += numberBytes(item)
  }
  return bytes
}

function fractionsBytes(array: readonly unknown[]): number {
  let bytes = 0
  for (const item of array) {
    if (typeof item !== 'number') return -1
    bytes += numberBytes(item)
  }
  return bytes
}

/** A small integer stands in the word that holds it. */
function numberBytes(value: number): number {
  return (value | 0) !== value || (value === 0 && 1 / value < 0) ? 16 : 0
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
  // A digit comes before every letter: most names are told apart by their first character.
  return typeof name === 'string' && name.charCodeAt(0) <= 57 && /^(?:0|[1-9]\d{0,9})$/.test(name)
}
