import { EntryTooLargeError, InvalidWeightError, UnweighableValueError } from '../errors.ts'
import { detachedCopy, stringBytes } from './string.ts'
import { Weigher } from './weigh.ts'

/** The most that one entry may weigh: weights are 32-bit numbers. */
const HEAVIEST_BYTES = 2 ** 32 - 1

/** What a key weighs whose weight only the caller's `weigh` could know, such as a function: a word for a guess. */
const UNKNOWN_KEY_BYTES = 64

/** Decides what an entry is charged: what the caller says, what the caller's `weigh` says, or what V8's layouts say. */
export class EntryWeigher<K, V> {
  readonly #maxBytes: number
  readonly #weigh: ((value: V, key: K) => number) | undefined
  readonly #values = new Weigher()
  readonly #keys = new Weigher()

  constructor(maxBytes: number, weigh: ((value: V, key: K) => number) | undefined) {
    this.#maxBytes = maxBytes
    this.#weigh = weigh
  }

  /** Whether values are weighed here, and so may be given back settled. */
  get isOwn(): boolean {
    return this.#weigh === undefined
  }

  /** Value and key. @throws when the weight is none, cannot be known, or is more than any entry may have */
  weigh(key: K, value: V): number {
    try {
      const valueBytes = this.#weigh
        ? this.#checked(key, this.#weigh(value, key), 'weigh')
        : this.#values.weigh(value, this.#maxBytes, key)
      return this.#withinMost(key, valueBytes + this.#keyBytes(key))
    } catch (error) {
      // What is refused is not kept.
      this.#values.settled = undefined
      throw error
    }
  }

  /** The same of an entry that stays as it is. */
  weighAgain(key: K, value: V): number {
    const entryBytes = this.weigh(key, value)
    this.#values.settled = undefined
    return entryBytes
  }

  /** What was given for this entry, and nothing on top. */
  exact(key: K, bytes: unknown): number {
    return this.#withinMost(key, this.#checked(key, bytes, 'bytes'))
  }

  /** After `weigh`: the value to keep, the one that was weighed or an equal one that keeps less alive. */
  takeSettled(value: V): V {
    if (!this.isOwn) return value
    const settled = this.#values.settled as V
    this.#values.settled = undefined
    return settled
  }

  #checked(key: K, weight: unknown, from: 'weigh' | 'bytes'): number {
    if (typeof weight === 'number' && weight > 0 && weight < Infinity) return Math.ceil(weight)
    throw new InvalidWeightError({ key, weight, from })
  }

  #withinMost(key: K, entryBytes: number): number {
    if (entryBytes <= HEAVIEST_BYTES) return entryBytes
    throw new EntryTooLargeError({ key, entryBytes, maxBytes: Math.min(this.#maxBytes, HEAVIEST_BYTES) })
  }

  #keyBytes(key: K): number {
    if (typeof key === 'number') return (key | 0) === key ? 0 : 16
    if (typeof key === 'string') return Math.max(8, stringBytes(key))
    try {
      return this.#keys.weighFixed(key, this.#maxBytes)
    } catch (error) {
      if (error instanceof UnweighableValueError && this.#weigh) return UNKNOWN_KEY_BYTES
      throw error
    }
  }
}

/** A key that is a slice of a request must not keep the request alive. */
export function settledKey<K>(key: K): K {
  return typeof key === 'string' ? (detachedCopy(key) as K) : key
}
