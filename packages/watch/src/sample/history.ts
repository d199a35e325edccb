/**
 * A series that keeps at most `maxCount` items for ever: when it is full, every second item of its older half goes.
 * So the newest stay dense and the oldest stay present, as far back as the first one: an hour of history costs what a minute does.
 */
export class History<T> {
  readonly #maxCount: number
  #items: T[] = []

  constructor(maxCount: number) {
    this.#maxCount = Math.max(8, maxCount)
  }

  push(item: T): void {
    this.#items.push(item)
    if (this.#items.length <= this.#maxCount) return
    const half = this.#items.length >> 1
    this.#items = this.#items.filter((_, index) => index >= half || index % 2 === 0)
  }

  get items(): readonly T[] {
    return this.#items
  }

  get last(): T | undefined {
    return this.#items.at(-1)
  }

  clear(): void {
    this.#items = []
  }
}
