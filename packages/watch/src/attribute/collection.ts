import { types } from 'node:util'
import { median } from '@plimsoll/core/trend'
import { firstOf, mapEntries, mapSize, setSize, setValues } from './built-in.ts'
import { oldestOf } from './oldest.ts'
import { weigh, type Weight } from './weigh.ts'

export type CollectionKind = 'map' | 'set' | 'array' | 'object' | 'listeners'

/** Entries weighed to know what one costs. */
const WEIGHED_ENTRIES = 7

/** How many entries. */
export function countOf(collection: object, kind: CollectionKind): number {
  if (kind === 'map') return mapSize(collection)
  if (kind === 'set') return setSize(collection)
  return kind === 'object' ? Object.keys(collection).length : (collection as unknown[]).length
}

/** The value of the oldest entry; of a set, the element. */
export function oldestValueOf(collection: object, kind: CollectionKind): unknown {
  if (kind === 'map') return firstOf(mapEntries(collection), 1)[0]?.[1]
  const first = oldestOf(collection, kind)[0]
  return kind === 'object' && first !== undefined
    ? (Object.getOwnPropertyDescriptor(collection, first as string)?.value as unknown)
    : first
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
