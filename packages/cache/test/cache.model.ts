import type { RemovalCause } from '../src/index.ts'

interface ModelEntry {
  value: unknown
  freshUntilMs: number
  goneAtMs: number
  tags: readonly string[]
}

/**
 * A cache as simple as can be: a Map of what was set, less what was told to have left. It has no opinion on who should be
 * evicted; it knows what must be here, what must not, and why each entry may leave.
 */
export class CacheModel {
  readonly entries = new Map<unknown, ModelEntry>()
  readonly #staleMs: number
  nowMs = 0
  /** What is going on, and so which causes are fair. */
  #fair: readonly RemovalCause[] = []
  readonly faults: string[] = []

  constructor(staleMs: number) {
    this.#staleMs = staleMs
  }

  /** During `act` entries may leave for these causes only. */
  expecting<T>(causes: readonly RemovalCause[], act: () => T): T {
    this.#fair = causes
    try {
      return act()
    } finally {
      this.#fair = []
    }
  }

  set(key: unknown, value: unknown, ttlMs: number, tags: readonly string[]): void {
    const freshUntilMs = this.nowMs + ttlMs
    this.entries.set(key, { value, freshUntilMs, goneAtMs: freshUntilMs + this.#staleMs, tags })
  }

  /** To be called for each removal that the cache tells of. */
  left(key: unknown, value: unknown, cause: RemovalCause): void {
    const entry = this.entries.get(key)
    if (!entry || !Object.is(entry.value, value)) this.faults.push(`${String(key)} left, and was not here`)
    else if (!this.#fair.includes(cause)) this.faults.push(`${String(key)} left by ${cause}`)
    else if (cause === 'expiration' && entry.goneAtMs > this.nowMs) this.faults.push(`${String(key)} expired too early`)
    this.entries.delete(key)
  }

  fresh(key: unknown): unknown {
    const entry = this.entries.get(key)
    return entry && entry.freshUntilMs > this.nowMs ? entry.value : undefined
  }

  /** Fresh entries by key. */
  freshEntries(): Map<unknown, unknown> {
    return new Map(
      [...this.entries].filter(([key]) => this.fresh(key) !== undefined).map(([key, { value }]) => [key, value]),
    )
  }

  keysTagged(tag: string): unknown[] {
    return [...this.entries].filter(([, { tags }]) => tags.includes(tag)).map(([key]) => key)
  }

  /** Keys that should have been released for so long. */
  overdue(forMs: number): unknown[] {
    return [...this.entries].filter(([, { goneAtMs }]) => goneAtMs + forMs <= this.nowMs).map(([key]) => key)
  }
}
