import { messageOf } from '@plimsoll/core'
import { removalCauses, type RemovalCause } from '@plimsoll/core/wire'

/**
 * Why an entry left.
 * - `eviction`: room was needed, or the cache was shrunk
 * - `expiration`: it was too old
 * - `invalidation`: the truth changed: its tag was invalidated
 * - `replacement`: a newer value took its place
 * - `deletion`: somebody deleted it, cleared the cache or closed it
 */
export type { RemovalCause }

/** Counts who left and why, and tells the listener of each when the cache is in order again, so that it may use the cache. */
export class Removals<K, V> {
  readonly counts = Object.fromEntries(removalCauses.map((cause) => [cause, 0])) as Record<RemovalCause, number>
  /** Times that the listener threw. */
  listenerFailureCount = 0
  readonly #cacheName: string
  readonly #listener: ((key: K, value: V, cause: RemovalCause) => void) | undefined
  #untold: [K, V, RemovalCause][] = []
  #isTelling = false

  constructor(cacheName: string, listener: ((key: K, value: V, cause: RemovalCause) => void) | undefined) {
    this.#cacheName = cacheName
    this.#listener = listener
  }

  /** Whether anybody listens; else counting is enough. */
  get isHeard(): boolean {
    return this.#listener !== undefined
  }

  note(key: K, value: V, cause: RemovalCause): void {
    // What is frequent by name: V8 finds a property faster whose name stands in the code.
    if (cause === 'eviction') this.counts.eviction++
    else if (cause === 'replacement') this.counts.replacement++
    else this.counts[cause]++
    if (this.#listener) this.#untold.push([key, value, cause])
  }

  /** What a listener removes in turn is told after what was removed before. */
  tell(): void {
    if (this.#untold.length === 0 || this.#isTelling) return
    this.#isTelling = true
    for (let told = 0; told < this.#untold.length; told++) this.#tellOne(this.#untold[told]!)
    this.#untold = []
    this.#isTelling = false
  }

  #tellOne([key, value, cause]: [K, V, RemovalCause]): void {
    try {
      this.#listener!(key, value, cause)
    } catch (error) {
      if (this.listenerFailureCount++ > 0) return
      process.emitWarning(`onRemoval of cache ${this.#cacheName} threw, and is not told of again: ${messageOf(error)}`)
    }
  }
}
