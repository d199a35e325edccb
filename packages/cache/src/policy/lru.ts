import { SlotLinks, SlotList } from './slot-list.ts'
import type { Policy } from './policy.ts'

/** Who was not asked for the longest leaves first. Simple and quick; a scan or a loop larger than the cache empties it. */
export class Lru implements Policy {
  readonly #links = new SlotLinks()
  readonly #list = new SlotList(this.#links)

  bytesAt(capacity: number): number {
    return 8 * capacity
  }

  resize(capacity: number): void {
    this.#links.resize(capacity)
  }

  insert(slot: number): void {
    this.#list.addFirst(slot)
  }

  reweigh(): void {}

  hit(slot: number): void {
    this.#list.moveToFirst(slot)
  }

  remove(slot: number): void {
    this.#list.remove(slot)
  }

  victim(): number {
    return this.#list.last
  }

  relocate(from: number, to: number): void {
    this.#list.relocate(from, to)
  }

  clear(): void {
    this.#list.clear()
  }
}
