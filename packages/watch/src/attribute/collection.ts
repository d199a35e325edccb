import { types } from 'node:util'
import { median } from '@plimsoll/core/trend'
import { firstOf, mapEntries, mapKeys, mapSize, setSize, setValues } from './built-in.ts'
import { weigh, type Weight } from './weigh.ts'

export type CollectionKind = 'map' | 'set' | 'array' | 'object' | 'listeners'

/** Entries weighed to know what one costs. */
const WEIGHED_ENTRIES = 7

/**
 * How many entries, and what the oldest is: its key, or the element itself. Collections keep insertion order, so one that
 * evicts, expires or is a queue has another oldest entry soon, and one that never lets go has the same for ever.
 */
export function measure(collection: object, kind: CollectionKind): { count: number; oldest: unknown } {
  if (kind === 'map') return { count: mapSize(collection), oldest: firstOf(mapKeys(collection), 1)[0] }
  if (kind === 'set') return { count: setSize(collection), oldest: firstOf(setValues(collection), 1)[0] }
  if (kind === 'object') {
    const keys = Object.keys(collection)
    return { count: keys.length, oldest: keys[0] }
  }
  const array = collection as unknown[]
  return { count: array.length, oldest: array[0] }
}

/** Roughly what one entry keeps; the middle of a few, without what they share. Null for an empty collection. */
export function weighEntry(collection: object, kind: CollectionKind): Weight | null {
  const seen = new Set<unknown>([collection])
  const weights = sampleEntries(collection, kind, WEIGHED_ENTRIES).map(([key, value]) => {
    const [ofKey, ofValue] = [weigh(key, seen), weigh(value, seen)]
    return {
      heapBytes: overhead[kind] + ofKey.heapBytes + ofValue.heapBytes,
      externalBytes: ofKey.externalBytes + ofValue.externalBytes,
    }
  })
  // The first also paid for what all share.
  const own = weights.length > 2 ? weights.slice(1) : weights
  if (own.length === 0) return null
  const middle = (values: number[]) => Math.round(median(values.sort((left, right) => left - right)))
  return {
    heapBytes: middle(own.map(({ heapBytes }) => heapBytes)),
    externalBytes: middle(own.map(({ externalBytes }) => externalBytes)),
  }
}

const overhead: Record<CollectionKind, number> = { map: 40, set: 28, array: 8, object: 24, listeners: 8 }

/** Some entries: the first ones, or the last where that is as cheap. */
export function sampleEntries(
  collection: object,
  kind: CollectionKind,
  count: number,
): [key: unknown, value: unknown][] {
  if (kind === 'map') return firstOf(mapEntries(collection), count)
  if (kind === 'set') return firstOf(setValues(collection), count).map((value) => [null, value])
  if (kind === 'object') {
    const keys = Object.keys(collection).slice(-count)
    return keys.map((key) => [key, Object.getOwnPropertyDescriptor(collection, key)?.value])
  }
  // Not `slice`: a subclass's own would be called, and its constructor.
  const { length } = collection as unknown[]
  const indexes = Array.from({ length: Math.min(count, length) }, (_, index) => length - 1 - index)
  return indexes.map((index) => [null, Object.getOwnPropertyDescriptor(collection, index)?.value])
}

/** Which kind of collection this is; null for what is none. A plain object counts as one: many are used as a map. */
export function kindOf(value: object): CollectionKind | null {
  if (types.isProxy(value)) return null
  if (types.isMap(value)) return 'map'
  if (types.isSet(value)) return 'set'
  if (Array.isArray(value)) return 'array'
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null ? 'object' : null
}
