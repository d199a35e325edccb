import type { Policy } from './policy.ts'
import { SlotRings } from './slot-rings.ts'

/** Who was not asked for the longest leaves first. Simple and quick; a scan or a loop larger than the cache empties it. */
export class Lru implements Policy {
  readonly recentShare = 1
  readonly #ring = new SlotRings(1)

  bytesAt(capacity: number): number {
    return SlotRings.bytesAt(capacity, 1)
  }

  resize(capacity: number): void {
    this.#ring.resize(capacity)
  }

  insert(slot: number): void {
    this.#ring.addFirst(0, slot)
  }

  reweigh(): void {}

  hit(slot: number): void {
    this.#ring.moveToFirst(0, slot)
  }

  remove(slot: number): void {
    this.#ring.remove(slot)
  }

  victim(): number {
    return this.lastUsed()
  }

  lastUsed(): number {
    return this.#ring.last(0)
  }

  relocate(from: number, to: number): void {
    this.#ring.relocate(from, to)
  }

  clear(): void {
    this.#ring.clear()
  }

  *byUse(): IterableIterator<number> {
    for (let slot = this.#ring.first(0); slot >= 0; slot = this.#ring.after(slot)) yield slot
  }
}
