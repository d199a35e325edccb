/** Neither a slot nor an end: nothing. */
export const NONE = -1

/**
 * The links of doubly linked lists over slots; every slot stands in at most one list of a family, so they share one pair
 * of arrays. Costs 8 bytes a slot.
 */
export class SlotLinks {
  next: Int32Array = new Int32Array(0)
  previous: Int32Array = new Int32Array(0)

  resize(capacity: number): void {
    this.next = resized(this.next, capacity)
    this.previous = resized(this.previous, capacity)
  }
}

/** A list of slots from the first (youngest) to the last (oldest). Every act is O(1). */
export class SlotList {
  first = NONE
  last = NONE
  count = 0
  /** Sum of the weights of its slots, kept by the owner. */
  weight = 0
  readonly #links: SlotLinks

  constructor(links: SlotLinks) {
    this.#links = links
  }

  addFirst(slot: number): void {
    const { next, previous } = this.#links
    next[slot] = this.first
    previous[slot] = NONE
    if (this.first === NONE) this.last = slot
    else previous[this.first] = slot
    this.first = slot
    this.count++
  }

  remove(slot: number): void {
    const { next, previous } = this.#links
    const after = next[slot]!
    const before = previous[slot]!
    if (before === NONE) this.first = after
    else next[before] = after
    if (after === NONE) this.last = before
    else previous[after] = before
    this.count--
  }

  moveToFirst(slot: number): void {
    const first = this.first
    if (first === slot) return
    const { next, previous } = this.#links
    const after = next[slot]!
    const before = previous[slot]!
    next[before] = after
    if (after === NONE) this.last = before
    else previous[after] = before
    next[slot] = first
    previous[slot] = NONE
    previous[first] = slot
    this.first = slot
  }

  /** The slot `to`, which stands nowhere, takes the place of `from`. */
  relocate(from: number, to: number): void {
    const { next, previous } = this.#links
    const after = (next[to] = next[from]!)
    const before = (previous[to] = previous[from]!)
    if (before === NONE) this.first = to
    else next[before] = to
    if (after === NONE) this.last = to
    else previous[after] = to
  }

  clear(): void {
    this.first = NONE
    this.last = NONE
    this.count = 0
    this.weight = 0
  }
}

/** A copy of a typed array with another length; what does not fit any more is cut off. */
export function resized<T extends Int32Array | Uint32Array | Uint8Array | Float64Array>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length)
  larger.set(array.length > length ? (array.subarray(0, length) as T) : array)
  return larger
}
