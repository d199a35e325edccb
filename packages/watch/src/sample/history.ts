/**
 * A series that keeps at most `maxCount` items for ever. When it is full, the item goes that is missed least: the one whose
 * neighbours stand closest together, measured against how long ago it was. So the density falls evenly with age, the first
 * and the last stay, and any part of the past, near or far, is still seen at several points: an hour costs what a minute does.
 */
export class History<T> {
  readonly #maxCount: number
  readonly #items: T[] = []
  /** The how-manieth each item was. */
  readonly #ordinals: number[] = []
  #pushedCount = 0

  constructor(maxCount: number) {
    this.#maxCount = Math.max(8, maxCount)
  }

  push(item: T): void {
    this.#items.push(item)
    this.#ordinals.push(++this.#pushedCount)
    if (this.#items.length <= this.#maxCount) return
    const index = this.#leastMissed()
    this.#items.splice(index, 1)
    this.#ordinals.splice(index, 1)
  }

  get items(): readonly T[] {
    return this.#items
  }

  get last(): T | undefined {
    return this.#items.at(-1)
  }

  clear(): void {
    this.#items.length = 0
    this.#ordinals.length = 0
  }

  #leastMissed(): number {
    let least = 1
    let leastGap = Infinity
    for (let index = 1; index < this.#ordinals.length - 1; index++) {
      const gap =
        (this.#ordinals[index + 1]! - this.#ordinals[index - 1]!) / (this.#pushedCount - this.#ordinals[index]!)
      if (gap < leastGap) [least, leastGap] = [index, gap]
    }
    return least
  }
}
