import type { Facts } from '../gate/facts.ts'
import type { Lifeline } from './lifeline.ts'
import type { Probe } from './probe-desk.ts'

/** Of what the heap grew by, the part that caches must account for before it is worth emptying them. */
const MIN_CACHED_SHARE = 0.25

/**
 * Empties, before each floor, the caches that announced themselves and keep a budget. Until such a cache is full it looks like a leak,
 * which may take hours, and a leak beside it drowns; what they hold is bounded, so what has to be judged is the rest. Nothing is
 * estimated: what a cache does not let go of when it is emptied stays in the floors.
 */
export class Ebb {
  readonly #facts: Facts
  readonly #lifeline: Lifeline
  /** At each floor, what caches held. */
  readonly #cachedBytes: number[] = []
  #hasBegun = false

  constructor(facts: Facts, lifeline: Lifeline) {
    this.#facts = facts
    this.#lifeline = lifeline
  }

  note(cachedBytes: number): void {
    this.#cachedBytes.push(cachedBytes)
  }

  /** Whether growth is to be judged afresh, without what is in caches: from the next floor on. */
  tryBegin(): boolean {
    const { config, floors, heap, external } = this.#facts
    const cached = this.#cachedBytes
    // Who soaks for hours wants to see how it lives.
    if (this.#hasBegun || floors.length === 0 || config.forMs !== null) return false
    const bytesOf = (index: number) => floors.at(index)!.heapBytes + floors.at(index)!.externalBytes
    const cachedBytes = cached.at(-1)! - cached[0]!
    if (cachedBytes <= 0 || cachedBytes < MIN_CACHED_SHARE * (bytesOf(-1) - bytesOf(0))) return false
    this.#hasBegun = true
    heap.restart()
    external.restart()
    return true
  }

  /** Before a floor. */
  async pass(probes: readonly Probe[]): Promise<void> {
    if (!this.#hasBegun) return
    const emptied = new Map<string, number>()
    for (const probe of probes) {
      for (const { cacheName, budgetBytes } of await this.#lifeline.ask(probe, 'emptyCaches', null))
        emptied.set(cacheName, (emptied.get(cacheName) ?? 0) + budgetBytes)
    }
    this.#facts.emptied ??= emptied
  }
}
