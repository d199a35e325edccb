/**
 * Columns of one number an object, used again for the next step of reading a heap. They are most of the memory that a large snapshot
 * costs, and the garbage collector, which sees only small objects, would be late to take them back.
 */
export class ColumnPool {
  readonly #spare: Uint32Array[] = []

  /** What is in it is left from before; only a fresh one holds zeros. */
  take(length: number): Uint32Array {
    const index = this.#spare.findIndex((column) => column.length >= length)
    if (index === -1) return new Uint32Array(length)
    const [column] = this.#spare.splice(index, 1)
    return column!.subarray(0, length)
  }

  /** Whoever gives a column may not use it any more. */
  give(...columns: readonly Uint32Array[]): void {
    for (const { buffer, byteOffset } of columns) {
      // All of it that is behind its beginning: it may have been taken shorter than it is.
      this.#spare.push(new Uint32Array(buffer, byteOffset, Math.floor((buffer.byteLength - byteOffset) / 4)))
    }
  }
}
