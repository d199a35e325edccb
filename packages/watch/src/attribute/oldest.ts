import { types } from 'node:util'
import { firstOf, mapEntries, mapHas, setHas, setValues } from './built-in.ts'
import type { CollectionKind } from './collection.ts'

/** So many of the oldest entries are looked at. One that stays proves nothing; that all of these stay does. */
const MAX_REMEMBERED = 16
/** Longer keys are not copied; an entry with one is not followed. */
const MAX_KEY_LENGTH = 300

/** Objects weakly; strings as copies of their own, since a slice of a string keeps the whole of it. */
type Remembered = { index: number } & ({ weak: WeakRef<object> } | { value: unknown })

/**
 * Knows the oldest entries of a collection, weakly, and whether they are still in it. Collections keep insertion order, so one
 * that evicts, expires or is a queue loses its oldest entries, and one that never lets go has the same for ever, also when
 * others come and go beside them.
 */
export class Oldest {
  #remembered: Remembered[] = []
  #lengthThen = 0

  /** Answers whether any of the entries that were the oldest at the last look has left, and looks anew if so. */
  hasLost(collection: object, kind: CollectionKind): boolean {
    const length = Array.isArray(collection) ? collection.length : 0
    // A list whose newest come first has all of them further back by as many as it grew.
    const hasLost =
      !this.#areIn(collection, kind, 0) &&
      (length <= this.#lengthThen || !this.#areIn(collection, kind, length - this.#lengthThen))
    if (hasLost) this.#remembered = []
    if (this.#remembered.length < MAX_REMEMBERED) {
      this.#remembered = oldestOf(collection, kind).flatMap(remember)
      this.#lengthThen = length
    }
    return hasLost
  }

  #areIn(collection: object, kind: CollectionKind, movedBy: number): boolean {
    return this.#remembered.every((entry) => isIn(collection, kind, entry, movedBy))
  }

  /** What is in now counts as the oldest, without a word on what was. */
  restart(): void {
    this.#remembered = []
  }
}

/** Keys of maps and objects, elements of the others; the oldest first. */
export function oldestOf(collection: object, kind: CollectionKind): unknown[] {
  if (kind === 'map') return firstOf(mapEntries(collection), MAX_REMEMBERED).map(([key]) => key)
  if (kind === 'set') return firstOf(setValues(collection), MAX_REMEMBERED)
  if (kind === 'object') {
    // Keys that look like numbers come in their own order, so the first is not the oldest; it must stay all the same.
    const keys: string[] = []
    for (const key in collection) {
      if (keys.length >= MAX_REMEMBERED) break
      if (Object.hasOwn(collection, key)) keys.push(key)
    }
    return keys
  }
  const array = collection as unknown[]
  return Array.from(
    { length: Math.min(MAX_REMEMBERED, array.length) },
    (_, index) => Object.getOwnPropertyDescriptor(array, index)?.value as unknown,
  )
}

function isIn(collection: object, kind: CollectionKind, entry: Remembered, movedBy: number): boolean {
  const value = 'weak' in entry ? entry.weak.deref() : entry.value
  if ('weak' in entry && value === undefined) return false
  if (kind === 'map') return mapHas(collection, value)
  if (kind === 'set') return setHas(collection, value)
  if (kind === 'object') return Object.hasOwn(collection, value as string)
  return Object.is(Object.getOwnPropertyDescriptor(collection, entry.index + movedBy)?.value, value)
}

function remember(value: unknown, index: number): Remembered[] {
  if (typeof value === 'string') return value.length > MAX_KEY_LENGTH ? [] : [{ index, value: copy(value) }]
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  if (types.isProxy(value)) return []
  return isObject ? [{ index, weak: new WeakRef(value as object) }] : [{ index, value }]
}

/** The same characters in memory of their own. */
function copy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
