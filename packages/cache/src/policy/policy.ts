/** What a policy reads of the entries: their weights by slot. The array is another one after `resize`. */
export interface Weights {
  readonly weights: Uint32Array
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
  /** A newcomer stands in `slot`. The hash names its key among those that were here before. */
  insert(slot: number, keyHash: number): void
  /** The entry's weight has changed by so much; `weights` tells the new one. */
  reweigh(slot: number, difference: number): void
  /** The entry was asked for. The only method on the path of a hit. */
  hit(slot: number): void
  /** The entry leaves, for whatever reason. */
  remove(slot: number): void
  /** Who should leave so that a newcomer of `weight` can enter; `NONE` when nobody is here. */
  victim(weight: number): number
  /** The entry in `from` moves to the free slot `to`. */
  relocate(from: number, to: number): void
  clear(): void
}
