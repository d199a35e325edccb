/** What a policy reads of the entries, by slot. The arrays are others after `resize`. */
export interface Slots {
  /** Of each key, 32 bits that tell it from others, and when it has left and comes back. */
  readonly keys: Int32Array
  /** Bytes charged to each entry; null where only entries are counted, and each weighs 1. */
  readonly weights: Uint32Array | null
}

/**
 * Decides who leaves when room is needed. Entries are slots, small whole numbers; a policy keeps what it knows of them in
 * typed arrays of its own, one item a slot, so that an entry costs the garbage collector nothing.
 */
export interface Policy {
  /** Bytes of its arrays when there are `capacity` slots. */
  bytesAt(capacity: number): number
  /** There are `capacity` slots now; those above it are not in use. */
  resize(capacity: number): void
  /** A newcomer stands in `slot`. */
  insert(slot: number): void
  /** The entry's weight has changed by so much; `weights` tells the new one. */
  reweigh(slot: number, difference: number): void
  /** The entry was asked for. The only method on the path of a hit. */
  hit(slot: number): void
  /** The entry leaves, for whatever reason; its key and weight still stand in the slot. */
  remove(slot: number): void
  /** Who should leave so that a newcomer of `weight` can enter; below 0 when nobody is here. */
  victim(weight: number): number
  /** The entry in `from`, whose key and weight stand in the free slot `to` by now, moves there. */
  relocate(from: number, to: number): void
  /** All keys have other names in `keys` by now, or those that are not here will never be asked for again; absent where the policy does not go by them. */
  renameAll?(): void
  clear(): void
  /** The share of the weight that is kept for what came last, whatever it is worth. */
  readonly recentShare: number
  /** Every slot that is in use, the last used first; absent where the policy does not know. */
  byUse?(): Iterable<number>
  /** The slot used longest ago, below 0 when nobody is here; there where `byUse` is. */
  lastUsed?(): number
}
